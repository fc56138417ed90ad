"""What ties a printed sheet to the register: a code in its footer and in the file, and the check of it."""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geoservice.errors import UnreadableFileError
from geoservice.render.sheet_text import normal

if TYPE_CHECKING:
    from geoservice.scheme.scene import Scene

KEY = "/GeoserviceSheet"
_CODE = re.compile(r"^[0-9A-F]{4}(-[0-9A-F]{4}){3}$")


@dataclass(frozen=True, slots=True)
class SheetStamp:
    """What a sheet's file says of itself: cluster, register revision, code."""

    cluster: str
    revision: int
    code: str


def register_code(scene: Scene) -> str:
    """Return the code of the state of a register as a scheme shows it, four groups of four digits.

    It covers every member's number, texts, type, marks and place, and the register's revision.
    It is the same in every language of the sheet.
    """
    digest = hashlib.sha256(f"{scene.cluster.code}\0{scene.register_revision}".encode())
    for member in sorted(scene.members, key=lambda m: m.id):
        place = (
            "-" if member.longitude is None or member.latitude is None
            else f"{member.longitude:.7f},{member.latitude:.7f}"
        )  # fmt: skip
        parts = (
            member.id,
            normal(member.name),
            normal(member.specialisation),
            member.type_code,
            *sorted(member.marks),
            place,
        )
        digest.update("\0".join(parts).encode() + b"\1")
    text = digest.hexdigest()[:16].upper()
    return "-".join(text[i : i + 4] for i in range(0, 16, 4))


def read_stamp(pdf: bytes) -> SheetStamp:
    """Read what a sheet says of itself.

    Raises:
        UnreadableFileError: it is not a PDF, or not a sheet with a code.
    """
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(pdf)) as document:
            entry = document.Root.get(KEY)
            if entry is None:
                raise UnreadableFileError("sheet.not_stamped")
            found = SheetStamp(str(entry["/Cluster"]), int(entry["/Revision"]), str(entry["/Code"]))
    except pikepdf.PdfError as error:
        raise UnreadableFileError("sheet.not_pdf") from error
    if not _CODE.match(found.code):
        raise UnreadableFileError("sheet.not_stamped")
    return found
