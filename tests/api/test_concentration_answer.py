"""The answer of a check over HTTP and from the command line: as described, with what was sent made use of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import shapely
from click.testing import CliRunner
from fastapi.testclient import TestClient

from geoservice.api.answers import ConcentrationAnswer
from geoservice.cli import main
from geoservice.cli.check import read_totals
from geoservice.errors import InvalidInputError
from tests.api.test_clusters import problem

URL = "/api/v1/concentration"
SHAPES = {
    "Wien": shapely.box(16, 48, 16.1, 48.1),
    "Linz": shapely.box(16.1, 48, 16.2, 48.1),
    "Graz": shapely.box(16.2, 48, 16.3, 48.1),
}
FIRMS = [("Wien", n) for n in (200, 650, 12000, 100, 50)]
FIRMS += [("Linz", n) for n in (16000, 13000, 1500, 1500)] + [("Graz", 25000)]


def collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": shapely.geometry.mapping(geometry), "properties": properties}


def body(**options: Any) -> dict[str, Any]:
    points = [
        {**feature(shapely.Point(SHAPES[code].centroid.x, 48.01 + k / 200), employees=staff), "id": str(k)}
        for k, (code, staff) in enumerate(FIRMS)
    ]
    regions = [feature(shape, code=code) for code, shape in SHAPES.items()]
    return {"participants": collection(points), "regions": collection(regions), "options": options}


@pytest.mark.parametrize("metrics", ["none", "basic", "full"])
@pytest.mark.parametrize("ruleset", ["az-appendix-13", "by-example"])
def test_the_answer_is_as_openapi_describes_it(client: TestClient, metrics: str, ruleset: str) -> None:
    answer = client.post(URL, json=body(metrics=metrics, ruleset=ruleset, accuracy_m=3000)).json()
    assert ConcentrationAnswer.model_validate(answer).model_dump(mode="json") == answer


def test_the_answers_on_clusters_are_described_too(demo_client: TestClient) -> None:
    codes = [one["code"] for one in demo_client.get("/api/v1/clusters").json()]
    assert len(codes) > 1
    for code in codes:
        url = f"/api/v1/clusters/{code}/concentration"
        answer = demo_client.get(url, params={"metrics": "full"}).json()
        assert ConcentrationAnswer.model_validate(answer).model_dump(mode="json") == answer


def test_openapi_holds_the_answer_of_both_routes(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    for path, method in (
        ("/api/v1/concentration", "post"),
        ("/api/v1/clusters/{cluster}/concentration", "get"),
    ):
        said = document["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"]
        assert said == {"$ref": "#/components/schemas/ConcentrationAnswer"}
    assert {"EdgeOut", "SensitivityOut", "MetricOut"} <= document["components"]["schemas"].keys()


def test_plant_sizes_and_totals_that_come_with_a_request_give_ellison_and_glaeser(client: TestClient) -> None:
    """Farhauer and Kroell (2014) as in REAT's documentation: 0.05990628."""
    totals = {"Wien": 500_000, "Linz": 400_000, "Graz": 100_000}
    found = client.post(URL, json=body(region_totals=totals)).json()["metrics"]
    assert found["ellison_glaeser"]["value"] == pytest.approx(0.05990628, abs=5e-7)
    assert found["location_quotient"]["value"] == {"Graz": 1.0, "Linz": 1.0, "Wien": 1.0}
    assert "ellison_glaeser" not in client.post(URL, json=body()).json()["metrics"]


def test_a_plant_size_that_is_none_is_refused_by_name(client: TestClient) -> None:
    sent = body()
    sent["participants"]["features"][3]["properties"] = {"name": "Zavod", "employees": "many"}
    answer = client.post(URL, json=sent, params={"lang": "en"})
    assert "Zavod" in problem(answer, 422, "territory.bad_employees").detail


