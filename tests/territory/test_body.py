"""The JSON of a request: coordinates are counted as text; what has no end is refused before it is built."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoservice.errors import GeometryError, LimitExceededError
from geoservice.territory import body as reading
from geoservice.territory import contract
from geoservice.territory.body import Coordinates, read_body
from geoservice.territory.contract import parse_request

POINT = {"type": "Feature", "id": "a", "geometry": {"type": "Point", "coordinates": [0.5, 0.5]}}


def request(coordinates: str, kind: str = "Polygon") -> bytes:
    regions = (
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"code": "AZ-9"}, '
        f'"geometry": {{"type": "{kind}", "coordinates" : {coordinates}}}}}]}}'
    )
    points = json.dumps({"type": "FeatureCollection", "features": [POINT]})
    return f'{{"participants": {points}, "regions": {regions}}}'.encode()


SQUARE = "[[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]"

NUMBER = st.floats(-180, 180, allow_nan=False) | st.integers(-9, 9)
NESTED = st.recursive(st.lists(NUMBER, min_size=1, max_size=3), lambda inner: st.lists(inner, max_size=4))


def positions(value: object) -> int:
    """Innermost lists."""
    if not isinstance(value, list):
        return 0
    return sum(map(positions, value)) if any(isinstance(part, list) for part in value) else 1


@settings(max_examples=80, deadline=None)
@given(NESTED, st.sampled_from([None, 1]))
def test_positions_are_counted_and_the_text_is_what_came(value, indent):
    data = json.dumps({"regions": {"features": [{"geometry": {"coordinates": value}}]}}, indent=indent)
    held = read_body(data.encode())["regions"]["features"][0]["geometry"]["coordinates"]
    assert isinstance(held, Coordinates)
    assert json.loads(bytes(held)) == value
    assert held.positions == positions(value)


def test_positions_are_counted_over_the_edges_of_pieces(monkeypatch):
    monkeypatch.setattr(reading, "_CHUNK", 7)
    held = read_body(request(SQUARE))["regions"]["features"][0]["geometry"]["coordinates"]
    assert held.positions == 5


@pytest.mark.parametrize(
    "data",
    [
        '{"a": "say \\"coordinates\\": [1, 2", "b": [3]}',
        '{"coordinates": [1, {"coordinates": "]"}], "b": ["x]"]}',
        '{"properties": {"coordinates": ["a", null, "[["]}}',
        '\ufeff{"a": 1}',
    ],
)
def test_only_geometries_of_features_are_left_as_text(data):
    text = data.removeprefix("\ufeff")
    read = read_body(data.encode())
    assert read.keys() == json.loads(text).keys()
    assert not any(isinstance(value, Coordinates) for value in read.values())


@pytest.mark.parametrize(
    "data", [b"", b"{", b'{"coordinates": [', b'{"coordinates": [1}', b"\xff", b'{"a": NaN}']
)
def test_no_json_is_no_json(data):
    with pytest.raises(json.JSONDecodeError):
        read_body(data)


def test_a_request_is_read_as_from_lists():
    assert parse_request(read_body(request(SQUARE))).regions.codes == ("AZ-9",)


@pytest.mark.parametrize(
    "coordinates", ['[[["0", 0], [1, 0]]]', "[[[NaN, 0], [1, 0]]]", "[[[0, 0], null]]", "[1, 2]"]
)
def test_coordinates_that_are_none_are_refused_by_the_name_of_the_feature(coordinates):
    with pytest.raises(GeometryError) as caught:
        parse_request(read_body(request(coordinates)))
    assert caught.value.code == "territory.bad_geometry"
    assert caught.value.params["feature"] == "AZ-9"


def test_ten_million_vertices_are_refused_by_name_within_little_memory():
    """Eight bytes each: as lists they would need a gigabyte and a half."""
    data = request("[[" + "[1, 2], " * 10_000_000 + "[1, 2]]]")
    tracemalloc.start()
    with pytest.raises(LimitExceededError, match="AZ-9"):
        parse_request(read_body(data))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * 1024 * 1024


def test_what_has_no_end_beside_coordinates_is_refused(monkeypatch):
    monkeypatch.setattr(reading, "MAX_VALUES", 1000)
    monkeypatch.setattr(reading, "MAX_LISTS", 100)
    for data in (
        b'{"junk": [' + b"[], " * 1000 + b"1]}",
        b"[" + b'{"coordinates": [1]}, ' * 200 + b"1]",
        b'{"coordinates": [' * 50 + b'"a", ' + b"[" * 2000,
    ):
        with pytest.raises(LimitExceededError) as caught:
            read_body(data)
        assert caught.value.code == "territory.too_many_values"


@pytest.mark.parametrize("start", ["[0.5, 0.5", '["' + "ə" * 40 + '"', '[ "' + "ə" * 40 + '"'])
def test_a_point_of_endless_coordinates_is_refused_by_name(start):
    """Where the text is cut may be in the middle of a letter."""
    data = request(SQUARE).replace(b"[0.5, 0.5]", start.encode() + b", 1" * 1000 + b"]")
    with pytest.raises(GeometryError) as caught:
        parse_request(read_body(data))
    assert caught.value.params["feature"] == "a"


def test_the_limit_counts_all_regions_together(monkeypatch):
    monkeypatch.setattr(contract, "MAX_VERTICES", 4)
    with pytest.raises(LimitExceededError):
        parse_request(read_body(request(SQUARE)))
