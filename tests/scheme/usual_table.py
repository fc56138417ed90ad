"""A table whose rows have two lines each, as most have, at any width."""

from geoservice.scheme.table_texts import TableRow, TableTexts


def usual(rows: int, headings: int = 0) -> TableTexts:
    return TableTexts((TableRow("“Zavod” MMC", note="qeyd"),) * rows, ("Təşkilatlar",) * headings)
