"""What ties a printed sheet to the register: a code in its footer and in the file, and the check of it."""

from __future__ import annotations

import hashlib
import io
import re
from typing import TYPE_CHECKING

from msgspec import Struct

from geoservice.errors import UnreadableFileError
from geoservice.render.sheet_text import normal

if TYPE_CHECKING:
    from geoservice.scheme.scene import Scene

KEY = "/GeoserviceSheet"
#: Stands in the file where its digest will, while that is reckoned.
BLANK = "0" * 64
_CODE = re.compile(r"^[0-9A-F]{4}(-[0-9A-F]{4}){3}$")


class SheetStamp(Struct, frozen=True):
    """What a sheet's file says of itself: cluster, register revision, code.

    ``intact``: the file is, to the last byte, the one that was made. A digest without a secret shows that a
    file was saved anew or edited; who means to forge a sheet can reckon another.
    """

    cluster: str
    revision: int
    code: str
    intact: bool = True


def register_code(scene: Scene) -> str:
    """Return the code of the state of a register as a scheme shows it, four groups of four digits.

    It covers every member's number, texts, type, marks and place, and the register's revision; of those whom
    a filter left out too, since an extract is of the same register.
    It is the same in every language of the sheet.
    """
    digest = hashlib.sha256(f"{scene.cluster.code}\0{scene.register_revision}".encode())
    for member in sorted(scene.everyone, key=lambda m: m.id):
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


def sealed(pdf: bytes) -> bytes:
    """Return a stamped file with its digest in the place that was left blank for it."""
    return _exchanged(pdf, BLANK, hashlib.sha256(pdf).hexdigest())


def _intact(pdf: bytes, digest: str) -> bool:
    return bool(digest) and hashlib.sha256(_exchanged(pdf, digest, BLANK)).hexdigest() == digest


def _exchanged(pdf: bytes, old: str, new: str) -> bytes:
    # The stamp stands near the end, where an update of the file adds it.
    before, _, after = pdf.rpartition(f"({old})".encode())
    return before + f"({new})".encode() + after


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
            intact = _intact(pdf, str(entry.get("/Digest", "")))
            found = SheetStamp(str(entry["/Cluster"]), int(entry["/Revision"]), str(entry["/Code"]), intact)
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableFileError("sheet.not_stamped") from error
    except pikepdf.PdfError as error:
        raise UnreadableFileError("sheet.not_pdf") from error
    if not _CODE.match(found.code):
        raise UnreadableFileError("sheet.not_stamped")
    return found
