"""Headings of a file -> fields of the register, in three languages, any order and case."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from importlib import resources

import tomli
from msgspec import Struct
from msgspec.structs import replace

from geoservice import i18n
from geoservice.errors import CrsError, InvalidInputError
from geoservice.model import LANGUAGES
from geoservice.register.angle_columns import find_parts, is_units, told, without_unit
from geoservice.register.crs import parse_crs
from geoservice.register.report import Problem
from geoservice.register.tables import Grid, Row
from geoservice.register.text import key, latin, strip_hidden, tidy, without_brackets

#: Fields that several columns may fill: their values are joined (telephone and e-mail; number and date).
JOINED = frozenset({"contacts", "agreement", "founding_documents", "state_registration"})
#: Columns that an export adds (see :mod:`geoservice.export`), and what marks them when they come back.
PLACEMENT = ("region", "region_name", "how", "distance_m")
DERIVED = "derived"
#: How far down a heading is looked for.
_HEADING_ROWS = 40
_FUZZY = 0.88
_FUZZY_LENGTH = 6
_MAX_HEADING = 160
_NAMES = frozenset({"name", "full_name"})
_NAMELESS = 3
#: Words that together in a heading mean the legal form and the name in one cell, in whatever order.
_FORM_AND_NAME = (
    (frozenset({"forma", "formasi"}), frozenset({"ad", "adi", "adlari"})),
    (frozenset({"forma", "форма"}), frozenset({"наименование", "название"})),
    (frozenset({"form"}), frozenset({"name"})),
)
_BRACKETED = re.compile(r"[(\[]([^()\[\]]*)[)\]]|[,:;]\s*(.+)$")


class Column(Struct, frozen=True):
    """A column: index, heading in the file, the field it fills ("": kept as extra), a CRS it names."""

    index: int
    heading: str
    field: str
    crs: str = ""
    guessed: bool = False


class Heading(Struct, frozen=True):
    """The heading of a table: its columns, and the position in the grid's rows of the first row of data."""

    columns: tuple[Column, ...]
    first_row: int
    top: int
    number: int
    score: int
    problems: tuple[Problem, ...] = ()
    parts: Mapping[int, tuple[int, ...]] = {}  # of angles, see angle_columns

    def fields(self) -> frozenset[str]:
        """The fields that the file has a column for."""
        return frozenset(column.field for column in self.columns if column.field)

    def heading_of(self, *fields: str) -> str:
        """The heading of the first of these fields that is there."""
        for field in fields:
            for column in self.columns:
                if column.field == field:
                    return column.heading
        return ""


@cache
def _data() -> Mapping[str, Mapping[str, object]]:
    source = resources.files("geoservice.register") / "headings.toml"
    return tomli.loads(source.read_text("utf-8"))


def known_fields() -> tuple[str, ...]:
    """All fields a column can be assigned to, for a mapping given by the caller."""
    return tuple(_data()["fields"])


def short_names() -> Mapping[str, str]:
    """Field -> its name in files whose columns have ten letters at most, of those with longer names."""
    return {field: str(name) for field, name in _data()["short"].items()}


def spelled_forms() -> Mapping[str, str]:
    """Legal forms spelled out, as keys -> abbreviation."""
    return {key(name): str(short) for name, short in _data()["spelled_forms"].items()}


@cache
def group_words() -> frozenset[str]:
    """Keys of rows that open a part of the register without naming a type: participants, infrastructure."""
    words = _data()["rows"]["groups"]
    assert isinstance(words, list)  # noqa: S101 - our own data file
    return frozenset(key(word) for word in words)


@cache
def footer_pattern() -> re.Pattern[str]:
    """What marks a line below the table: totals, signatures, notes."""
    parts = _data()["rows"]["footers"]
    assert isinstance(parts, list)  # noqa: S101 - our own data file
    return re.compile("|".join(parts))


