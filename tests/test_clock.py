"""Which day it is, is told by the clock of one place."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from geoservice.errors import InvalidInputError
from geoservice.service import GeoService
from geoservice.service.clock import Clock
from geoservice.service.core import Options
from geoservice.store.memory import MemoryStore
from tests.conftest import client_of

NIGHT = dt.datetime(2026, 11, 22, 21, 30, tzinfo=dt.UTC)  # half past one in Bakı


def test_after_midnight_it_is_the_next_day_here() -> None:
    assert Clock(now=lambda: NIGHT).today() == dt.date(2026, 11, 23)
    assert Clock("Europe/Minsk", lambda: NIGHT).today() == dt.date(2026, 11, 23)
    assert Clock("UTC", lambda: NIGHT).today() == dt.date(2026, 11, 22)


def test_a_day_ends_at_midnight_here() -> None:
    end = Clock(now=lambda: NIGHT).end_of_day("2026-11-21")
    assert end is not None
    assert end.date() == dt.date(2026, 11, 21)
    assert end.astimezone(dt.UTC).isoformat(timespec="seconds") == "2026-11-21T19:59:59+00:00"
    assert Clock().end_of_day("") is None


def test_a_day_that_has_come_somewhere_is_known() -> None:
    clock = Clock("UTC", lambda: NIGHT)
    assert clock.end_of_day("2026-11-23") is not None
    with pytest.raises(InvalidInputError) as caught:
        clock.end_of_day("2026-11-24")
    assert caught.value.code == "date_to_come"


@pytest.mark.parametrize("zone", ["Asia/Baki", "", "../../etc/passwd", "/etc/localtime", "UTC\0"])
def test_an_unknown_zone_is_named(zone: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Clock(zone)
    assert (caught.value.code, caught.value.params["value"]) == ("time_zone", zone)


def test_histories_and_sheets_tell_the_time_of_the_place(tmp_path: Path) -> None:
    night = MemoryStore(now=lambda: NIGHT)
    service = GeoService(night, Options(data=tmp_path))
    service.clock = Clock(now=lambda: NIGHT)
    client = client_of(service)
    client.post("/api/v1/clusters", json={"code": "gece", "title": {"az": "Gecə"}})
    body = {"name": "Növbə", "organisation_type": "other", "longitude": 49.6, "latitude": 40.6}
    assert client.post("/api/v1/clusters/gece/participants", json=body).status_code == 201
    page = client.get("/clusters/gece").text
    assert "23.11.2026, 01:30" in page
    assert "22.11.2026" not in page
    assert client.get("/api/v1/clusters/gece/concentration").json()["as_of"] == "2026-11-23"
    earlier = client.get("/api/v1/clusters/gece/participants?as_of=2026-11-22").json()
    assert earlier["features"] == []
