"""One organisation typed into a form or sent to the API, checked exactly as a row of a file is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from geoservice.model import OrganisationType, Participant
from geoservice.register.columns import Column
from geoservice.register.kinds import TypeIndex
from geoservice.register.reader import ReadResult, Source, settle
from geoservice.register.rows import Record, clean

if TYPE_CHECKING:
    from geoservice.register.territory_hint import Territory


def read_values(
    values: Mapping[str, str],
    *,
    types: Mapping[str, OrganisationType],
    legal_forms: Collection[str] = (),
    territory: Territory | None = None,
    existing: Sequence[Participant] = (),
) -> ReadResult:
    """Check one organisation.

    Args:
        values: field (see :func:`geoservice.register.columns.known_fields`) -> text as a person writes it;
            coordinates in any notation.
        types: the classification, code -> type.
        legal_forms: abbreviations of legal forms.
        territory: where the organisation is expected.
        existing: the register as it is; an organisation of the same id is changed, not added.

    Returns:
        As for a file of one row; a rejected one has an error among the report's problems.
    """
    columns = tuple(Column(place, name, name) for place, name in enumerate(values))
    record = Record(1, {})
    for name, value in values.items():
        if text := clean(value, 1, name, record.problems):
            record.values[name] = text
    source = Source(columns, [record])
    return settle("", source, TypeIndex(types), legal_forms, territory, existing)