@cache
def aliases() -> Mapping[str, str]:
    """Key of a heading -> field."""
    fields = _data()["fields"]
    found = {key(field): field for field in fields}  # codes first, then labels, then other spellings
    found |= {key(name): field for field, name in short_names().items() if field in fields}
    for field in fields:
        for text in (*label(field).values(), *_titles(field)):
            found.setdefault(key(text), field)
    for field, spellings in fields.items():
        assert isinstance(spellings, list)  # noqa: S101 - our own data file
        for spelling in spellings:
            found.setdefault(key(spelling), field)
    return found


def _titles(field: str) -> list[str]:
    """What the exports call a field."""
    return [i18n.text(lang, f"fields.{field}") for lang in LANGUAGES if i18n.has(lang, f"fields.{field}")]


@cache
def _placement_headings() -> tuple[frozenset[str], ...]:
    """Keys of the columns that our exports add to a register, by language, and as codes."""
    by_language = [{key(i18n.text(lang, f"fields.{f}")) for f in PLACEMENT} for lang in LANGUAGES]
    short = {key(short_names().get(f, f)) for f in PLACEMENT}
    return tuple(frozenset(keys) for keys in (*by_language, short, {key(f) for f in PLACEMENT}))


def _without_placement(columns: Sequence[Column]) -> list[Column]:
    """Mark what an export of ours added: it was worked out from the coordinates and is no data of the office.

    Only where all of those columns are there together: a lone column "Rayon" is the office's own.
    """
    keys = {key(column.heading) for column in columns}
    added = next((headings for headings in _placement_headings() if headings <= keys), frozenset())
    extra = {key("full_name")} if added == _placement_headings()[-1] else set()
    return [
        replace(c, field=DERIVED, guessed=False) if key(c.heading) in added | extra else c for c in columns
    ]


@lru_cache(maxsize=4096)
def match(heading: str, guess: bool = True) -> tuple[str, bool]:
    """Find the field of a heading; a misspelt one too unless ``guess`` is false.

    Returns:
        The field ("" if none), and whether it was guessed from a similar spelling.
    """
    known = aliases()
    variants = _variants(heading)
    for variant in variants:
        if field := known.get(variant):
            return field, False
    words = set(key(heading).split())
    if any(words & forms and words & names for forms, names in _FORM_AND_NAME):
        return "full_name", False
    for variant in variants if guess else ():
        if len(variant) >= _FUZZY_LENGTH and (
            near := difflib.get_close_matches(variant, known, n=1, cutoff=_FUZZY)
        ):
            return known[near[0]], True
    return "", False


def _variants(heading: str) -> list[str]:
    """A heading as it is, without brackets, without what follows a comma, and its parts between slashes."""
    texts = [heading, without_brackets(heading), re.split(r"[,:;(\[]", heading)[0]]
    texts += [part for part in re.split(r"[/|\n\\]", without_brackets(heading)) if len(part.strip()) > 1]
    texts += [] if heading.isascii() else [latin(text) for text in texts]  # Azerbaijani in Cyrillic letters
    keys = (re.sub(r"^\d+ | \d+$", "", key(text)) for text in texts)
    found = [k for k in dict.fromkeys(keys) if k]
    return [*found, *(bare for k in found if (bare := without_unit(k)) not in found)]


def _crs_in(heading: str) -> str:
    """A CRS named behind the heading, as in ``X (EPSG:32639)``."""
    for found in _BRACKETED.finditer(heading):
        name = (found[1] or found[2] or "").strip()
        try:
            parse_crs(name)
        except CrsError:
            continue
        return name
    return ""


def column_fields(headings: Sequence[str], mapping: Mapping[str, str] | None = None) -> tuple[Column, ...]:
    """Assign headings to fields; a mapping (heading or its key -> field, "" = extra) goes before the aliases.

    Raises:
        InvalidInputError: the mapping names an unknown field, or a heading that the file does not have.
    """
    chosen = {key(name): field for name, field in (mapping or {}).items()}
    for field in chosen.values():
        if field and field not in known_fields():
            raise InvalidInputError(
                "register.error.mapping_field", field=field, known=", ".join(known_fields())
            )
    columns = []
    for index, heading in enumerate(headings):
        if not heading:
            continue
        if key(heading) in chosen:
            field, guessed = chosen[key(heading)], False
        else:
            field, guessed = match(heading)
        crs = _crs_in(heading) if field in ("x", "y", "latitude", "longitude", "coordinates") else ""
        columns.append(Column(index, heading, field, crs, guessed))
    if absent := set(chosen) - {key(column.heading) for column in columns}:
        names = ", ".join(name for name in (mapping or {}) if key(name) in absent)
        raise InvalidInputError("register.error.mapping_heading", headings=names)
    return tuple(_without_placement(columns))


