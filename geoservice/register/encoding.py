"""The encoding of a text file, told from its content.

Azerbaijani has no 8-bit Windows code page of its own: ə exists neither in 1251 nor in 1254. Offices that save
"CSV" from an older Excel get 1254 with the ə lost (``?``) or replaced (``ä``), or 1251 for Russian. The
choice between them is made by the words: Cyrillic words are wholly Cyrillic, Azerbaijani ones wholly Latin,
and the wrong page mixes the scripts. charset-normalizer names further candidates.
"""

from __future__ import annotations

import codecs
import itertools
import re

from msgspec import Struct

from geoservice.errors import UnreadableFileError
from geoservice.register.report import Problem

_SAMPLE_BYTES = 64 * 1024
_CANDIDATES = ("cp1251", "cp1254")
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"^[a-zA-ZçÇğĞıİöÖşŞüÜəƏäÄâÂîÎûÛéÉ]+$")
_CYRILLIC = re.compile(r"^[а-яА-ЯёЁіІўЎ]+$")
#: A question mark inside a word, where ə was lost: «T?şkilat».
_LOST = re.compile(r"[^\W\d_]\?[^\W\d_]|\ufffd")
_REPLACED = "\ufffd"
#: A text with this many letters of UTF-8, and that many for each broken byte, is UTF-8; lines told at most.
_FEW_LETTERS, _LETTERS_FOR_ONE, _MOST_BROKEN = 10, 10, 200
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NAMES = {"cp1251": "Windows-1251", "cp1254": "Windows-1254", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}


class Decoded(Struct, frozen=True):
    """A text, its encoding, and what was assumed."""

    text: str
    encoding: str
    problems: tuple[Problem, ...] = ()


def decode(data: bytes) -> Decoded:
    """Decode a text file.

    Raises:
        UnreadableFileError: it is no text in any encoding that is known here.
    """
    name = find_encoding(data)
    try:
        text = data.decode(name)
    except UnicodeDecodeError as error:
        if name != "utf-8-sig" and not _nearly_utf_8(data):
            raise UnreadableFileError("register.error.encoding") from error
        text = data.decode(name, "replace")
    _refuse_binary(text)
    problems = _broken(text) if name in ("utf-8", "utf-8-sig") else []
    if name in _CANDIDATES or name not in ("ascii", "utf-8", "utf-8-sig", "utf-16", "utf-32"):
        shown = _NAMES.get(name, name)
        problems.append(Problem("encoding_assumed", severity="note", value=shown))
    if name != "utf-8" and name not in dict(_BOMS).values() and (lost := _LOST.search(text)):
        start = max(0, lost.start() - 12)
        piece = " ".join(text[start : lost.end() + 12].split())
        line = text.count("\n", 0, lost.start()) + 1
        problems.append(Problem("encoding_lossy", row=line, severity="warning", value=piece))
    return Decoded(text, name, tuple(problems))


def _refuse_binary(text: str) -> None:
    sample = text[:_SAMPLE_BYTES]
    odd = sum(1 for c in sample if c < " " and c not in "\t\n\r\x0b\x0c\x1a")
    if odd > max(8, len(sample) // 20):
        raise UnreadableFileError("register.error.not_text")


def find_encoding(data: bytes) -> str:
    """Name the encoding of a text as Python calls it."""
    for bom, name in _BOMS:
        if data.startswith(bom):
            return name
    sample = data[:_SAMPLE_BYTES]
    if wide := _utf16_without_bom(sample):
        return wide
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        if _nearly_utf_8(data):
            return "utf-8"
        return _best_page(data, sample)
    return "utf-8"


def _nearly_utf_8(data: bytes) -> bool:
    """Whether a text is UTF-8 but for a few bytes: one pasted row would turn all letters into others."""
    text = data.decode("utf-8", "replace")
    broken = text.count(_REPLACED)
    letters = sum(1 for character in text if not character.isascii()) - broken
    return letters >= _FEW_LETTERS and broken * _LETTERS_FOR_ONE <= letters


def _broken(text: str) -> list[Problem]:
    """The lines whose bytes are no UTF-8, the first of them."""
    if _REPLACED not in text:
        return []
    lines = ((n, line) for n, line in enumerate(text.split("\n"), 1) if _REPLACED in line)
    return [
        Problem("encoding_broken", row=n, severity="warning", value=" ".join(line.split())[:80])
        for n, line in itertools.islice(lines, _MOST_BROKEN)
    ]


def _utf16_without_bom(sample: bytes) -> str:
    """UTF-16 shows by the zero bytes of its spaces and separators at even or odd places."""
    if len(sample) < 4:
        return ""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > half * 0.2 and even < half * 0.02:
        return "utf-16-le"
    if even > half * 0.2 and odd < half * 0.02:
        return "utf-16-be"
    return ""


def _best_page(data: bytes, sample: bytes) -> str:
    candidates = list(_CANDIDATES)
    if guess := _guess(sample):
        candidates.append(guess)
    high = bytes(sorted({byte for byte in data if byte >= 0x80}))
    scored = [(page_score(sample.decode(page, "replace")), -place, page)
              for place, page in enumerate(candidates) if _decodes(data, high, page)]  # fmt: skip
    if not scored:
        raise UnreadableFileError("register.error.encoding")
    return max(scored)[2]


def _decodes(data: bytes, high: bytes, page: str) -> bool:
    try:
        high.decode(page) if page in _CANDIDATES else data.decode(page)
    except UnicodeDecodeError:
        return False
    return True


def _guess(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    return best.encoding if best and best.encoding not in _CANDIDATES else ""


def page_score(text: str) -> float:
    """How much a decoded text looks like Azerbaijani or Russian: -1 (not at all) to 1, per word."""
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    if not words:
        return 0.0
    good = sum(
        1 if _LATIN.match(word) or (_CYRILLIC.match(word) and not _odd_case(word)) else -1 for word in words
    )
    return good / len(words)


def _odd_case(word: str) -> bool:
    """A capital behind a small letter: the mark of text in another Cyrillic page."""
    return any(a.islower() and b.isupper() for a, b in itertools.pairwise(word))
