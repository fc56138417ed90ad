"""Registers that LibreOffice has saved as OpenDocument."""

from __future__ import annotations

import io
import zipfile
from html import escape

import pytest
from register_files import HEADINGS, KIND, codes, problem

from geoservice.errors import LimitExceededError, UnreadableFileError
from geoservice.register.limits import Limits

KINDS = "urn:oasis:names:tc:opendocument:xmlns:{0}:1.0"
SPACES = " ".join(f'xmlns:{name}="{KINDS.format(name)}"' for name in ("office", "table", "text"))
SPACES += ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
MIMETYPE = b"application/vnd.oasis.opendocument.spreadsheet"
HEAD = '<?xml version="1.0"?>'
EMPTY_ROWS = (
    '<table:table-row table:number-rows-repeated="{0}">'
    '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
)


def cell(value: object, attributes: str = "") -> str:
    if value is None:
        return "<table:table-cell/>"
    kind = f'office:value-type="float" office:value="{value}"' if isinstance(value, float) else ""
    kind = kind or 'office:value-type="string"'
    return f"<table:table-cell {kind} {attributes}><text:p>{escape(str(value))}</text:p></table:table-cell>"


def row(*cells: object, attributes: str = "") -> str:
    made = "".join(c if isinstance(c, str) and c.startswith("<") else cell(c) for c in cells)
    return f"<table:table-row {attributes}>{made}</table:table-row>"


def document(*rows: str, head: str = "", columns: str = "", manifest: bytes = b"<x/>") -> bytes:
    table = f'<table:table table:name="Reyestr">{columns}{"".join(rows)}</table:table>'
    body = f"<office:body><office:spreadsheet>{table}</office:spreadsheet></office:body>"
    text = f"{head or HEAD}<office:document-content {SPACES}>{body}</office:document-content>"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", MIMETYPE)
        archive.writestr("content.xml", text)
        archive.writestr("META-INF/manifest.xml", manifest)
    return stream.getvalue()


def test_merged_headings_groups_and_repeated_rows(read) -> None:
    data = document(
        row(cell("REYESTR", 'table:number-columns-spanned="5"'), "<table:covered-table-cell/>"),
        EMPTY_ROWS.format(2),
        row(
            cell("Ad", 'table:number-rows-spanned="2"'),
            cell("VÖEN", 'table:number-rows-spanned="2"'),
            cell("Ünvan", 'table:number-columns-spanned="2"'),
            "<table:covered-table-cell/>",
            cell("Koordinatlar", 'table:number-columns-spanned="2"'),
        ),
        row(*["<table:covered-table-cell/>"] * 2, "hüquqi", "faktiki", "enlik", "uzunluq"),
        row("İri istehsal müəssisələri"),
        row("“Alfa” ASC", 1700123456.0, "Bakı", "Sumqayıt", 40.5897, "49°40'07\""),
        EMPTY_ROWS.format(1_048_000),
    )
    (alfa,) = read(data, "a.ods").participants
    assert (alfa.name, alfa.legal_form, alfa.organisation_type) == ("“Alfa”", "ASC", "large_enterprise")
    assert (alfa.tax_number, alfa.legal_address, alfa.actual_address) == ("1700123456", "Bakı", "Sumqayıt")
    assert (alfa.latitude, alfa.longitude) == (40.5897, pytest.approx(49.668611, abs=1e-6))


def test_what_a_sheet_holds_back_is_named(read) -> None:
    failed = (
        '<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value=""'
        ' calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>'
    )
    duration = (
        '<table:table-cell office:value-type="time" office:time-value="PT49H40M07S">'
        "<text:p>49:40:07</text:p></table:table-cell>"
    )
    data = document(
        row(*HEADINGS),
        EMPTY_ROWS.format(2),
        row("Alfa", KIND, failed, "40:35:22", duration),
        row(
            "Beta", KIND, '<table:table-cell table:formula="of:=A1"/>', attributes='table:visibility="filter"'
        ),
        columns='<table:table-column table:number-columns-repeated="2"/>'
        '<table:table-column table:visibility="collapse"/>',
    )
    result = read(data, "a.ods")
    alfa, _ = result.participants
    assert (alfa.latitude, alfa.longitude) == (
        pytest.approx(40.589444, abs=1e-6), pytest.approx(49.668611, abs=1e-6),
    )  # fmt: skip
    assert (problem(result, "formula_error")["row"], problem(result, "formula_error")["column"]) == (
        4,
        "VÖEN",
    )
    assert problem(result, "formula_without_value")["value"] == "C5"
    assert problem(result, "rows_hidden")["value"] == "5"
    assert problem(result, "columns_hidden")["value"] == "VÖEN"


def test_a_filled_cell_that_is_repeated_without_end_is_refused(read) -> None:
    wide = cell("x", 'table:number-columns-repeated="16384"')
    for rows in ((row(wide),), (row("x", attributes='table:number-rows-repeated="1048576"'),)):
        with pytest.raises(LimitExceededError):
            read(document(row(*HEADINGS), *rows), "a.ods", limits=Limits(rows=1000))
    with pytest.raises(UnreadableFileError):
        read(document(row(*HEADINGS), row("x", attributes='table:number-rows-repeated="-1"')), "a.ods")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (document(row(*HEADINGS), head=f"{HEAD}<!DOCTYPE x [<!ENTITY a 'b'>]>"), "workbook_xml"),
        (document(row(*HEADINGS), manifest=b"<manifest:encryption-data/>"), "encrypted"),
        (document("<unclosed>"), "workbook_damaged"),
        (document(row(*HEADINGS), head="<?xml version='1.0' encoding='UTF-e'?>"), "workbook_damaged"),
        (document(), "no_rows"),
    ],
)
def test_what_is_no_register_is_refused(read, data: bytes, code: str) -> None:
    with pytest.raises(UnreadableFileError) as caught:
        read(data, "a.ods")
    assert caught.value.code == f"register.error.{code}"


def test_many_rows(read) -> None:
    rows = [row(f"Şirkət {i}", KIND, 1700000000.0 + i, 40.5, 48.5 + i / 1e5) for i in range(5000)]
    result = read(document(row(*HEADINGS), *rows), "böyük.ods")
    assert (result.report.taken, codes(result)) == (5000, [])