def resolve(
    columns: Iterable[Column], row: int | None, hidden: Collection[int] = ()
) -> tuple[tuple[Column, ...], list[Problem]]:
    """Give headings unique names, and settle columns that claim the same field.

    The first one has it; one that the office sees goes before a hidden one.
    """
    problems: list[Problem] = []
    given = _unique(columns)
    taken: dict[str, Column] = {}
    for column in sorted(given, key=lambda column: column.index in hidden):
        taken.setdefault(column.field, column)
    settled = []
    for column in given:
        field = column.field
        if field and taken[field] is not column and field not in JOINED and field != DERIVED:
            problems.append(Problem("heading_duplicate", row, column.heading, column.heading, "warning",
                                    {"field": label(field), "first": taken[field].heading}))  # fmt: skip
            field = ""
        elif field and column.guessed:
            said = {"field": label(field)}
            problems.append(Problem("heading_guessed", row, column.heading, column.heading, "note", said))
        settled.append(replace(column, field=field))
    if unseen := ", ".join(column.heading for column in settled if column.index in hidden):
        problems.append(Problem("columns_hidden", value=unseen, severity="note"))
    return tuple(settled), problems


def _unique(columns: Iterable[Column]) -> list[Column]:
    """The columns, a heading that was there before with its count: «Enlik (2)»."""
    names: dict[str, int] = {}
    found = []
    for column in columns:
        count = names[column.heading] = names.get(column.heading, 0) + 1
        found.append(column if count == 1 else replace(column, heading=f"{column.heading} ({count})"))
    return found


def label(field: str) -> dict[str, str]:
    """What a field is called, by language."""
    return {lang: i18n.text(lang, f"register.field.{field}") for lang in LANGUAGES}


def find_heading(grid: Grid, mapping: Mapping[str, str] | None = None) -> Heading | None:
    """Find the heading of a sheet: the row, or two rows with merged group headings, that names most fields.

    Rows above it (titles, approvals) are passed over. A heading needs a name of the organisation and one more
    field, or, with a mapping, a mapped heading.
    """
    found = _find(grid, mapping, guess=False) or _find(grid, mapping, guess=True)
    if found is None and (nameless := _find(grid, mapping, guess=True, nameless=True)):
        unknown = ", ".join(column.heading for column in nameless.columns if not column.field)
        problem = Problem("no_name_column", nameless.number, "", unknown or "-", "warning")
        found = replace(nameless, problems=(*nameless.problems, problem))
    return found


def _find(
    grid: Grid, mapping: Mapping[str, str] | None, *, guess: bool, nameless: bool = False
) -> Heading | None:
    best: tuple[int, int, int, list[str]] | None = None
    for position, row in enumerate(grid.rows[:_HEADING_ROWS]):
        for depth in (1, 2, 3):
            rows = grid.rows[position : position + depth]
            if len(rows) < depth or (depth > 1 and not _belongs(grid, row, rows[-1])):
                break
            texts = _heading_texts(grid, rows)
            score = _score(texts, mapping, guess, nameless)
            score += bool(score) and depth > 1 and is_units(rows[-1])
            if score and (best is None or score > best[0]):
                best = (score, position, depth, texts)
    if best is None:
        return None
    score, position, depth, texts = best
    first = position + depth
    if first < len(grid.rows) and _is_numbering(grid.rows[first]):
        first += 1
    number = grid.rows[position].number
    columns, problems = resolve(column_fields(texts, mapping), number, grid.hidden_columns)
    meant = {c.index: c.field or match(c.heading, False)[0] for c in columns}
    headings = {c.index: c.heading for c in columns}
    rows = grid.rows[position : position + depth]
    parts = {
        first: others
        for first, others in find_parts(grid, rows, meant, headings).items()
        if any(c.index == first and c.field for c in columns)
    }
    if parts:
        behind = {index for others in parts.values() for index in others}
        columns = tuple(replace(c, field=DERIVED) if c.index in behind else c for c in columns)
        names = {headings[first]: [headings[i] for i in others] for first, others in parts.items()}
        problems = told(problems, number, names)
    return Heading(columns, first, position, number, score, tuple(problems), parts)


