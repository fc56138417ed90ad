"""The table of a cluster's organisations: searched and sorted over all rows, shown in pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field

from geoservice import i18n
from geoservice.api.dependencies import Acting, ClusterCode, Language, Service
from geoservice.api.pages_data import Overview, Part, Row, overview, part
from geoservice.api.pages_html import PageRoute, page

router = APIRouter(include_in_schema=False, route_class=PageRoute)
ROWS_ON_A_PAGE = 500
COLUMNS = ("number", "name", "type", "specialisation", "region", "address", "site")
SORTABLE = COLUMNS[:-1]


class TableQuery(BaseModel):
    """What of the table is wanted; ``at`` asks for the page on which an organisation stands."""

    model_config = ConfigDict(extra="ignore")

    q: str = Field("", max_length=200)
    sort: str = Field("number", max_length=20)
    down: bool = False
    page: int = Field(1, ge=1)
    at: str = Field("", max_length=200)


class TableRequest(TableQuery):
    """The same from the page's script: ``ids`` are those that the map shows."""

    ids: list[str] | None = Field(None, max_length=200_000)


class Table(Struct, frozen=True):
    """A page of the table, and what it was asked by."""

    part: Part
    query: TableQuery
    all: int

    def sorted(self, column: str) -> str:
        """The value of aria-sort for a column, "" if it is not sorted by it."""
        if column != self.query.sort:
            return ""
        return "descending" if self.query.down else "ascending"


def table_of(item: Overview, query: TableQuery, ids: Sequence[str] | None = None) -> Table:
    """Search, sort and cut the rows of a cluster."""
    words = i18n.fold(query.q).split()
    wanted = None if ids is None else set(ids)
    rows = [
        row
        for row, text in zip(item.rows, item.folded, strict=True)
        if all(word in text for word in words) and (wanted is None or row.member.id in wanted)
    ]
    if query.sort in SORTABLE[1:]:
        rows.sort(key=lambda row: i18n.sort_key(cell(row, query.sort)))
    if query.down:
        rows.reverse()
    number = query.page
    if query.at:
        place = next((n for n, row in enumerate(rows) if row.member.id == query.at), 0)
        number = place // ROWS_ON_A_PAGE + 1
    return Table(part(rows, number, ROWS_ON_A_PAGE), query, len(item.rows))


def cell(row: Row, column: str) -> str:
    """The text of a column by which rows are sorted."""
    member = row.member
    return {
        "name": member.name,
        "type": member.type_title,
        "specialisation": member.specialisation,
        "region": member.region_name,
        "address": member.fields.get("actual_address", ""),
    }[column]


@router.post("/clusters/{cluster}/rows")
def rows(
    request: Request,
    cluster: ClusterCode,
    body: TableRequest,
    service: Service,
    acting: Acting,
    language: Language,
) -> Response:
    """A page of the table for the page's script; a POST because the map's choice may be long."""
    item = overview(service, acting, cluster, language)
    table = table_of(item, body, body.ids)
    return page(request, "table_rows.html", language, acting, item=item, table=table)


Asked = Annotated[TableQuery, Query()]
