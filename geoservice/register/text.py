"""Texts as they stand in files: cleaned, and reduced to keys for tolerant comparison."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from functools import lru_cache

from geoservice import i18n

#: Longest value of a cell that is kept.
MAX_VALUE = 2000

#: Control characters (the line breaks and tab are turned into spaces), zero-width and direction marks,
#: overrides that let a name be shown other than it is stored, and the tag characters.
HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u115f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_DASHES = frozenset({"-", "–", "—", "−", "--", "---", "n/a", "N/A"})
#: What spreadsheets in English and Russian show where a formula has failed; in Azerbaijani it is English.
_FORMULA_ERRORS = frozenset({
    "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#N/A", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#GETTING_DATA",
    "#ССЫЛКА!", "#ЗНАЧ!", "#ДЕЛ/0!", "#ИМЯ?", "#Н/Д", "#ПУСТО!", "#ЧИСЛО!",
})  # fmt: skip
#: The Cyrillic schwa looks like the Azerbaijani letter and is often typed for it.
_LOOKALIKES = str.maketrans({"ә": "ə", "Ә": "Ə", "ı": "ı"})
_LOST_SCHWA = re.compile(r"(?<=[^\W\d_])\?|\?(?=[^\W\d_])")
_PLURAL = re.compile(r"(?:lari|leri|lar|ler)$")
_LONG_WORD = 7
_NOT_WORD = re.compile(r"[^\w%+]+|_+")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")


def cell_text(value: object) -> str:
    """Write a cell's value as a person would: whole numbers without ``.0``, dates as ``dd.mm.yyyy``."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "+" if value else "-"
    if isinstance(value, float):
        return _number_text(value)
    if isinstance(value, dt.datetime):
        plain = value.strftime("%d.%m.%Y")
        return plain if value.time() == dt.time() else f"{plain} {value:%H:%M}"
    if isinstance(value, dt.date):
        return value.strftime("%d.%m.%Y")
    if isinstance(value, dt.timedelta):  # 40:35:22 typed into a spreadsheet: a duration to it, degrees to us
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return str(value)


def _number_text(value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return ""
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    plain = repr(value)
    return f"{value:.12f}".rstrip("0") if "e" in plain and abs(value) < 1e15 else plain


#: The apostrophe that keeps a text from being run as a formula, or digits from being taken for a number.
_GUARD = re.compile(r"^'(?=[\d=@\t\r+\-])")


def without_guard(value: str) -> str:
    """Drop the apostrophe by which spreadsheets (and our exports) mark a text."""
    return _GUARD.sub("", value)


def tidy(value: str) -> str:
    """Single spaces, composed letters (NFC), nothing around; a lone dash stands for nothing."""
    if not value.isascii() and not unicodedata.is_normalized("NFC", value):
        value = unicodedata.normalize("NFC", value)
    value = " ".join(value.split())  # split knows every space of Unicode, the unbreakable ones too
    return "" if value in _DASHES else value


def is_formula_error(value: str) -> bool:
    """Whether a cell shows that its formula has failed: ``#REF!``, ``#Н/Д``; ``Err:502`` of LibreOffice."""
    plain = value.strip()
    return plain in _FORMULA_ERRORS or (plain.startswith("Err:5") and len(plain) == 7)


def strip_hidden(value: str) -> str:
    """Remove characters that cannot be seen."""
    return HIDDEN.sub("", value)


@lru_cache(maxsize=65536)
def key(value: str) -> str:
    """Reduce a text to a key: folded, ``№`` as ``no``, punctuation as spaces.

    A question mark at a letter is the ə that Windows-1254 has no place for: it folds as ə does.
    """
    if "?" in value:
        value = _LOST_SCHWA.sub("ə", value)
    value = unicodedata.normalize("NFC", value).translate(_LOOKALIKES).replace("№", " no ")
    return " ".join(_NOT_WORD.sub(" ", i18n.fold(strip_hidden(value))).split())


#: The Azerbaijani alphabet of 1958 to 1991, as some registers and Russian-made forms still have it.
_CYRILLIC = str.maketrans(
    dict(zip("абвгғдежзиыјйкҝлмноөпрстуүфхһчҹшэ", "abvqğdejziıyykglmnoöprstuüfxhçcşe", strict=True))
    | {"ә": "ə", "ю": "yu", "я": "ya", "ъ": "", "ь": ""}
)


def latin(value: str) -> str:
    """Write an Azerbaijani text in Cyrillic with Latin letters, small ones: ``Узунлуг`` is ``uzunluq``."""
    return value.lower().translate(_CYRILLIC)


def without_brackets(value: str) -> str:
    """Drop what stands in brackets."""
    return _BRACKETS.sub(" ", value)


@lru_cache(maxsize=8192)
def stem_key(value: str) -> str:
    """Reduce a text of several words to the first letters of each, so that endings do not matter.

    ``İri istehsal müəssisələri`` and ``İri istehsal müəssisəsi`` become the same. One word alone gives no
    stem: a few letters say too little.
    """
    words = key(without_brackets(value)).split()
    stems = (_PLURAL.sub("", word) if len(word) >= _LONG_WORD else word for word in words)
    return " ".join(s[: 4 if len(s) >= _LONG_WORD else 3] for s in stems) if len(words) > 1 else ""


def name_key(value: str) -> str:
    """Reduce an organisation's name for comparison: quotes, case and punctuation do not matter."""
    return key(value)


_PRINTED_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "MODIFIER")
_FIRST_PICTURE = 0x2600  # below are arrows, boxes and mathematical signs, which the fonts of a sheet have


def unprintable(text: str) -> str:
    """Characters that no font of a sheet can be expected to have: other scripts, emoji; each once."""
    return "" if text.isascii() else "".join(c for c in dict.fromkeys(text) if not _has_glyph(c))


@lru_cache(maxsize=4096)
def _has_glyph(character: str) -> bool:
    if character.isascii():
        return True
    category = unicodedata.category(character)
    if category.startswith("L"):
        return unicodedata.name(character, "").startswith((*_PRINTED_SCRIPTS, "FEMININE", "MASCULINE"))
    return category != "So" or ord(character) < _FIRST_PICTURE
