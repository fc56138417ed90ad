"""A register as an office keeps it: title rows, merged headings, group rows, coordinates of every kind."""

from __future__ import annotations

from pathlib import Path

from openpyxl import Workbook

#: What is wrong on purpose, by row of the sheet.
UNREADABLE_ROW, SWAPPED_ROW, UNPLACED_ROW = 12, 16, 17
TAKEN_AT_LEAST = 9


def write_register(path: Path) -> None:
    """Write the workbook; rows are counted as the office sees them."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Reyestr"
    sheet.append(["“Gəncəçay” sənaye klasterinin iştirakçılarının və infrastruktur obyektlərinin reyestri"])
    sheet.merge_cells("A1:H1")
    sheet.append([])
    sheet.append(
        [
            "№",
            "Təşkilati-hüquqi forması və ADI",
            "Qeyd",
            "İxtisaslaşma",
            "Faktiki ünvan",
            "Koordinatlar",
            None,
            "VÖEN",
        ]
    )
    sheet.append([None, None, None, None, None, "En dairəsi", "Uzunluq dairəsi", None])
    sheet.merge_cells("F3:G3")
    for column in "ABCDEH":
        sheet.merge_cells(f"{column}3:{column}4")
    rows = [
        ["İri istehsal müəssisəsi (işçilərin sayı 250-dən çox)"],
        [1, "“Birinci Alüminium” ASC", "İT, MSB", "Alüminium", "Gəncə ş.", "40,6828", "46,3606", 9900000101],
        [2, "“İkinci Tökmə” QSC", "", "Tökmə", "Gəncə ş.", "40°41'10\"", "46°21'30\"", 9900000102],
        [3, "Üçüncü Məftil MMC", "MSB", "Məftil", "Gəncə ş.", 40.6901, 46.3702, "9900000103"],
        ["Kiçik istehsal müəssisəsi (100-ə qədər)"],
        [4, "Dördüncü Qab MMC", "", "Qablaşdırma", "Gəncə ş.", "40.6750 N", "46.3555 E", "9900000104"],
        [5, "Beşinci Emal MMC", "", "Emal", "Samux r.", "40° 45.90'", "46° 24.20'", "9900000105"],
        [6, "Altıncı MMC", "FB", "Naməlum qeyd", "Gəncə ş.", "səhv", "46,36", "9900000106"],
        ["Ali təhsil müəssisəsi"],
        [7, "Texnologiya Universiteti", "", "Kadr hazırlığı", "Gəncə ş.", "40,6770", "46,3650", "9900000107"],
        ["Maliyyə-kredit təşkilatı"],
        [8, "Nümunə Bank ASC", "", "Kreditlər", "Gəncə ş.", "46,3630", "40,6800", "9900000108"],
        [9, "Sığorta Mərkəzi QSC", "", "Sığorta", "Gəncə ş.", None, None, "9900000109"],
        [10, "Lizinq Evi MMC", "", "Lizinq", "Gəncə ş.", "40,6812", "46,3671", "9900000110"],
        [11, "Onuncu Audit MMC", "", "Audit", "Göygöl r.", "40,5870", "46,3160", "9900000111"],
        ["Sənaye klasterinin ixtisaslaşdırılmış təşkilatının rəhbəri ______ (imza) ______ (SAA)"],
    ]
    for row in rows:
        sheet.append(row)
        if len(row) == 1:
            sheet.merge_cells(start_row=sheet.max_row, start_column=1, end_row=sheet.max_row, end_column=8)
    book.save(path)
