"""Files made to do harm: each is refused with a reason, or read as plain text."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from register_files import (
    GOOD,
    HEADINGS,
    KIND,
    codes,
    csv_bytes,
    gis_bytes,
    saved,
    table,
    unzipped,
    xlsx_bytes,
    zipped,
)
from shapely.geometry import Point

from geoservice import i18n
from geoservice.catalog import Catalog
from geoservice.errors import GeoserviceError, LimitExceededError, UnreadableFileError
from geoservice.model import LANGUAGES
from geoservice.register import sniff
from geoservice.register.limits import Limits, unpack
from geoservice.register.reader import read_register


def refused(read, data: bytes, name: str, **options: object) -> str:
    with pytest.raises(GeoserviceError) as caught:
        read(data, name, **options)
    for lang in LANGUAGES:
        assert i18n.message(caught.value, lang)
    return caught.value.code


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.csv", b"", "register.error.empty_file"),
        ("a.pdf", b"%PDF-1.7 ...", "register.error.save_as.pdf"),
        ("a.xlsx", b"%PDF-1.7 ...", "register.error.save_as.pdf"),
        ("a.xls", b"<html><table><tr><td>Ad</td></tr></table></html>", "register.error.save_as.html"),
        ("a.xls", b"\n<TABLE border=1><tr><td>Ad</td></tr></TABLE>", "register.error.save_as.html"),
        ("a.xls", b"MIME-Version: 1.0\nContent-Type: multipart/related\n", "register.error.save_as.html"),
        ("a.csv", bytes(range(32)) * 50, "register.error.not_text"),
        ("a.csv", b"\x00" * 500, "register.error.not_text"),
        ("a.csv", b"\n\n \n", "register.error.no_rows"),
        ("a.csv", "salam\ndünya\n".encode(), "register.error.no_headings"),
        ("a.zip", b"PK\x03\x04 broken", "register.error.archive_damaged"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "register.error.workbook_damaged"),
        ("a.gpkg", b"SQLite format 3\x00" + b"x" * 600, "register.error.gis_damaged"),
        ("a.json", b'{"type": "FeatureCollection", ', "register.error.json"),
        ("a.json", b'{"a": ' * 100_000, "register.error.json"),
        ("a.json", b'{"type": "Topology", "objects": {}}', "register.error.not_geojson"),
    ],
)
def test_no_register(read, name: str, data: bytes, code: str) -> None:
    assert refused(read, data, name) == code


def test_names_of_files_are_never_opened(read, tmp_path: Path) -> None:
    secret = tmp_path / "gizli.csv"
    secret.write_bytes(table(GOOD))
    for name in (
        str(secret),
        f"/vsizip/{secret}",
        "/vsicurl/http://127.0.0.1:1/x.zip",
        "../../a.csv",
        "CON",
        "a\x00.csv",
    ):
        assert read(table(["Beta", KIND, "", "", ""]), name).participants[0].name == "Beta"


def bomb(megabytes: int) -> bytes:
    members = unzipped(xlsx_bytes([HEADINGS, GOOD]))
    return zipped({**members, "xl/media/image.bin": bytes(megabytes * 1024 * 1024)})


def test_a_zip_bomb_is_stopped_while_it_unpacks(read) -> None:
    data = bomb(64)
    assert len(data) < 200_000
    limits = Limits(unpacked_bytes=8 * 1024 * 1024)
    assert refused(read, data, "a.xlsx", limits=limits) == "register.error.archive_too_large"


def test_a_zip_that_lies_about_its_sizes_is_refused(read) -> None:
    data = bytearray(bomb(64))
    entry = data.rindex(b"PK\x01\x02")  # the directory's last entry: the image
    struct.pack_into("<I", data, entry + 24, 100)
    assert refused(read, bytes(data), "a.xlsx", limits=Limits(unpacked_bytes=8 * 1024 * 1024)) in (
        "register.error.archive_too_large",
        "register.error.archive_damaged",
    )


@pytest.mark.parametrize("member", ["../../etc/cron.d/x.shp", "/etc/passwd.shp", "..\\..\\x.shp", "C:/x.shp"])
def test_paths_that_lead_out_of_an_archive(read, member: str) -> None:
    assert refused(read, zipped({member: b"x", "a.dbf": b"x"}), "a.zip") == "register.error.archive_path"


@pytest.mark.parametrize("name", [b"", b"\x00.dbf"])
def test_a_file_without_a_name_in_an_archive(read, name: bytes) -> None:
    """Python itself stumbles over such a name when it asks whether it is that of a folder."""
    packed = zipped({"n.dbf": b"x"})
    where = packed.rindex(b"n.dbf")  # in the directory at the end
    header = where - 46
    data = bytearray(packed.replace(b"n.dbf", name) if name else packed)
    if name:
        assert data.count(name) == 2
    else:
        data[header + 28 : header + 30] = b"\x00\x00"
        data[header + 30 : header + 32] = b"\x05\x00"  # the letters stay, as a further field
    assert refused(read, bytes(data), "a.zip") == "register.error.archive_damaged"


def test_encrypted_doubled_and_too_many_members(read) -> None:
    with pytest.raises(LimitExceededError):
        unpack(zipped({f"{i}.txt": b"" for i in range(20)}), Limits(members=10))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive, pytest.warns(UserWarning):
        archive.writestr("a.shp", b"1")
        archive.writestr("a.shp", b"2")
    with pytest.raises(UnreadableFileError):
        unpack(stream.getvalue(), Limits())
    locked = bytearray(zipped({"a.shp": b"1"}))
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(UnreadableFileError) as caught:
        unpack(bytes(locked), Limits())
    assert caught.value.code == "register.error.encrypted"


def test_the_one_member_that_tells_a_format_is_not_trusted_either(read, monkeypatch) -> None:
    document = zipped({"mimetype": bytes(4 * 1024 * 1024), "content.xml": b"<x/>"})
    monkeypatch.setattr(sniff, "DEFAULT_LIMITS", Limits(unpacked_bytes=1024 * 1024))
    assert refused(read, document, "a.ods") == "register.error.archive_too_large"
    locked = bytearray(zipped({"mimetype": b"application/x", "content.xml": b"<x/>"}))
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    assert refused(read, bytes(locked), "a.ods") == "register.error.encrypted"
    strange = bytearray(zipped({"mimetype": b"application/x", "content.xml": b"<x/>"}))
    strange[strange.index(b"PK\x01\x02") + 10] = 99  # a way to compress that there is not
    assert refused(read, bytes(strange), "a.ods") == "register.error.archive_damaged"


@pytest.mark.parametrize("part", ["xl/styles.xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_xml_entities_have_no_place_in_a_workbook(read, part: str) -> None:
    laughs = b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;">]>'
    members = unzipped(xlsx_bytes([HEADINGS, GOOD]))
    members[part] = laughs + members[part].removeprefix(b'<?xml version="1.0"?>')
    assert refused(read, zipped(members), "a.xlsx") == "register.error.workbook_xml"


@pytest.mark.parametrize(
    ("cell", "code"),
    [("A1048576", "too_many_rows"), ("XFD2", "too_many_columns"), ("XFD1048576", "too_many_rows")],
)
def test_a_cell_at_the_end_of_the_world(read, cell: str, code: str) -> None:
    book = Workbook()
    for row in (HEADINGS, GOOD):
        book.active.append(row)
    book.active[cell] = "x"
    assert refused(read, saved(book), "a.xlsx") == f"register.error.{code}"


def test_formatted_but_empty_rows_at_the_end_do_no_harm(read) -> None:
    members = unzipped(xlsx_bytes([HEADINGS, GOOD]))
    sheet = members["xl/worksheets/sheet1.xml"]
    far = b'<row r="1048576" ht="15"><c r="XFD1048576" s="0" /></row></sheetData>'
    members["xl/worksheets/sheet1.xml"] = sheet.replace(b"</sheetData>", far)
    assert read(zipped(members), "a.xlsx").report.taken == 1


@pytest.mark.parametrize("above", [0, 3])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_limit_of_rows_counts_organisations(read, form: str, above: int) -> None:
    def file(organisations: int) -> bytes:
        rows = [*[["Sənaye klasteri"]] * above, HEADINGS, *[GOOD] * organisations]
        return csv_bytes(rows) if form == "csv" else xlsx_bytes(rows)

    limits = Limits(rows=10)
    assert read(file(10), f"a.{form}", limits=limits).report.read == 10
    assert refused(read, file(11), f"a.{form}", limits=limits) == "register.error.too_many_rows"


def test_limits(read) -> None:
    assert (
        refused(read, table(*[GOOD] * 20), "a.csv", limits=Limits(rows=10)) == "register.error.too_many_rows"
    )
    assert refused(read, table(GOOD), "a.csv", limits=Limits(columns=3)) == "register.error.too_many_columns"
    assert (
        refused(read, table(GOOD), "a.csv", limits=Limits(file_bytes=10)) == "register.error.file_too_large"
    )
    frame = gpd.GeoDataFrame({"name": list("abc")}, geometry=[Point(49, 40)] * 3, crs=4326)
    assert (
        refused(read, frame.to_json().encode(), "a.json", limits=Limits(features=2))
        == "register.error.too_many_features"
    )
    wide = table(GOOD, [*GOOD, "x" * 200_000])
    assert refused(read, wide, "a.csv") == "register.error.csv_quote"


def test_a_tab_file_that_points_to_other_files(read, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"name": ["a"]}, geometry=[Point(49, 40)], crs=4326)
    members = unzipped(gis_bytes(frame, tmp_path, "MapInfo File", ".tab"))
    members["layer.tab"] = (
        b'!table\n!version 100\n\nOpen Table "/etc/hosts.tab" Hide\nCreate View layer As Select * From x\n'
    )
    assert refused(read, zipped(members), "a.zip") == "register.error.tab_kind"


def test_texts_that_other_programs_would_run_stay_texts(read) -> None:
    evil = [
        "=cmd|' /C calc'!A0",
        "<script>alert(1)</script>",
        "{{ 7*7 }}",
        "'; DROP TABLE x; --",
        "%s{0}{value}",
    ]
    result = read(table(*[[name, KIND, f"170012345{i}", "", ""] for i, name in enumerate(evil)]))
    assert [p.name for p in result.participants] == evil
    braces = read(table(["{0.__class__}", "{value.__class__} {x}", "", "", "{y}"]))
    assert braces.report.rejected == 1 and "{value.__class__} {x}" in braces.report.problems[0].message(
        "az"
    ) + braces.report.problems[1].message("az")


def test_direction_overrides_cannot_hide_a_name(read) -> None:
    result = read(table(["\u202eazabA\u202c\u2066\u200f\u0007", KIND, "", "", ""]))
    assert result.participants[0].name == "azabA" and "hidden_characters" in codes(result)


@settings(max_examples=60)
@given(data=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_any_bytes_are_read_or_refused(catalog: Catalog, data: bytes) -> None:
    for name in ("a.csv", "a.xlsx", "a.geojson"):
        try:
            read_register(name, data, types=catalog.types)
        except GeoserviceError as error:
            assert error.code.startswith("register.error.")


@settings(max_examples=60)
@given(rows=st.lists(st.lists(st.text(max_size=20), min_size=5, max_size=5), max_size=12))
def test_any_table_is_accounted_for(read, rows: list[list[str]]) -> None:
    try:
        result = read(table(*rows))
    except UnreadableFileError:
        return
    assert result.report.read <= len(rows)


#: Made once: a workbook holds the time of its making, and so is not always of the same length.
WORKBOOK = xlsx_bytes([HEADINGS, GOOD])


@settings(max_examples=30)
@given(data=st.data())
def test_a_damaged_workbook_is_read_or_refused(catalog: Catalog, data: st.DataObject) -> None:
    content = bytearray(WORKBOOK)
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_register("a.xlsx", bytes(content), types=catalog.types)
    except GeoserviceError as error:
        assert error.code.startswith("register.error.")
