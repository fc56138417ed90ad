"""The faces of the sheet: how wide a text runs, and whether every letter of it can be printed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from msgspec import Struct, field

from geoservice.errors import RenderError

if TYPE_CHECKING:
    from geoservice.catalog import Catalog

Face = Literal["regular", "italic", "semibold", "semibolditalic", "bold"]
FACES: tuple[Face, ...] = get_args(Face)

#: Files in styles/fonts/, put there by the build; the last one is the fallback for rare letters.
FILES: dict[str, str] = {
    "regular": "SourceSans3-Regular.ttf",
    "italic": "SourceSans3-Italic.ttf",
    "semibold": "SourceSans3-SemiBold.ttf",
    "semibolditalic": "SourceSans3-SemiBoldItalic.ttf",
    "bold": "SourceSans3-Bold.ttf",
    "fallback": "NotoSans-Regular.ttf",
}
#: Kerning and the fallback's wider letters: texts are taken to be a little longer than their advances.
SLACK = 1.02
#: The advance of a letter that no face has, in em, and how many widths are kept for each face.
UNKNOWN_EM, MOST_KNOWN = 0.6, 20_000
#: Letters after which a word that no column could hold may break: the narrowest column holds that many.
PIECE, LONGEST = 12, 30
_LONG = re.compile(rf"[^\s/–-]{{{LONGEST},}}")  # lines break by themselves after a hyphen or a slash


class FontSet(Struct, frozen=True, eq=False):
    """The faces of a catalogue: their folder and, for each, the advances of characters.

    There is one for a folder (:func:`font_set`), so that it can be a key of caches.
    """

    folder: Path
    advances: dict[Face, Advances]
    _known: dict[Face, dict[str, float]] = field(default_factory=lambda: {face: {} for face in FACES})

    def width(self, text: str, size: float, face: Face = "regular") -> float:
        """Width of a text set in ``size``, in the unit of ``size``."""
        return self.em(text, face) * size * SLACK

    def em(self, text: str, face: Face = "regular") -> float:
        """Advances of a text in em, without slack: those of its parts add up."""
        known = self._known[face]
        if (em := known.get(text)) is None:
            em = sum(map(self.advances[face].__getitem__, text))
            if len(known) > MOST_KNOWN:
                known.clear()
            known[text] = em
        return em

    def missing(self, texts: Iterable[str]) -> str:
        """Name the characters that no face has, the first few; empty where all can be printed."""
        lost = sorted({c for c in frozenset().union(*texts) if ord(c) not in _printable(self.folder)})
        return ", ".join(f"{c!r} (U+{ord(c):04X})" for c in lost[:5]) + (" …" if len(lost) > 5 else "")

    def check(self, texts: Iterable[str]) -> None:
        """Check that every character can be printed, before anything is drawn.

        Raises:
            RenderError: naming the characters and the text that holds them.
        """
        texts = list(texts)
        if not self.missing(texts):
            return
        for text in texts:
            if missing := self.missing([text]):
                raise RenderError("sheet.glyph", characters=missing, text=text[:120])


@lru_cache(maxsize=16_384)
def normal(text: str) -> str:
    """Compose accents and drop characters that print nothing but would break a line or a check."""
    if text.isprintable() and unicodedata.is_normalized("NFC", text):
        return text.strip()
    composed = unicodedata.normalize("NFC", text)
    kept = (" " if c in "\t\r\n\v\f\u2028\u2029" else c for c in composed)
    return " ".join(
        "".join(c for c in kept if unicodedata.category(c) not in ("Cc", "Cf")).split(" ")
    ).strip()


def font_set(catalog: Catalog) -> FontSet:
    """Return the faces that a catalogue's styles/fonts/ holds.

    Raises:
        RenderError: the faces are not there: the build has not fetched them.
    """
    from geoservice.errors import CatalogError

    try:
        folder = catalog.resource(f"styles/fonts/{FILES['regular']}").parent
    except CatalogError as error:
        raise RenderError("sheet.fonts_missing", file=FILES["regular"]) from error
    return _read(folder)


@lru_cache(maxsize=4)
def _read(folder: Path) -> FontSet:
    return FontSet(folder, {face: Advances(folder, face) for face in FACES})


class Advances(dict[str, float]):
    """Character -> its advance in em, in a face or in the fallback, looked up when it is asked for."""

    def __init__(self, folder: Path, face: Face) -> None:
        super().__init__()
        self._fonts = [font_of(folder, name) for name in (face, "fallback")]

    def __missing__(self, char: str) -> float:
        found = (_advance(font, char) for font in self._fonts)
        self[char] = advance = next(filter(None, found), UNKNOWN_EM)
        return advance


def _advance(font: Any, char: str) -> float:
    """The advance of a character in em; 0 where a face does not have it."""
    glyph = font.get_nominal_glyph(ord(char))
    return 0.0 if glyph is None else float(font.get_glyph_h_advance(glyph) / font.face.upem)


@lru_cache(maxsize=32)
def font_of(folder: Path, face: str) -> Any:
    """Return a face of a folder as a ``uharfbuzz.Font`` in the units of its em.

    Raises:
        RenderError: its file is not there.
    """
    import uharfbuzz

    path = folder / FILES[face]
    if not path.is_file():
        raise RenderError("sheet.fonts_missing", file=FILES[face])
    return uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path))))


@lru_cache(maxsize=4)
def _printable(folder: Path) -> frozenset[int]:
    """Codes of the characters that the regular face or the fallback has, and of spaces."""
    held = (font_of(folder, face).face.unicodes for face in ("regular", "fallback"))
    return frozenset().union({0x20, 0xA0, 0x202F}, *held)


def breakable(value: Any) -> Any:
    """Let words longer than any column break: a zero-width space in each after every :data:`PIECE` letters.

    Args:
        value: a text, or dictionaries and lists of texts and other values; drawings (SVG) stay as they are.
    """
    if isinstance(value, str):
        whole = len(value) < LONGEST or value.startswith("<svg")
        return value if whole else _LONG.sub(_in_pieces, value)
    if isinstance(value, dict):
        return {key: breakable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [breakable(item) for item in value]
    return value


def _in_pieces(word: re.Match[str]) -> str:
    text = word[0]
    return "\u200b".join(text[i : i + PIECE] for i in range(0, len(text), PIECE))


def wrapped(text: str, fonts: FontSet, size: float, face: Face, widest: float, lines: int) -> list[str]:
    """Break a text into at most ``lines`` lines of ``widest``, the last one cut with … if need be.

    ``size`` and ``widest`` in the same unit. Words longer than a line are broken.
    """
    return list(_wrapped(text, fonts, face, widest / (size * SLACK), lines))


@lru_cache(maxsize=8192)
def _wrapped(text: str, fonts: FontSet, face: Face, widest: float, lines: int) -> tuple[str, ...]:
    """The same, ``widest`` in em."""
    result: list[str] = []
    line, run, space = "", 0.0, fonts.em(" ", face)
    for word, wide in _pieces(text, fonts, face, widest):
        if line and run + space + wide > widest:
            result.append(line)
            line, run = word, wide
        elif line:
            line, run = f"{line} {word}", run + space + wide
        else:
            line, run = word, wide
    if line:
        result.append(line)
    if len(result) > lines:
        last = result[lines - 1]
        while last and fonts.em(last + "…", face) > widest:
            last = (last.rpartition(" ")[0] or last[:-1]).rstrip(" ,;")  # between words where there are some
        result = [*result[: lines - 1], f"{last}…"]
    return tuple(result)


@lru_cache(maxsize=4096)
def _words(text: str, fonts: FontSet, face: Face) -> tuple[tuple[str, float], ...]:
    """The words of a text with their widths in em."""
    return tuple((word, fonts.em(word, face)) for word in text.split())


def _pieces(text: str, fonts: FontSet, face: Face, widest: float) -> Iterable[tuple[str, float]]:
    """The words of a text with their widths, those broken that are wider than ``widest`` (em)."""
    for whole, width in _words(text, fonts, face):
        word, wide = whole, width
        while wide > widest:
            cut = max(1, int(len(word) * widest / wide))
            while cut > 1 and fonts.em(word[:cut], face) > widest:
                cut -= 1
            yield word[:cut], fonts.em(word[:cut], face)
            word = word[cut:]
            wide = fonts.em(word, face)
        if word:
            yield word, wide
