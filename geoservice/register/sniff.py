"""Formats of files, told from their first bytes; names of files are believed only among kinds of text."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import PurePosixPath

from geoservice.errors import UnreadableFileError
from geoservice.register.kml import is_kml
from geoservice.register.limits import DEFAULT_LIMITS, directory, unpack_one

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SQLITE = b"SQLite format 3\x00"
#: Signatures of files that people try and that hold no register.
_FOREIGN = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"{\\rtf",
            b"II*\x00", b"MM\x00*",
            b"\x7fELF", b"MZ\x90", b"BM6")  # fmt: skip


class Kind(StrEnum):
    """Kinds of input."""

    XLSX = "xlsx"
    XLS = "xls"
    ODS = "ods"
    CSV = "csv"
    GEOJSON = "geojson"
    GEOPACKAGE = "geopackage"
    ZIP = "zip"
    KML = "kml"
    OTHER = "other"


#: Formats that are not read, and how to tell them: first bytes, or a member of the archive.
_UNREAD_HEADS = ((b"%PDF", "pdf"), (b"{\\rtf", "word"))
_UNREAD_MEMBERS = (
    ("xl/workbook.bin", "xlsb"), ("Index/Document.iwa", "numbers"), ("Index.zip", "numbers"),
    ("word/", "word"),
)  # fmt: skip


def unread(name: str, data: bytes) -> str:
    """Which well-known format that is not read a file has: a key of ``register.error.save_as``, or "".

    Raises:
        UnreadableFileError, LimitExceededError: an archive that cannot be opened, or holds too much.
    """
    if data.startswith(b"PK"):
        members = {info.filename: info for info in directory(data)}
        if "mimetype" in members and "content.xml" in members:
            return "word"
        marks = (kind for mark, kind in _UNREAD_MEMBERS if any(m.startswith(mark) for m in members))
        return next(marks, "")
    if data.startswith(_OLE):
        return "word" if name.lower().endswith((".doc", ".rtf")) else ""
    head = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if re.search(rb"<!doctype html|<(?:html|table|body)\b", head) or head.startswith(b"mime-version:"):
        return "html"
    if b"urn:schemas-microsoft-com:office:spreadsheet" in head:
        return "xml"
    return next((kind for start, kind in _UNREAD_HEADS if data.startswith(start)), "")


def _mimetype(data: bytes) -> bytes:
    info = next(info for info in directory(data) if info.filename == "mimetype")
    return unpack_one(data, info, DEFAULT_LIMITS)[:200]


def sniff(name: str, data: bytes) -> Kind:
    """Tell what a file is.

    Raises:
        UnreadableFileError: an archive that cannot be opened.
    """
    head = data[:4096]
    if head.startswith(b"PK"):
        return _sniff_archive(data)
    if head.startswith(_OLE):
        return Kind.XLS if name.lower().endswith((".xls", ".xlsx", ".xlsm")) else Kind.OTHER
    if head.startswith(_SQLITE):
        return Kind.GEOPACKAGE
    if head.startswith(_FOREIGN):
        return Kind.OTHER
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{") or (text.startswith(b"[") and name.lower().endswith(("json",))):
        return Kind.GEOJSON
    if text[:1] == b"<" and is_kml(text):
        return Kind.KML
    if text[:1] == b"<" or text[:13].lower() == b"mime-version:":
        return Kind.OTHER  # HTML, XML: some "Excel" files of other systems are HTML
    return Kind.CSV


def _sniff_archive(data: bytes) -> Kind:
    names = [info.filename for info in directory(data)]
    if "xl/workbook.xml" in names:
        return Kind.XLSX
    if "mimetype" in names and "content.xml" in names:
        return Kind.ODS if b"opendocument.spreadsheet" in _mimetype(data) else Kind.OTHER
    if "encrypted-package" in names:  # OpenDocument since LibreOffice 24.8
        raise UnreadableFileError("register.error.encrypted")
    if any(name.startswith("Index/") and name.endswith(".iwa") for name in names) or "Index.zip" in names:
        return Kind.OTHER  # Numbers
    if any(PurePosixPath(n).name == "[Content_Types].xml" for n in names):
        return Kind.OTHER  # DOCX and the like
    return Kind.ZIP
