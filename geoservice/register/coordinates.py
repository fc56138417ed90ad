"""Every way to write a coordinate in degrees.

Own code, because the libraries at hand guess where they should refuse: lat-lon-parser 1.3 reads
``40,5897 ю.ш.`` as north, ``40d35m22s`` as south and ``40 abc 35`` without complaint; geopy's ``Point`` makes
49, -154 of ``40,5897; 49,6686``.

The Azerbaijani *Ş* stands for *şimal* (north) and for *şərq* (east). Which one is meant is decided by, in
this order: the word beside it (*enliyi*, *uzunluğu*), the column, the other coordinate of the pair (the
partner says *C* or *N*: then it is east; *Q* or *E*: then it is north), and last the order: latitude first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from geoservice import i18n
from geoservice.errors import CoordinateError
from geoservice.register.coordinate_links import from_link, is_link, words_of

Axis = Literal["lat", "lon"]
CODE = "register.problem."

_QUOTES = str.maketrans(
    {
        **dict.fromkeys("º˚ᵒ∘⁰", "°"),
        **dict.fromkeys("’‘′ʹ´`ʼ‛＇", "'"),
        **dict.fromkeys("”“„‟″ʺ˝＂", '"'),
        **dict.fromkeys("−–—‐‑‒﹣－", "-"),
        **dict.fromkeys("\u00a0\u2007\u2009\u202f\t", " "),
        "ә": "ə",
        "Ә": "Ə",
        "\u037e": ";",
        "；": ";",
        "，": ",",
    }
)
_UNIT_WORDS = (
    (r"degrees?|deg|dərəcə|dər\.?|градус\w*|град\.?", "°"),
    (r"minutes?|min\.?|dəqiqə|dəq\.?|минут\w*|мин\.?", "'"),
    (r"seconds?|sec\.?|saniyə|san\.?|секунд\w*|сек\.?", '"'),
)
_UNITS = tuple((re.compile(rf"(?<=\d)\s*(?:{w})(?![^\W\d_])", re.IGNORECASE), s) for w, s in _UNIT_WORDS)
_NUM = r"\d+(?:[.,]\d+)?"
_DMS_LETTERS = re.compile(rf"({_NUM})\s*d\s*({_NUM})\s*m(?:\s*({_NUM})\s*s(?![^\W\d_nsew]))?", re.IGNORECASE)
_HYPHENS = re.compile(r"(?<![\d.,])(\d{1,3})-(\d{1,2}(?:-\d{1,2})?(?:[.,]\d+)?)(?![-\d])")
#: Degrees, minutes and seconds without anything between them, as aviation writes them: 402436N 0494958E.
_PACKED_DMS = r"(\d{2,3})(\d{2})(\d{2}(?:[.,]\d+)?)"
#: The same without seconds, as navigation devices write them: 4024.605N 04949.970E.
_PACKED_DM = r"(\d{2,3})(\d{2}(?:[.,]\d+)?)"
_LETTER = r"([NSEW])"
#: The letter behind the numbers, or before them: 402436N and N402436.
_PACKED_BEHIND = (
    (
        re.compile(rf"(?<![\d.,]){_PACKED_DMS}\s*{_LETTER}(?![^\W\d_])", re.IGNORECASE),
        r"\1°\2'\3" + '"' + r"\4 ",
    ),
    (re.compile(rf"(?<![\d.,]){_PACKED_DM}\s*{_LETTER}(?![^\W\d_])", re.IGNORECASE), r"\1°\2'\3 "),
)
_PACKED_BEFORE = (
    (re.compile(rf"(?<!\w){_LETTER}\s*{_PACKED_DMS}(?![\w°'])", re.IGNORECASE), r"\1\2°\3'\4" + '" '),
    (re.compile(rf"(?<!\w){_LETTER}\s*{_PACKED_DM}(?![\w°'.,])", re.IGNORECASE), r"\1\2°\3' "),
)
_WKT = re.compile(
    rf"^\s*(?:SRID\s*=\s*(\d+)\s*;\s*)?POINT\s*Z?\s*"
    rf"\(\s*(-?{_NUM})\s+(-?{_NUM})(?:\s+-?{_NUM})?\s*\)\s*$",
    re.IGNORECASE,
)
_TOKEN = re.compile(
    rf"(?P<num>{_NUM})|(?P<deg>°)|(?P<min>')|(?P<sec>\"|'')|(?P<sign>[-+])|(?P<sep>[;|/\n,])|(?P<colon>:)|(?P<eq>=)"
    r"|(?P<word>[^\W\d_]+(?:\.\s?[^\W\d_]+)*\.?)|(?P<dot>\.)|(?P<space>\s+)|(?P<bad>.)"
)

#: Folded word -> (axis, sign); sign 0 names the axis alone, axis None is the ambiguous Ş.
_WORDS: dict[str, tuple[Axis | None, int]] = {}


def _words(axis: Axis | None, sign: int, spellings: str) -> None:
    _WORDS.update(dict.fromkeys(spellings.split(), (axis, sign)))


_words(
    "lat",
    1,
    "n north northern nord simal simali sm sme smed se sed simalenliyi ше шме сш север северная с сев",
)
_words("lat", -1, "south southern cenub cenubi ce ced cn cne юш юг южная ю юж c")
_words("lon", 1, "e east eastern ost serq serqi sr srq su sud srqu sru шу шгу вд восток восточная в вост е")
_words("lon", -1, "w west western qerb qerbi qu qud qrb qrbu q зд запад западная з зап")
_words("lat", 0, "lat latitude enlik enl enliyi en dairesi endairesi широта широты шир ш")
_words("lon", 0, "lon lng long longitude uzunluq uzunlugu uz uzun долгота долготы долг д")
_words(None, 1, "ş")
_DAIRE = frozenset({"dairesi", "daire"})  # «en dairəsi», «uzunluq dairəsi»: adds nothing


class Pair(Struct, frozen=True):
    """A point in degrees, and what had to be assumed: the order of the two, or what *Ş* means."""

    latitude: float
    longitude: float
    order_assumed: bool = False
    letter_assumed: bool = False
    hemispheres: bool = False  # letters say which is which: a swap is out of the question
    srid: int | None = None  # of an EWKT; None: WGS 84
    view: bool = False  # of a link that marks no point: the middle of what the map showed


class Angle(Struct, frozen=True):
    """One coordinate in degrees, signed; ``axis`` if the text says which, ``unclear`` for a lone *Ş*."""

    degrees: float
    axis: Axis | None
    unclear: bool = False


class _Token(Struct, frozen=True):
    kind: str
    text: str


def _word_meaning(text: str) -> tuple[Axis | None, int] | None:
    """Axis and sign of a word; ``None`` if it is no word of a coordinate."""
    bare = text.replace(".", "").replace(" ", "")
    if bare in ("Ş", "ş"):
        return None, 1
    if bare in ("S", "s"):
        return "lat", -1
    return _WORDS.get(i18n.fold(bare))


def _tokens(text: str) -> list[_Token]:
    """Split a text into tokens.

    Raises:
        CoordinateError: something in it belongs to no coordinate.
    """
    plain = text.translate(_QUOTES).replace("''", '"').strip().strip("()[]{}").strip()
    for pattern, sign in _UNITS:
        plain = pattern.sub(sign, plain)
    plain = _DMS_LETTERS.sub(lambda m: f"{m[1]}°{m[2]}'" + (f'{m[3]}"' if m[3] else ""), plain)
    before = plain[:1].upper() in "NSEW"
    for pattern, spread in _PACKED_BEFORE if before else _PACKED_BEHIND:
        plain = pattern.sub(spread, plain)
    plain = _HYPHENS.sub(lambda m: m[1] + " " + m[2].replace("-", " "), plain)
    found: list[_Token] = []
    for match in _TOKEN.finditer(plain):
        kind = match.lastgroup or "bad"
        if kind == "word" and _word_meaning(match[0]) is None:
            # «с.ш» may stick to the next word: «ş. enliyi»
            if not all(
                _word_meaning(part) or i18n.fold(part) in _DAIRE
                for part in re.split(r"[.\s]+", match[0])
                if part
            ):
                raise CoordinateError(f"{CODE}coordinate_unreadable", value=text, part=match[0])
            found += [_Token("word", part) for part in re.split(r"[.\s]+", match[0]) if part]
        elif kind == "bad":
            raise CoordinateError(f"{CODE}coordinate_unreadable", value=text, part=match[0])
        elif kind not in ("space", "dot", "eq"):
            found.append(_Token(kind, match[0]))
    return found


def _angle(tokens: Sequence[_Token], text: str) -> Angle:
    """Read one coordinate from its tokens."""
    numbers: list[tuple[str, str]] = []
    sign, axis, letter, unclear = 0, None, 0, False
    for token in tokens:
        if token.kind == "num":
            numbers.append((token.text.replace(",", "."), ""))
        elif token.kind in ("deg", "min", "sec"):
            if not numbers or numbers[-1][1]:
                raise CoordinateError(f"{CODE}coordinate_unreadable", value=text, part=token.text)
            numbers[-1] = (numbers[-1][0], token.kind)
        elif token.kind == "sign":
            if sign or numbers:
                raise CoordinateError(f"{CODE}coordinate_unreadable", value=text, part=token.text)
            sign = -1 if token.text == "-" else 1
        elif token.kind == "word" and i18n.fold(token.text) not in _DAIRE:
            meaning = _word_meaning(token.text)
            word_axis, word_sign = meaning if meaning else (None, 0)
            unclear = unclear or (word_axis is None and word_sign != 0)
            if (word_axis and axis and word_axis != axis) or (word_sign and letter and word_sign != letter):
                raise CoordinateError(f"{CODE}coordinate_contradiction", value=text)
            axis, letter = axis or word_axis, letter or word_sign
        elif token.kind == "sep":
            raise CoordinateError(f"{CODE}coordinate_unreadable", value=text, part=token.text)
    if sign and letter and sign != letter:
        raise CoordinateError(f"{CODE}coordinate_contradiction", value=text)
    value = _degrees(numbers, text)
    return Angle(-value if -1 in (sign, letter) else value, axis, unclear and axis is None)


def _degrees(numbers: Sequence[tuple[str, str]], text: str) -> float:
    """Degrees of one to three numbers with or without their units."""
    order = ["deg", "min", "sec"]
    if not 1 <= len(numbers) <= 3:
        code = "coordinate_empty" if not numbers else "coordinate_unreadable"
        raise CoordinateError(CODE + code, value=text, part=text)
    for place, (number, unit) in enumerate(numbers):
        if unit and unit != order[place]:
            raise CoordinateError(f"{CODE}coordinate_unreadable", value=text, part=number)
        if place < len(numbers) - 1 and "." in number and float(number) % 1:
            raise CoordinateError(f"{CODE}coordinate_fraction", value=text, part=number)
        if place and float(number) >= 60:
            raise CoordinateError(f"{CODE}coordinate_sixty", value=text, part=number)
    return sum((float(number) / (1, 60, 3600)[place] for place, (number, _) in enumerate(numbers)), 0.0)


def _in_range(angle: Angle, axis: Axis, text: str) -> float:
    limit = 90 if axis == "lat" else 180
    if angle.axis and angle.axis != axis:
        raise CoordinateError(f"{CODE}coordinate_axis_{axis}", value=text)
    if abs(angle.degrees) > limit:
        raise CoordinateError(f"{CODE}coordinate_range_{axis}", value=text)
    return angle.degrees


def parse_angle(text: str, axis: Axis | None = None) -> Angle:
    """Read one coordinate.

    Args:
        text: decimal degrees, degrees-minutes or degrees-minutes-seconds with any signs or letters.
        axis: which coordinate the column holds; a lone *Ş* is read accordingly.

    Returns:
        Signed degrees.

    Raises:
        CoordinateError: it cannot be read, is the other axis, or lies outside the world.
    """
    try:
        plain = float(text.strip().replace(",", "."))  # the usual case, and the quick one
        angle = Angle(plain, None)
        if plain != plain or "_" in text:
            raise CoordinateError(f"{CODE}coordinate_unreadable", value=text, part=text)
    except ValueError:
        angle = _angle(_trim(_tokens(text)), text)
    if axis is None:
        _in_range(angle, angle.axis or "lon", text)
        return angle
    return Angle(_in_range(angle, axis, text), axis)


def _trim(tokens: list[_Token]) -> list[_Token]:
    """Drop separators at the ends, and the colon after a label."""
    while tokens and tokens[0].kind in ("sep", "colon"):
        tokens = tokens[1:]
    while tokens and tokens[-1].kind in ("sep", "colon"):
        tokens = tokens[:-1]
    return tokens


def _split(tokens: list[_Token], text: str) -> tuple[list[_Token], list[_Token]]:
    """Cut the tokens of a pair into its two coordinates."""
    places = [i for i, t in enumerate(tokens) if t.kind == "sep" and t.text != ","]
    commas = [i for i, t in enumerate(tokens) if t.kind == "sep" and t.text == ","]
    for cuts in (places, commas):
        if len(cuts) == 1 and all(_has_number(s) for s in (tokens[: cuts[0]], tokens[cuts[0] :])):
            return tokens[: cuts[0]], tokens[cuts[0] + 1 :]
    cut = None
    if not places and not commas:
        cut = _cut_at_words(tokens) or _cut_at_degrees(tokens) or _cut_in_half(tokens)
    if cut is None:
        try:
            _angle(tokens, text)
        except CoordinateError:
            raise CoordinateError(f"{CODE}coordinate_pair", value=text) from None
        raise CoordinateError(f"{CODE}coordinate_pair_one", value=text)
    return tokens[:cut], tokens[cut:]


def _count(tokens: Sequence[_Token], kind: str) -> int:
    return sum(token.kind == kind for token in tokens)


def _has_number(tokens: Sequence[_Token]) -> bool:
    return _count(tokens, "num") > 0


def _cut_at_words(tokens: Sequence[_Token]) -> int | None:
    """Letters before (N 40 E 49) or behind (40 N 49 E) say where one coordinate ends."""
    kinds = [token.kind for token in tokens]
    if "word" not in kinds:
        return None
    if kinds[0] == "word":  # the first word after a number opens the second coordinate
        seen = kinds.index("num") if "num" in kinds else len(kinds)
        return next((i for i in range(seen, len(kinds)) if kinds[i] == "word"), None)
    last = kinds.index("word")
    while last < len(kinds) and kinds[last] == "word":
        last += 1
    return last if last < len(kinds) else None


def _cut_at_degrees(tokens: Sequence[_Token]) -> int | None:
    """The second degree sign belongs to the second coordinate."""
    signs = [i for i, token in enumerate(tokens) if token.kind == "deg"]
    if len(signs) != 2:
        return None
    cut = signs[1] - 1
    return cut - 1 if tokens[cut - 1].kind == "sign" else cut


def _cut_in_half(tokens: Sequence[_Token]) -> int | None:
    """Two, four or six bare numbers: half of them each."""
    numbers = [i for i, token in enumerate(tokens) if token.kind == "num"]
    if len(numbers) not in (2, 4, 6) or any(token.kind in ("deg", "word") for token in tokens):
        return None
    cut = numbers[len(numbers) // 2]
    return cut - 1 if tokens[cut - 1].kind == "sign" else cut


def parse_pair(text: str) -> Pair:
    """Read both coordinates from one cell, such as ``40°35'22.9"N 49°40'07"E`` or ``40,5897; 49,6686``.

    WKT and EWKT (``POINT(49.66 40.58)``) are longitude first; everything else is latitude first unless its
    letters or labels say otherwise or the first number cannot be a latitude. Links to web maps are read too.

    Raises:
        CoordinateError: it cannot be read, holds one coordinate only, or lies outside the world.
    """
    if is_link(text):
        if words := words_of(text):
            return parse_pair(words)
        point = from_link(text)
        _in_range(Angle(point.latitude, None), "lat", text)
        _in_range(Angle(point.longitude, None), "lon", text)
        return Pair(point.latitude, point.longitude, hemispheres=True, view=point.view)
    if found := _WKT.match(text.translate(_QUOTES)):
        x, y = (float(found[i].replace(",", ".")) for i in (2, 3))
        srid = int(found[1]) if found[1] else None
        if srid in (None, 4326):
            _in_range(Angle(y, None), "lat", text)
            _in_range(Angle(x, None), "lon", text)
        return Pair(y, x, hemispheres=True, srid=srid)
    halves = _split(_trim(_tokens(text)), text)
    first, second = (_angle(_trim(list(half)), text) for half in halves)
    axis_1, axis_2, assumed = _axes(first, second, text)
    by_axis = {axis_1: first, axis_2: second}
    named = any(angle.axis for angle in (first, second))
    return Pair(
        latitude=_in_range(by_axis["lat"], "lat", text),
        longitude=_in_range(by_axis["lon"], "lon", text),
        order_assumed=assumed,
        letter_assumed=assumed and (first.unclear or second.unclear),
        hemispheres=named,
    )


def _axes(first: Angle, second: Angle, text: str) -> tuple[Axis, Axis, bool]:
    """Tell which coordinate is which, and whether that is an assumption."""
    other: dict[Axis, Axis] = {"lat": "lon", "lon": "lat"}
    if first.axis and first.axis == second.axis:
        raise CoordinateError(f"{CODE}coordinate_contradiction", value=text)
    if first.axis:
        return first.axis, other[first.axis], False
    if second.axis:
        return other[second.axis], second.axis, False
    if abs(first.degrees) > 90 >= abs(second.degrees):
        return "lon", "lat", False
    return "lat", "lon", True


def format_dms(degrees: float, axis: Axis, decimals: int = 2) -> str:
    """Write a coordinate as degrees, minutes and seconds with its letter: ``40°35'22.90"N``."""
    letter = {"lat": "SN", "lon": "WE"}[axis][degrees >= 0]
    total = round(abs(degrees) * 3600, decimals)
    minutes, seconds = divmod(total, 60)
    whole, minutes = divmod(int(minutes), 60)
    return f"{whole}°{minutes:02d}'{seconds:0{3 + decimals}.{decimals}f}\"{letter}"
