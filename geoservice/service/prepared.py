"""Bytes made once and sent many times."""

from __future__ import annotations

import gzip
import hashlib
from functools import cached_property

from msgspec import Struct


class Prepared(Struct, frozen=True, dict=True):
    """A representation: its bytes and media type; encodings and the ETag are worked out at first use."""

    body: bytes
    media_type: str

    @cached_property
    def etag(self) -> str:
        """A strong validator: the hash of the bytes."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:24]}"'

    @cached_property
    def brotli(self) -> bytes:
        """The bytes in Brotli, at a level that is quick and still better than gzip."""
        import brotli

        return bytes(brotli.compress(self.body, quality=6))

    @cached_property
    def gzipped(self) -> bytes:
        """The bytes in gzip, the same every time (no time stamp)."""
        return gzip.compress(self.body, 6, mtime=0)
