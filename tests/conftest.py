"""Fixtures that all areas share: the catalogue, services with and without the demo, HTTP clients."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.service import GeoService, demo
from geoservice.service.core import Options
from geoservice.settings import Settings
from geoservice.store.memory import MemoryStore


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog()


@pytest.fixture(scope="session")
def demo_service() -> GeoService:
    """The demo clusters; only to be read."""
    service = GeoService(MemoryStore())
    demo.load(service)
    return service


@pytest.fixture
def service(tmp_path: Path) -> GeoService:
    """An empty service with a data folder, for whatever a test does to it."""
    return GeoService(MemoryStore(), Options(data=tmp_path / "data"))


def client_of(service: GeoService, **settings: object) -> TestClient:
    app = create_app(service, Settings(**settings))
    return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)


@pytest.fixture(scope="session")
def demo_client(demo_service: GeoService) -> Iterator[TestClient]:
    """HTTP over the demo clusters; only to be read."""
    with client_of(demo_service) as client:
        yield client


@pytest.fixture
def client(service: GeoService) -> Iterator[TestClient]:
    """HTTP over an empty service."""
    with client_of(service) as client:
        yield client
