"""The built web assets: where they are, how a page addresses them, and their text for single-file maps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from msgspec import Struct

from geoservice.errors import NotFoundError, RenderError

#: Filled by ``npm ci && node build.mjs`` in geoservice/assets; part of the wheel.
VENDOR = Path(__file__).parent.parent / "assets" / "vendor"

MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
}


class Asset(Struct, frozen=True):
    """One built file; ``sha256`` of its content makes its address unique to that content."""

    name: str
    sha256: str
    package: str
    version: str
    licence: str

    @property
    def tag(self) -> str:
        """The part of the hash that stands in the address."""
        return self.sha256[:12]

    @property
    def media_type(self) -> str:
        """The media type it is served with."""
        return MEDIA_TYPES.get(Path(self.name).suffix, "application/octet-stream")


def manifest(folder: Path = VENDOR) -> Mapping[str, Asset]:
    """Return the built files by name; read anew when a build replaced the manifest.

    Raises:
        RenderError: code "web.assets_missing", the assets have not been built.
    """
    return _read_manifest(folder / "manifest.json", tag(folder))


@lru_cache(maxsize=4)
def _read_manifest(path: Path, _stamp: int) -> Mapping[str, Asset]:
    files = json.loads(path.read_text("utf-8"))["files"]
    return {
        name: Asset(name, info["sha256"], info["package"], info["version"], info["licence"])
        for name, info in files.items()
    }


def tag(folder: Path = VENDOR) -> int:
    """Return what changes whenever the assets are built anew.

    Raises:
        RenderError: code "web.assets_missing", the assets have not been built.
    """
    try:
        return (folder / "manifest.json").stat().st_mtime_ns
    except OSError as error:
        raise RenderError("web.assets_missing") from error


def asset(name: str) -> Asset:
    """Return one built file's description.

    Raises:
        NotFoundError: code "web.asset_not_found", params name.
        RenderError: the assets have not been built.
    """
    try:
        return manifest()[name]
    except KeyError:
        raise NotFoundError("web.asset_not_found", name=name) from None


def address(name: str, base: str) -> str:
    """Return a file's address under ``base``, with its content's hash: it may be cached for ever."""
    return f"{base.rstrip('/')}/{name}?v={asset(name).tag}"


def content(name: str, encoding: str = "") -> bytes:
    """Return a built file's bytes; ``encoding`` "br" or "gzip" for the compressed copy made at build time.

    Raises:
        NotFoundError: no such file.
    """
    suffix = {"br": ".br", "gzip": ".gz", "": ""}[encoding]
    return _bytes(str(VENDOR / f"{asset(name).name}{suffix}"), asset(name).sha256)


@lru_cache(maxsize=64)
def _bytes(path: str, _sha256: str) -> bytes:
    return Path(path).read_bytes()


def inline_script(name: str) -> str:
    """Return a script's text made safe to stand between <script> tags."""
    return content(name).decode("utf-8").replace("</script", "<\\/script").replace("<!--", "<\\!--")


def inline_style(name: str) -> str:
    """Return a style sheet's text made safe to stand between <style> tags."""
    return content(name).decode("utf-8").replace("</style", "<\\/style")
