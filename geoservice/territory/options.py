"""The options of a check as a caller may give them: each with what it can be, refused by its name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from geoservice.errors import InvalidInputError
from geoservice.territory.rules import READINGS, ruleset
from geoservice.territory.verdict import Options

MAX_TOLERANCE_M = 50_000.0
#: More members than any cluster has; larger numbers do not fit into every reader of JSON.
MAX_COUNT = 1_000_000


def _refuse(name: str, value: Any, expected: str, **params: Any) -> NoReturn:
    raise InvalidInputError(f"territory.option_{expected}", name=name, value=value, **params)


def _metres(name: str, value: Any) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 <= value <= MAX_TOLERANCE_M:
        _refuse(name, value, "metres", limit=f"{MAX_TOLERANCE_M:g}")
    return float(value)


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        _refuse(name, value, "flag")
    return value


def _reading(name: str, value: Any) -> Any:
    if value not in READINGS:
        _refuse(name, value, "reading")
    return value


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_COUNT:
        _refuse(name, value, "count", limit=MAX_COUNT)
    return value


def _ruleset(name: str, value: Any) -> str:
    if not isinstance(value, str):
        _refuse(name, value, "ruleset")
    return ruleset(value).code


def _day(name: str, value: Any) -> dt.date:
    try:
        return dt.date.fromisoformat(value)
    except (TypeError, ValueError):
        _refuse(name, value, "date")


_OPTIONS: Mapping[str, Callable[[str, Any], Any]] = {
    "gap_m": _metres,
    "snap_m": _metres,
    "point_contact": _flag,
    "reading": _reading,
    "min_participants": _count,
    "ruleset": _ruleset,
    "as_of": _day,
    "accuracy_m": _metres,
}


def parse_options(data: Any) -> Options:
    """Read ``options``; absent ones and null are left to the ruleset.

    Raises:
        InvalidInputError: an option does not exist or has a value it cannot have.
        NotFoundError: no such ruleset.
    """
    if not isinstance(data, Mapping):
        raise InvalidInputError("territory.options_object")
    if unknown := [name for name in data if name not in _OPTIONS]:
        raise InvalidInputError("territory.option_unknown", name=unknown[0], known=", ".join(_OPTIONS))
    return Options(**{name: _OPTIONS[name](name, value) for name, value in data.items() if value is not None})
