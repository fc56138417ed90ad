"""Empty registers for users to start from: XLSX with a list of types to choose from, and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from geoservice import i18n
from geoservice.model import OrganisationType

#: Columns of the template, in the order of the register's form (Appendix 6), then what the map needs.
TEMPLATE_FIELDS = (
    "number", "full_name", "marks", "organisation_type", "specialisation", "products", "legal_address",
    "actual_address", "website", "contacts", "representative", "agreement", "founding_documents",
    "state_registration", "tax_number", "employees", "latitude", "longitude",
)  # fmt: skip
_WIDTHS = {"number": 6, "full_name": 38, "organisation_type": 44, "legal_address": 36, "actual_address": 36}
_LAST_ROW = 2000
_TEXT_FIELDS = ("tax_number", "agreement", "state_registration", "contacts", "latitude", "longitude")
_HELP_KEYS = ("intro", "name", "type", "marks", "tax", "coordinates", "projected", "missing", "update")


def headings(lang: str) -> list[str]:
    """The template's headings in a language."""
    return [i18n.text(lang, f"register.field.{name}") for name in TEMPLATE_FIELDS]


def template_xlsx(lang: str, types: Mapping[str, OrganisationType]) -> bytes:
    """Make an empty register as a workbook: the table, a sheet of types for its drop-down list, instructions.

    Args:
        lang: az, en or ru.
        types: the classification; its titles are offered in the type column.
    """
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    sheet = book.active
    sheet.title = i18n.text(lang, "register.template.sheet")
    for index, (field, heading) in enumerate(zip(TEMPLATE_FIELDS, headings(lang), strict=True), start=1):
        cell = sheet.cell(1, index, heading)
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="1F4E5F")
        cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center")
        letter = get_column_letter(index)
        sheet.column_dimensions[letter].width = _WIDTHS.get(field, 20)
        if field in _TEXT_FIELDS:  # numbers keep their leading zeros and dates their words
            sheet.column_dimensions[letter].number_format = "@"
            for row in range(2, 202):
                sheet.cell(row, index).number_format = "@"
    sheet.row_dimensions[1].height = 45
    sheet.freeze_panes = "C2"
    listed = book.create_sheet(i18n.text(lang, "register.template.types_sheet"))
    for row, kind in enumerate(types.values(), start=1):
        listed.cell(row, 1, i18n.pick(kind.title, lang))
    listed.column_dimensions["A"].width = 80
    choice = DataValidation(
        "list",
        formula1=f"'{listed.title}'!$A$1:$A${max(1, len(types))}",
        allow_blank=True,
        showErrorMessage=True,
        errorTitle=i18n.text(lang, "register.template.type_error_title"),
        error=i18n.text(lang, "register.template.type_error"),
    )
    letter = get_column_letter(TEMPLATE_FIELDS.index("organisation_type") + 1)
    choice.add(f"{letter}2:{letter}{_LAST_ROW}")
    sheet.add_data_validation(choice)
    _instructions(book.create_sheet(i18n.text(lang, "register.template.help_sheet")), lang)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _instructions(sheet: object, lang: str) -> None:
    """One sheet of instructions, a paragraph to a row."""
    from openpyxl.styles import Alignment, Font
    from openpyxl.worksheet.worksheet import Worksheet

    assert isinstance(sheet, Worksheet)  # noqa: S101 - for the type checker: create_sheet made it
    sheet.column_dimensions["A"].width = 110
    for row, name in enumerate(_HELP_KEYS, start=1):
        cell = sheet.cell(row, 1, i18n.text(lang, f"register.template.help.{name}"))
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet["A1"].font = Font(bold=True)


def template_csv(lang: str) -> bytes:
    """Make an empty register as CSV: UTF-8 with a byte order mark and semicolons, as Excel here opens it."""
    stream = io.StringIO()
    csv.writer(stream, delimiter=";", lineterminator="\r\n").writerow(headings(lang))
    return stream.getvalue().encode("utf-8-sig")
