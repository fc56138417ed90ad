from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from register_files import csv_bytes, saved, xlsx_bytes

from geoservice import i18n
from geoservice.catalog import Catalog
from geoservice.model import LANGUAGES, REGISTER_FIELDS, Participant
from geoservice.register import columns
from geoservice.register.template import TEMPLATE_FIELDS, headings, template_csv, template_xlsx


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_template_is_read_back(read, catalog: Catalog, lang: str) -> None:
    data = template_xlsx(lang, catalog.types)
    empty = read(data, "şablon.xlsx")
    assert (empty.report.read, set(empty.report.columns.values())) == (0, set(TEMPLATE_FIELDS))
    book = load_workbook(io.BytesIO(data))
    sheet = book.worksheets[0]
    (choice,) = sheet.data_validations.dataValidation
    assert "organisation_type" in TEMPLATE_FIELDS and choice.type == "list"
    listed = [cell.value for cell in book.worksheets[1]["A"]]
    assert listed == [i18n.pick(kind.title, lang) for kind in catalog.types.values()]
    values = {
        "full_name": "“Alfa” MMC",
        "organisation_type": listed[-1],
        "tax_number": "0123456789",
        "latitude": "40,5",
        "longitude": "49,5",
    }
    for index, field in enumerate(TEMPLATE_FIELDS, start=1):
        sheet.cell(2, index).value = values.get(field)
    (alfa,) = read(saved(book), "reyestr.xlsx").participants
    assert (alfa.legal_form, alfa.organisation_type, alfa.tax_number) == ("MMC", "other", "0123456789")
    assert read(template_csv(lang), "şablon.csv").report.columns == dict(
        zip(headings(lang), TEMPLATE_FIELDS, strict=True)
    )


def test_every_field_has_its_label_as_a_heading() -> None:
    assert set(REGISTER_FIELDS) <= set(columns.known_fields())
    for field in columns.known_fields():
        assert columns.match(field) == (field, False)
        for lang in LANGUAGES:
            label = i18n.text(lang, f"register.field.{field}")
            assert columns.match(label) == (field, False), label
            assert columns.match(i18n.lower(label, lang).upper()) == (field, False), label


TEXT = st.text(
    alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn")),
    max_size=20,
).filter(lambda text: not text.lstrip("'").startswith("="))  # openpyxl would write it as a formula


@given(
    name=TEXT.filter(lambda t: any(c.isalnum() for c in t)),
    address=TEXT,
    lat=st.floats(38.5, 41.8),
    lon=st.floats(45, 50.5),
    staff=st.one_of(st.none(), st.integers(0, 10_000)),
    as_xlsx=st.booleans(),
)
def test_what_was_read_and_written_is_read_again(read, name, address, lat, lon, staff, as_xlsx) -> None:
    lat, lon = round(lat, 6), round(lon, 6)
    fields = ("id", *REGISTER_FIELDS)
    source = [name, "MMC", "finance", address, str(lat), str(lon), "" if staff is None else str(staff)]
    first = read(
        csv_bytes([["Ad", "Hüquqi forma", "Növ", "Hüquqi ünvan", "Enlik", "Uzunluq", "İşçi sayı"], source])
    )
    if first.report.rejected or not first.participants:  # a name of the kind «Cəmi» or «____»
        return
    (one,) = first.participants
    assert (one.latitude, one.longitude, one.employees) == (lat, lon, staff)

    def cell(participant: Participant, field: str) -> object:
        value = getattr(participant, field)
        return ", ".join(value) if isinstance(value, tuple) else value

    rows = [fields, [cell(one, field) for field in fields]]
    written = [[("" if v is None else v) for v in row] for row in rows]
    again = read(xlsx_bytes(written), "a.xlsx") if as_xlsx else read(csv_bytes(written))
    assert again.participants == (one,)
