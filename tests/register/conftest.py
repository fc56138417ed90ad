"""What the tests of the register share: types, legal forms, a territory, and a shorthand for reading."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import pytest
from hypothesis import settings
from shapely.geometry import box

from geoservice.catalog import Catalog
from geoservice.register.reader import ReadResult, read_register
from geoservice.register.territory_hint import Territory

settings.register_profile("register", deadline=None)
settings.load_profile("register")

Read = Callable[..., ReadResult]


@pytest.fixture(scope="session")
def territory() -> Territory:
    """A box about the size and place of Azerbaijan."""
    frame = gpd.GeoDataFrame(geometry=[box(44.8, 38.4, 47.5, 41.9), box(47.5, 38.4, 50.6, 41.9)], crs=4326)
    return Territory.from_frames([frame])


@pytest.fixture(scope="session")
def read(catalog: Catalog, territory: Territory) -> Read:
    forms = [a.form for a in catalog.abbreviations if a.kind == "legal_form"]

    def _read(data: bytes, name: str = "reyestr.csv", **options: Any) -> ReadResult:
        given = {"types": catalog.types, "legal_forms": forms, "territory": territory, **options}
        result = read_register(name, data, **given)
        report = result.report
        assert report.read == report.taken + report.rejected
        assert report.taken == len(result.participants)
        assert len({p.id for p in result.participants}) == report.taken
        rejecting = {p.row for p in report.problems if p.severity == "error"}
        assert len(rejecting) == report.rejected
        for lang in ("az", "en", "ru"):
            assert all(problem["message"] for problem in report.as_dict(lang)["problems"])
        return result

    return _read