def test_totals_as_parameters_of_an_address(demo_client: TestClient) -> None:
    code = demo_client.get("/api/v1/clusters").json()[0]["code"]
    url = f"/api/v1/clusters/{code}/concentration"
    regions = [one["code"] for one in demo_client.get(url).json()["regions"]]
    pairs = [("region_total", f"{region}:{100 * (k + 1)}") for k, region in enumerate(regions)]
    found = demo_client.get(url, params=pairs).json()["metrics"]
    assert found["location_quotient"]["value"].keys() == set(regions)
    answer = demo_client.get(url, params={"region_total": "AZ-BA"})
    assert problem(answer, 422, "region_totals")


def test_the_evidence_answers_the_same_options(demo_client: TestClient) -> None:
    code = demo_client.get("/api/v1/clusters").json()[0]["code"]
    url = f"/api/v1/clusters/{code}/concentration"
    options = {"point_contact": "true", "reading": "pairwise"}
    edges = demo_client.get(url, params=options).json()["edges"]
    drawn = [
        feature["properties"]
        for feature in demo_client.get(f"{url}.geojson", params=options).json()["features"]
        if feature["properties"]["layer"] == "edge"
    ]
    assert [{k: v for k, v in one.items() if k != "layer"} for one in drawn] == edges


CSV = "Ad;VÖEN;Növ;En dairəsi;Uzunluq;İşçilərin sayı\n" + "".join(
    f"Zavod {k};99000000{k:02};İri istehsal müəssisəsi;40,59;49,6{k};{300 + k}\n" for k in range(10)
)


def run(tmp_path: Path, *options: str) -> Any:
    (tmp_path / "reyestr.csv").write_text(CSV, "utf-8")
    command = ["check", str(tmp_path / "reyestr.csv"), "--data", str(tmp_path / "data"), "--lang", "en"]
    return CliRunner().invoke(main, [*command, *options])


def test_the_command_takes_options_totals_and_writes_the_evidence(tmp_path: Path) -> None:
    (tmp_path / "totals.csv").write_text("code,staff\nAZ-SM,310\nAZ-ABS,500\nAZ-BA,1200\n", "utf-8")
    found = run(
        tmp_path, "--json", "--metrics", "full", "--reading", "pairwise", "--min", "3", "--gap", "20",
        "--totals", str(tmp_path / "totals.csv"), "--evidence", str(tmp_path / "evidence.geojson"),
    )  # fmt: skip
    answer = json.loads(found.stdout)
    assert (answer["options"]["gap_m"], answer["options"]["reading"]) == (20.0, "pairwise")
    assert {"location_quotient", "ellison_glaeser", "moran", "hhi"} <= answer["metrics"].keys()
    shapes = json.loads((tmp_path / "evidence.geojson").read_text("utf-8"))
    assert {one["properties"]["layer"] for one in shapes["features"]} >= {
        "region",
        "component",
        "participant",
    }


def test_the_command_tells_requirements_and_figures_in_words(tmp_path: Path) -> None:
    found = run(tmp_path, "--metrics", "basic")
    assert found.stdout.count("not shown") == 7
    assert "Herfindahl–Hirschman index: " in found.stdout
    assert "Standard distance: " in found.stdout
    assert "Herfindahl" not in run(tmp_path).stdout


@pytest.mark.parametrize(
    ("text", "totals"),
    [
        ('{"AZ-BA": 12}', {"AZ-BA": 12}),
        ("AZ-BA,12\n", {"AZ-BA": 12.0}),
        ("kod;yekun\nAZ-BA;1 200,5\n\nAZ-SM;3\n", {"AZ-BA": 1200.5, "AZ-SM": 3.0}),
    ],
)
def test_totals_are_read_from_json_and_csv(tmp_path: Path, text: str, totals: dict[str, float]) -> None:
    (tmp_path / "totals").write_text(text, "utf-8")
    assert read_totals(tmp_path / "totals") == totals


@pytest.mark.parametrize("text", ["", "{", "a\nb\nc\n", "AZ-BA,x\nAZ-SM,y\n"])
def test_totals_that_are_none_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "totals").write_text(text, "utf-8")
    with pytest.raises(InvalidInputError):
        read_totals(tmp_path / "totals")
