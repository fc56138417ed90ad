"""How clusters and participants are written down: JSON, and WKB for the point. The same in every back end."""

from __future__ import annotations

import datetime as dt
import math
import struct
from collections.abc import Mapping
from typing import Any

import msgspec
import orjson

from geoservice.errors import InvalidInputError, StoreError
from geoservice.model import Cluster, Participant

#: A participant as kept: the JSON of all but its coordinates, and its point as WKB (EPSG:4326) or ``None``.
Encoded = tuple[bytes, bytes | None]

_POINT = struct.Struct("<BIdd")  # little endian, geometry type 1 (point), longitude, latitude
_LITTLE_ENDIAN, _WKB_POINT = 1, 1
_EMPTY: Mapping[str, Any] = {"extra": {}, "marks": ()}
#: Field -> default, for all fields that the JSON holds; a field at its default is left out.
_FIELDS: Mapping[str, Any] = {
    f.name: None if f.default is msgspec.NODEFAULT else f.default
    for f in msgspec.structs.fields(Participant)
    if f.name not in ("longitude", "latitude")
} | dict(_EMPTY)


def checked_text(value: str, what: str) -> str:
    """Return a text that every back end can keep as a key or a column.

    Raises:
        InvalidInputError: it holds a NUL or half of a surrogate pair; code "store.not_storable".
    """
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidInputError("store.not_storable", what=what, why=error.reason) from error
    if "\0" in value:
        raise InvalidInputError("store.not_storable", what=what, why="U+0000")
    return value


def dump(value: Any, what: str) -> bytes:
    """Write a value as JSON, its objects in the order given.

    Raises:
        InvalidInputError: JSON cannot hold it; code "store.not_storable".
    """
    try:
        return orjson.dumps(value)
    except TypeError as error:  # orjson's own error is one
        raise InvalidInputError("store.not_storable", what=what, why=str(error)) from error


def encode_point(longitude: float, latitude: float) -> bytes:
    """Write a point (degrees, EPSG:4326) as WKB."""
    return _POINT.pack(_LITTLE_ENDIAN, _WKB_POINT, longitude, latitude)


def decode_point(wkb: bytes) -> tuple[float, float]:
    """Read longitude and latitude from the WKB of a point, as :func:`encode_point` writes it."""
    _, _, longitude, latitude = _POINT.unpack(wkb)
    return longitude, latitude


def encode(participant: Participant) -> Encoded:
    """Write a participant down; :func:`decode` gives back an equal one, `extra` in its order.

    Raises:
        InvalidInputError: "store.coordinates" (one is missing or not finite) or "store.not_storable".
    """
    checked_text(participant.id, "id")
    values = {
        name: value for name, default in _FIELDS.items() if (value := getattr(participant, name)) != default
    }
    if "extra" in values:
        values["extra"] = dict(participant.extra)
    return dump(values, participant.id), _encode_place(participant)


def _encode_place(participant: Participant) -> bytes | None:
    longitude, latitude = participant.longitude, participant.latitude
    if longitude is None and latitude is None:
        return None
    if longitude is None or latitude is None or not (math.isfinite(longitude) and math.isfinite(latitude)):
        raise InvalidInputError(
            "store.coordinates", participant=participant.id, longitude=longitude, latitude=latitude
        )
    return encode_point(longitude, latitude)


def decode(document: bytes, geometry: bytes | None) -> Participant:
    """Read a participant.

    Raises:
        StoreError: the document is no participant; code "store.damaged_record".
    """
    try:
        values = orjson.loads(document)
        values["marks"] = tuple(values.get("marks", ()))
        if geometry is not None:
            _, _, values["longitude"], values["latitude"] = _POINT.unpack(geometry)
        return Participant(**values)
    except (ValueError, TypeError, AttributeError, struct.error) as error:
        raise StoreError("store.damaged_record", why=str(error)) from error


def encode_cluster(cluster: Cluster) -> bytes:
    """Write a cluster's description down, without its revision.

    Raises:
        InvalidInputError: code "store.not_storable".
    """
    checked_text(cluster.code, "code")
    values = {name: getattr(cluster, name) for name in cluster.__struct_fields__ if name != "revision"}
    values["title"], values["description"] = dict(cluster.title), dict(cluster.description)
    return dump(values, cluster.code)


def decode_cluster(document: bytes, revision: int) -> Cluster:
    """Read a cluster.

    Raises:
        StoreError: the document is no cluster; code "store.damaged_record".
    """
    try:
        values = orjson.loads(document)
        values["boundaries"] = tuple(values.get("boundaries", ()))
        return Cluster(**values, revision=revision)
    except (ValueError, TypeError, AttributeError) as error:
        raise StoreError("store.damaged_record", why=str(error)) from error


def utc_now() -> dt.datetime:
    """The moment, in UTC."""
    return dt.datetime.now(dt.UTC)


def encode_moment(moment: dt.datetime) -> str:
    """Write a moment so that texts sort as moments do: ISO 8601, UTC, microseconds.

    Raises:
        InvalidInputError: it has no time zone; code "store.moment_without_zone".
    """
    if moment.tzinfo is None:
        raise InvalidInputError("store.moment_without_zone", moment=moment.isoformat())
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds")
