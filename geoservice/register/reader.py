"""The single entry of the register: a file in, participants, changes and a report out.

``FORMATS`` is the table of readers: to add an input format, add one reader and its row. The format is told
from the content; the file's name decides only between kinds of text.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import fields, replace

from geoservice.errors import UnreadableFileError
from geoservice.model import Change, OrganisationType, Participant
from geoservice.register.columns import DERIVED, Column, Heading, find_heading
from geoservice.register.crs import parse_crs
from geoservice.register.fields import Context, Draft, interpret
from geoservice.register.identity import Identities
from geoservice.register.kinds import LegalForms, TypeIndex
from geoservice.register.kml import FOLDER
from geoservice.register.limits import DEFAULT_LIMITS, Limits, check_size
from geoservice.register.mending import NOTHING, Cells, Mending, mend_features, mended_grid, mended_records
from geoservice.register.places import Places
from geoservice.register.report import ImportReport, Problem
from geoservice.register.rows import Names, Record, records_of_grid
from geoservice.register.sniff import Kind, sniff, unread
from geoservice.register.tables import Grid, check_shape, read_csv
from geoservice.register.text import strip_hidden

if TYPE_CHECKING:
    from geoservice.register.territory_hint import Territory

_COORDINATES = ("longitude", "latitude", "coordinates_as_written")
#: Problems whose texts say that the row was taken.
_SAID_OF_TAKEN = frozenset(
    {
        "no_coordinates",
        "coordinates_swapped",
        "far_from_territory",
        "coordinate_link_view",
        "coordinate_whole",
    }
)
_FIELDS = Participant.__struct_fields__
#: What an empty cell leaves in a field. Looked up once: msgspec resolves a class's annotations for it.
_EMPTY = {f.name: f.default for f in fields(Participant) if isinstance(f.default, str) or f.default is None}
_TELL_EVERY = 500  # rows between two words of progress
#: Shares of the work that are done after its steps, measured on 90,000 rows.
_CELLS_READ, _PLACES_READ, _WHO_IS_WHO = 0.6, 0.75, 0.9
Progress = Callable[[float], None]


class Source(Struct, frozen=True):
    """What a reader makes of a file: columns, organisations as texts, and what there is to say."""

    columns: tuple[Column, ...]
    records: list[Record]
    problems: tuple[Problem, ...] = ()
    cells: Cells = field(default_factory=Cells)


class Request(Struct, frozen=True):
    """What a reader is asked for."""

    name: str
    data: bytes
    types: TypeIndex
    mapping: Mapping[str, str] | None
    limits: Limits
    mending: Mending = NOTHING


class Format(Struct, frozen=True):
    """A row of the table of readers."""

    kind: Kind
    title: str
    extensions: tuple[str, ...]
    read: Callable[[Request], Source]


class ReadResult(Struct, frozen=True):
    """What an import would do to the register.

    ``participants`` are those taken from the file, complete (merged with what the register knows of them);
    ``changes`` those that differ from the register. An import adds and updates; it removes nobody.
    ``cells`` are the file's texts, ``rows`` the row of each participant.
    """

    participants: tuple[Participant, ...]
    report: ImportReport
    changes: tuple[Change, ...] = field(default=())
    cells: Cells = field(default_factory=Cells)
    rows: Mapping[str, int] = field(default_factory=dict)


def _read_workbook(request: Request) -> Source:
    from geoservice.register.workbook import read_workbook

    return _best_grid(read_workbook(request.data, request.limits), request)


def _read_csv(request: Request) -> Source:
    return _best_grid((read_csv(request.data, request.limits),), request)


def _read_vector(request: Request) -> Source:
    from geoservice.register.vector import read_points

    columns, records, problems = read_points(
        request.name, request.data, mapping=request.mapping, limits=request.limits
    )
    for record in records:  # in Google Earth organisations of a type lie in a folder of its name
        record.group = request.types.find(record.extra.get(FOLDER, "")) or ""
    mend_features(records, columns, request.mending)
    return Source(columns, records, problems, _cells_of(records, columns))


def _cells_of(records: Sequence[Record], columns: Sequence[Column]) -> Cells:
    """Texts of features, by their order of columns."""
    width = max((column.index for column in columns), default=-1) + 1
    rows = {}
    for record in records:
        texts = [""] * width
        for c in columns:
            texts[c.index] = record.values.get(c.field, "") if c.field else record.extra.get(c.heading, "")
        rows[record.row] = texts
    return Cells(columns, rows)


FORMATS: tuple[Format, ...] = (
    Format(Kind.XLSX, "Excel (XLSX, XLSM)", (".xlsx", ".xlsm"), _read_workbook),
    Format(Kind.XLS, "Excel 97–2003 (XLS)", (".xls",), _read_workbook),
    Format(Kind.ODS, "OpenDocument (ODS)", (".ods",), _read_workbook),
    Format(Kind.CSV, "CSV", (".csv", ".tsv", ".txt"), _read_csv),
    Format(Kind.GEOJSON, "GeoJSON", (".geojson", ".json"), _read_vector),
    Format(Kind.GEOPACKAGE, "GeoPackage", (".gpkg",), _read_vector),
    Format(Kind.KML, "KML, KMZ (Google Earth)", (".kml", ".kmz"), _read_vector),
    Format(Kind.ZIP, "Shapefile, MapInfo TAB, MIF (ZIP)", (".zip",), _read_vector),
)


def _best_grid(grids: Sequence[Grid], request: Request) -> Source:
    """Choose the sheet with the best heading; the others are named in the report."""
    found = [(grid, heading) for grid in grids if (heading := find_heading(grid, request.mapping))]
    if not found:
        from geoservice.register.columns import column_fields

        filled = [grid for grid in grids if grid.rows]
        if request.mapping and filled:
            column_fields([strip_hidden(cell).strip() for cell in filled[0].rows[0].cells], request.mapping)
        first = (
            " · ".join(cell.strip() for cell in filled[0].rows[0].cells if cell.strip())[:160]
            if filled
            else ""
        )
        raise UnreadableFileError(
            "register.error.no_headings" if filled else "register.error.no_rows", first=first
        )
    grid, heading = max(found, key=lambda item: (not item[0].hidden, item[1].score, len(item[0].rows)))
    problems = list(grid.problems) + list(heading.problems) + _other_sheets(grid, grids, found)
    grid = mended_grid(grid, heading, request.mending)
    records, notes = records_of_grid(grid, heading, request.types)
    check_shape(len(records), 0, request.limits)
    cells = Cells(heading.columns, {row.number: row.cells for row in grid.rows[heading.first_row :]})
    return Source(heading.columns, records, (*problems, *notes), cells)


def _other_sheets(grid: Grid, grids: Sequence[Grid], found: Sequence[tuple[Grid, Heading]]) -> list[Problem]:
    problems = []
    for other in grids:
        if other is not grid and other.rows:
            code = (
                "sheet_also_register"
                if any(other is g for g, _ in found) and not other.hidden
                else "sheet_ignored"
            )
            severity = "warning" if code == "sheet_also_register" and _has_data(other, found) else "note"
            problems.append(Problem(code, value=other.name, severity=severity, params={"sheet": grid.name}))  # type: ignore[arg-type]
    return problems


def _has_data(grid: Grid, found: Sequence[tuple[Grid, Heading]]) -> bool:
    return any(other is grid and heading.first_row < len(grid.rows) for other, heading in found)


def detect(name: str, data: bytes) -> Format:
    """Tell the format of a file from its content.

    Raises:
        UnreadableFileError: no reader for it; the text lists what is supported.
    """
    kind = sniff(name, data)
    for row in FORMATS:
        if row.kind == kind:
            return row
    if known := unread(name, data):
        raise UnreadableFileError(f"register.error.save_as.{known}")
    raise UnreadableFileError("register.error.unsupported", supported=supported_formats())


def supported_formats() -> str:
    """Titles of all formats, for messages."""
    return ", ".join(row.title for row in FORMATS)


def supported_extensions() -> tuple[str, ...]:
    """Endings of the names of files that can be read."""
    return tuple(extension for row in FORMATS for extension in row.extensions)


def read_register(
    name: str,
    data: bytes,
    *,
    types: Mapping[str, OrganisationType],
    legal_forms: Collection[str] = (),
    territory: Territory | None = None,
    existing: Sequence[Participant] = (),
    mapping: Mapping[str, str] | None = None,
    default_crs: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
    mending: Mending = NOTHING,
    progress: Progress | None = None,
) -> ReadResult:
    """Read a register from a file.

    Args:
        name: the file's name as the user knows it; never opened.
        data: its content.
        types: the classification, code -> type.
        legal_forms: abbreviations of legal forms, split from names written together with them.
        territory: what the organisations are expected to be in or near; without it, swapped and far points
            cannot be found.
        existing: the register as it is, for updates and stable ids.
        mapping: heading -> field (:func:`geoservice.register.columns.known_fields`; "" keeps a column as
            extra) where the headings alone do not say it.
        default_crs: CRS of x/y columns where the file names none, such as ``EPSG:32639``.
        limits: what is accepted at most.
        mending: cells read in place of the file's own, and rows left out.
        progress: is told the share that is done, from 0 to 1.

    Returns:
        Participants taken, changes to the register, and the report:
        ``read == taken + rejected + left_out``.

    Raises:
        UnreadableFileError: the file as a whole cannot be read.
        LimitExceededError: it exceeds a limit.
        CrsError: a GIS file without or with a wrong CRS, or ``default_crs`` is unknown.
        InvalidInputError: the mapping is wrong.
    """
    check_size(data, limits)
    if default_crs:
        parse_crs(default_crs)
    index = TypeIndex(types)
    source = detect(name, data).read(Request(name, data, index, mapping, limits, mending))
    kept, left_out = mended_records(source.records, mending)
    source = replace(source, records=kept, problems=(*source.problems, *left_out))
    return settle(name, source, index, legal_forms, territory, existing, default_crs, progress)


def settle(
    name: str,
    source: Source,
    index: TypeIndex,
    legal_forms: Collection[str],
    territory: Territory | None,
    existing: Sequence[Participant],
    default_crs: str | None = None,
    progress: Progress | None = None,
) -> ReadResult:
    """Check what a reader has found: the way of every organisation into the register."""
    names = Names.of(source.columns)
    context = Context(index, LegalForms(legal_forms), names)
    drafts = []
    for record in source.records:
        drafts.append(interpret(record, context))
        if progress and not len(drafts) % _TELL_EVERY:
            progress(_CELLS_READ * len(drafts) / len(source.records))
    places = Places(context, source.columns, default_crs)
    places.read(drafts)
    if progress:
        progress(_PLACES_READ)
    if territory is not None:
        places.check_territory(drafts, territory)
    identities = Identities(existing, names)
    identities.settle(drafts)
    if progress:
        progress(_WHO_IS_WHO)
    return _result(name, source, drafts, identities)


def _result(name: str, source: Source, drafts: Sequence[Draft], identities: Identities) -> ReadResult:
    present = {column.field for column in source.columns if column.field}
    participants, changes, rows = [], [], {}
    for draft in drafts:
        if draft.record.rejected:
            kept = [p for p in draft.record.problems if p.code not in _SAID_OF_TAKEN]
            draft.record.problems[:] = kept
            continue
        old = identities.replaces.get(draft.record.row)
        participant = _merged(draft, old, present, identities.names) if old else Participant(**draft.data)
        participants.append(participant)
        rows[participant.id] = draft.record.row
        if participant != old:
            changes.append(Change("put", participant.id, participant))
    problems = list(source.problems) + [problem for draft in drafts for problem in draft.record.problems]
    if not drafts:
        problems.append(Problem("no_organisations", severity="warning"))
    problems.sort(key=lambda problem: problem.row or 0)
    left_out = sum(problem.code == "left_out" for problem in source.problems)
    report = ImportReport(
        file=strip_hidden(name)[:200],
        read=len(drafts) + left_out,
        left_out=left_out,
        taken=len(participants),
        rejected=len(drafts) - len(participants),
        problems=tuple(problems),
        columns={c.heading: "" if c.field == DERIVED else c.field for c in source.columns},
    )
    return ReadResult(tuple(participants), report, tuple(changes), source.cells, rows)


#: Fields that a column of another name fills.
_FILLED_BY: Mapping[str, frozenset[str]] = {
    "name": frozenset({"full_name"}),
    "legal_form": frozenset({"full_name", "name"}),
    "marks": frozenset({"founder", "final_producer"}),
}


def _merged(draft: Draft, old: Participant, present: Collection[str], names: Names) -> Participant:
    """The participant of the register with what the file says of it.

    A field that the file has no column for keeps its value; coordinates are never erased by empty cells,
    because the form of the register has none and they were set by hand.
    """
    data: dict[str, Any] = dict(draft.data)
    for field_name in _FIELDS:
        told = field_name in present or bool(_FILLED_BY.get(field_name, frozenset()) & set(present))
        if field_name in data and (told or field_name in ("id", "organisation_type", *_COORDINATES)):
            continue
        if not told or (
            field_name == "legal_form" and "legal_form" not in present and not data.get("legal_form")
        ):
            data[field_name] = getattr(old, field_name)
    if "longitude" not in draft.data:
        for field_name in _COORDINATES:
            data[field_name] = getattr(old, field_name)
        if old.placed:
            draft.record.problems = [p for p in draft.record.problems if p.code != "no_coordinates"]
            draft.problem("coordinates_kept", names("latitude", "coordinates", "x"), "", "note")
    data["extra"] = {**old.extra, **draft.data.get("extra", {})}
    merged = replace(old, **{**_blank(present), **data})
    code = "unchanged" if merged == old else "updated"
    draft.problem(code, names("tax_number", "name", "full_name"), old.name, "note", id=old.id)
    return merged


def _blank(present: Collection[str]) -> dict[str, Any]:
    """Values of fields that the file has a column for: an empty cell empties the field."""
    return {name: value for name, value in _EMPTY.items() if name in present and name not in _COORDINATES}