def _belongs(grid: Grid, top: Row, below: Row) -> bool:
    """Whether a row is the second line of the heading above it: a merge of that heading reaches over it."""
    return below.number - top.number <= 2 and any(
        merge.top <= top.number and (merge.bottom >= below.number or merge.right > merge.left)
        for merge in grid.merged
        if merge.top <= top.number <= merge.bottom
    )


def _heading_texts(grid: Grid, rows: Sequence[Row]) -> list[str]:
    """The heading of each column: the lowest text that stands over it, a vague one after its group's."""
    texts = []
    for column in range(max(len(row.cells) for row in rows)):
        parts = [part for part in dict.fromkeys(_covered(grid, row, column) for row in rows) if part]
        lowest = parts[-1] if parts else ""
        if len(parts) > 1 and not match(lowest, False)[0]:  # «Ünvan» over «Hüquqi», «Faktiki»
            joined = (f"{lowest} {parts[0]}", f"{parts[0]} {lowest}")
            joined_text = next((text for text in joined if match(text, False)[0]), "")
            lowest = _sentence(joined_text) if joined_text else f"{parts[0]} — {lowest}"
        texts.append(lowest[:_MAX_HEADING])
    return texts


def _sentence(text: str) -> str:
    """One heading of two lines, written as one: «hüquqi Ünvan» becomes «Hüquqi ünvan»; VÖEN stays."""
    dotted = any(letter in text for letter in "əƏğĞıİöÖüÜçÇşŞ")  # i and ı have own capitals
    first, *others = text.split(" ")
    capital = {"i": "İ", "ı": "I"}.get(first[0], first[0].upper()) if dotted else first[0].upper()
    small = [w if w[1:] != w[1:].lower() else i18n.lower(w, "az" if dotted else "en") for w in others]
    return " ".join([capital + first[1:], *small])


def _covered(grid: Grid, row: Row, column: int) -> str:
    """The text of a cell, or of the merged range over it."""
    text = tidy(strip_hidden(row.cells[column])) if column < len(row.cells) else ""
    if text:
        return text
    for merge in grid.merged:
        if merge.top <= row.number <= merge.bottom and merge.left <= column <= merge.right:
            source = next((r for r in grid.rows if r.number == merge.top), None)
            if source and merge.left < len(source.cells):
                return tidy(strip_hidden(source.cells[merge.left]))
    return ""


def _score(texts: Sequence[str], mapping: Mapping[str, str] | None, guess: bool, nameless: bool) -> int:
    """How many fields a row of headings names, misspelt ones if wanted; 0 if it cannot be a heading.

    ``nameless``: a row that names at least _NAMELESS fields is one, although nothing in it is the name
    of the organisation; the user can then say which column it is.
    """
    chosen = {key(name): field for name, field in (mapping or {}).items()}
    found = [(chosen.get(key(t)), False) if key(t) in chosen else match(t, guess) for t in texts if t]
    fields = {field for field, _ in found if field}
    mapped = any(key(t) in chosen for t in texts)
    named = bool(_NAMES & fields) or mapped or (nameless and len(fields) >= _NAMELESS)
    if not named or (len(fields) < 2 and not mapped):
        return 0
    return 2 * len(fields) + sum(1 for field, guessed in found if field and not guessed) + 20 * mapped


def _is_numbering(row: Row) -> bool:
    """The row 1, 2, 3 … under the heading of a printed form."""
    cells = [cell.strip() for cell in row.cells if cell.strip()]
    return len(cells) > 2 and cells == [
        str(i) for i in range(int(cells[0]) if cells[0] in "01" else 1, len(cells) + 1)
    ]
