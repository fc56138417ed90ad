"""The JSON of a request, read without building its coordinates: they stay text until they have been counted.

A position is some twenty bytes of text and ten times that as Python objects, so that a body of 50 MB would
need most of a gigabyte before its vertices could be counted. Here coordinates are cut out of the text first.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np

from geoservice.errors import LimitExceededError

#: Values (objects, lists and what they hold) beside the coordinates; 100,000 features have about a million.
MAX_VALUES = 4_000_000
MAX_LISTS = 250_000  # of coordinates: 100,000 participants, 20,000 regions, and as many again
_CHUNK = 1 << 22
_SPACE = b" \t\r\n"
_KEY = re.compile(rb'(?<!\\)"coordinates"[ \t\r\n]*:[ \t\r\n]*(?=\[)')
_NUMBERS = re.compile(rb"[\[\]0-9eE+\-., \t\r\n]*")
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]]', re.DOTALL)
_BOM = b"\xef\xbb\xbf"


class Coordinates:
    """The ``coordinates`` of a geometry, as the text they came in."""

    def __init__(self, text: memoryview) -> None:
        self.text = text

    def __len__(self) -> int:
        return len(self.text)

    def __bytes__(self) -> bytes:
        return bytes(self.text)

    @cached_property
    def positions(self) -> int:
        """How many positions (innermost lists) there are; nothing is built to count them."""
        found, last = 0, b""
        for at in range(0, len(self.text), _CHUNK):
            part = last + bytes(self.text[at : at + _CHUNK]).translate(None, _SPACE)
            signs = np.frombuffer(part, dtype=np.uint8)
            found += int(np.count_nonzero((signs[:-1] == ord("[")) & (signs[1:] != ord("["))))
            last = part[-1:]
        return found


def read_body(data: bytes) -> Any:
    """Parse a request's JSON; the coordinates of its features' geometries are :class:`Coordinates`.

    Raises:
        ValueError: it is no JSON (orjson.JSONDecodeError).
        LimitExceededError: it holds too much beside coordinates ("territory.too_many_values").
    """
    import orjson

    data = data.removeprefix(_BOM)
    mark = secrets.token_hex(8)
    held: list[Coordinates] = []
    pieces: list[bytes | memoryview] = []
    whole, at = memoryview(data), 0
    for start, end in _coordinates(data):
        if len(held) > MAX_LISTS:
            raise LimitExceededError("territory.too_many_values", count=len(held), limit=MAX_LISTS)
        pieces += [whole[at:start], f'"{mark}:{len(held)}"'.encode()]
        held.append(Coordinates(whole[start:end]))
        at = end
    rest = b"".join([*pieces, whole[at:]])
    values = sum(rest.count(sign) for sign in (b"[", b"{", b","))
    if values > MAX_VALUES:
        raise LimitExceededError("territory.too_many_values", count=values, limit=MAX_VALUES)
    body = orjson.loads(rest)
    named = {f"{mark}:{place}": text for place, text in enumerate(held)}
    for geometry in _geometries(body):
        given = geometry.get("coordinates")
        if isinstance(given, str) and given in named:
            geometry["coordinates"] = named[given]
    return body


def _coordinates(data: bytes) -> Iterator[tuple[int, int]]:
    """Where the lists begin and end that are called coordinates."""
    at = 0
    while key := _KEY.search(data, at):
        start = key.end()
        end = _end_of_numbers(data, start) or _end_of_list(data, start)
        yield start, end
        at = end


def _end_of_numbers(data: bytes, start: int) -> int:
    """The end of a list of numbers and lists, 0 if it holds anything else."""
    run = _NUMBERS.match(data, start)
    end = data.rfind(b"]", start, run.end() if run else start) + 1
    return end if end and data.count(b"[", start, end) == data.count(b"]", start, end) else 0


def _end_of_list(data: bytes, start: int) -> int:
    """The end of any list, brackets in its texts passed over; the end of the data if it is not closed."""
    depth = 0
    for seen, token in enumerate(_TOKEN.finditer(data, start)):
        if seen > MAX_VALUES:
            raise LimitExceededError("territory.too_many_values", count=seen, limit=MAX_VALUES)
        sign = token[0]
        depth += (sign == b"[") - (sign == b"]")
        if depth == 0:
            return token.end()
    return len(data)


def _geometries(body: Any) -> Iterator[dict[str, Any]]:
    """The geometries of the features of all collections of a body."""
    for collection in body.values() if isinstance(body, dict) else ():
        features = collection.get("features") if isinstance(collection, dict) else None
        for feature in features if isinstance(features, list) else ():
            geometry = feature.get("geometry") if isinstance(feature, dict) else None
            if isinstance(geometry, dict):
                yield geometry
