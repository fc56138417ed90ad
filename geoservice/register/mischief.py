"""What spreadsheets make of values before anybody reads them, told from what is left."""

from __future__ import annotations

import datetime as dt
import re

#: Short names of months, as spreadsheets in the three languages write them, without a point.
_MONTHS = (
    "yan|fev|mar|apr|may|iyn|iyun|iyl|iyul|avq|sen|okt|noy|dek"
    "|jan|feb|jun|jul|aug|sep|oct|nov|dec"
    "|янв|фев|мар|апр|май|мая|июн|июл|авг|сен|окт|ноя|дек"
)
_MONTH = rf"(?:{_MONTHS})[^\W\d_]*\.?"
_DATE = re.compile(
    r"(?:\d{1,2}[./-]\d{1,2}[./-](?:1[89]|20|21)\d\d|(?:1[89]|20|21)\d\d[./-]\d{1,2}[./-]\d{1,2})"
    r"(?:[T ]\d{1,2}:\d\d(?::\d\d)?)?"
    rf"|\d{{1,2}}[.\s/-]*{_MONTH}(?:[.\s/-]*\d{{2,4}})?"
    rf"|{_MONTH}[.\s/-]*\d{{2,4}}",
    re.IGNORECASE,
)
_DAYS = re.compile(r"\d{5}")
_FIRST_DAY, _LAST_DAY = 18_264, 54_789  # 1950 to 2049
_GROUPED = re.compile(r"-?\d{1,3}(?:([ .,'\u00a0\u202f])\d{3})(?:\1\d{3})+")
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?[eEеЕ][+]?\d{1,2}")


def is_date(text: str) -> bool:
    """Whether a text is a date: ``12.04.2040`` or ``Apr.40``, which 12.04 and 4.40 become when typed."""
    return _DATE.fullmatch(text.strip()) is not None


def day_of(number: str) -> str:
    """The day that a spreadsheet means by a number, ``46000``: ``09.12.2025``; "" if it is none near ours."""
    if not _DAYS.fullmatch(number) or not _FIRST_DAY <= int(number) <= _LAST_DAY:
        return ""
    return f"{dt.date(1899, 12, 30) + dt.timedelta(int(number)):%d.%m.%Y}"


def is_grouped(text: str) -> bool:
    """Whether a number has lost its decimal sign and been grouped by thousands: ``40.589.700``."""
    return _GROUPED.fullmatch(text.strip()) is not None


def is_rounded(text: str) -> bool:
    """Whether an identifier was cut to a few digits, ``1.4E+09``: which number it was, nobody can tell."""
    return _ROUNDED.fullmatch(text.strip()) is not None
