"""What an import accepts at most, and archives opened without trusting them."""

from __future__ import annotations

import io
import zipfile
import zlib

from msgspec import Struct

from geoservice.errors import LimitExceededError, UnreadableFileError

MEBIBYTE = 1024 * 1024
_LOCAL_HEADER_BYTES = 30
#: Title, notes and headings that a table may have above its organisations, which alone are counted.
ROWS_ABOVE = 100


class Limits(Struct, frozen=True):
    """Bounds of an import; ``rows``: organisations; ``unpacked_bytes``: what an archive may hold in all."""

    file_bytes: int = 32 * MEBIBYTE
    unpacked_bytes: int = 256 * MEBIBYTE
    members: int = 500
    rows: int = 100_000
    columns: int = 300
    features: int = 200_000


DEFAULT_LIMITS = Limits()


def check_size(data: bytes, limits: Limits) -> None:
    """Refuse an empty or too large file.

    Raises:
        UnreadableFileError: it is empty.
        LimitExceededError: it is larger than allowed.
    """
    if not data:
        raise UnreadableFileError("register.error.empty_file")
    if len(data) > limits.file_bytes:
        raise LimitExceededError(
            "register.error.file_too_large",
            size_mb=round(len(data) / MEBIBYTE, 1),
            limit_mb=limits.file_bytes // MEBIBYTE,
        )


def directory(data: bytes) -> list[zipfile.ZipInfo]:
    """The members that an archive names, nothing unpacked.

    Raises:
        UnreadableFileError: it is damaged.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return archive.infolist()
    # NotImplementedError: the archive asks for a later version of the format than there is.
    except (zipfile.BadZipFile, zipfile.LargeZipFile, ValueError, NotImplementedError, EOFError) as error:
        raise UnreadableFileError("register.error.archive_damaged", why=str(error)) from error


def unpack_one(data: bytes, info: zipfile.ZipInfo, limits: Limits) -> bytes:
    """The content of one member; raises as :func:`unpack`."""
    _check_name(info)
    return _inflate(data, info, limits.unpacked_bytes, limits)


def unpack(data: bytes, limits: Limits) -> dict[str, bytes]:
    """Unpack an archive in memory, counting what really comes out rather than what it claims.

    Returns:
        Member name, as the archive writes it -> content. Names are never used as paths.

    Raises:
        UnreadableFileError: it is damaged, encrypted, or names a member outside itself.
        LimitExceededError: too many members, or too much comes out.
    """
    infos = [info for info in directory(data) if not info.filename.endswith("/")]
    if len(infos) > limits.members:
        raise LimitExceededError("register.error.archive_members", n=len(infos), limit=limits.members)
    members: dict[str, bytes] = {}
    left = limits.unpacked_bytes
    for info in infos:
        _check_name(info)
        if info.filename in members:
            raise UnreadableFileError("register.error.archive_damaged", why=f"2 × {info.filename}")
        members[info.filename] = _inflate(data, info, left, limits)
        left -= len(members[info.filename])
    return members


def _check_name(info: zipfile.ZipInfo) -> None:
    name = info.filename.replace("\\", "/")
    if not name:
        raise UnreadableFileError("register.error.archive_damaged", why=repr(info.orig_filename))
    if name.startswith("/") or ".." in name.split("/") or ":" in name or "\x00" in info.orig_filename:
        raise UnreadableFileError("register.error.archive_path", member=info.filename)
    if info.flag_bits & 0x1:
        raise UnreadableFileError("register.error.encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UnreadableFileError("register.error.archive_damaged", why=f"compression {info.compress_type}")


def _inflate(data: bytes, info: zipfile.ZipInfo, left: int, limits: Limits) -> bytes:
    """The content of one member, read by us: the sizes in an archive's directory may lie."""
    start = info.header_offset
    header = data[start : start + _LOCAL_HEADER_BYTES]
    if len(header) < _LOCAL_HEADER_BYTES or header[:4] != b"PK\x03\x04":
        raise UnreadableFileError("register.error.archive_damaged", why=info.filename)
    start += (
        _LOCAL_HEADER_BYTES
        + int.from_bytes(header[26:28], "little")
        + int.from_bytes(header[28:30], "little")
    )
    packed = data[start : start + info.compress_size]
    if info.compress_type == zipfile.ZIP_STORED:
        content, more = packed, False
    else:
        inflater = zlib.decompressobj(-15)
        try:
            content = inflater.decompress(packed, left + 1)
        except zlib.error as error:
            raise UnreadableFileError("register.error.archive_damaged", why=str(error)) from error
        more = not inflater.eof and len(content) <= left
    if len(content) > left:
        raise LimitExceededError(
            "register.error.archive_too_large", limit_mb=limits.unpacked_bytes // MEBIBYTE
        )
    if more or len(content) != info.file_size or zlib.crc32(content) != info.CRC:
        raise UnreadableFileError("register.error.archive_damaged", why=info.filename)
    return content
