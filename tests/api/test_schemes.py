"""Imports, schemes, concentration, export, layers and boundaries over HTTP."""

import io
import json
from urllib.parse import unquote

import geopandas as gpd
import numpy as np
import openapi_spec_validator
import pypdf
import pytest
import shapely
from fastapi.testclient import TestClient

from geoservice.export import FORMATS
from geoservice.model import LOCAL_OPERATOR
from tests.api.test_clusters import problem

DEMO = "/api/v1/clusters/abseron-kimya"
CSV = (
    "Adı;Təşkilatın növü;En dairəsi;Uzunluq dairəsi;VÖEN\n"
    "Birinci MMC;Kiçik istehsal müəssisəsi;40,59;49,66;9900000011\n"
    "İkinci MMC;Zavodcuq;40,60;49,67;9900000021\n"
)


@pytest.fixture
def cluster(client: TestClient) -> str:
    client.post("/api/v1/clusters", json={"code": "sinaq", "title": "Sınaq"})
    return "/api/v1/clusters/sinaq"


def upload(client: TestClient, cluster: str, text: str = CSV, query: str = "", name: str = "reyestr.csv"):
    return client.post(f"{cluster}/imports{query}", files={"file": (name, text.encode(), "text/csv")})


class TestImport:
    def test_the_report_accounts_for_each_row(self, client: TestClient, cluster: str) -> None:
        dry = upload(client, cluster, query="?dry_run=true").json()
        assert (dry["read"], dry["taken"], dry["rejected"], dry["dry_run"]) == (2, 1, 1, True)
        [error] = [p for p in dry["problems"] if p["severity"] == "error"]
        assert (error["row"], error["column"], error["value"]) == (3, "Təşkilatın növü", "Zavodcuq")
        assert error["message"] and error["code"]
        assert client.get(f"{cluster}/participants").json()["features"] == []
        assert client.get(f"{cluster}/imports").json() == []

        done = upload(client, cluster).json()
        assert {**done, "dry_run": True, "revision": 0} == dry
        assert done["revision"] == 1
        [feature] = client.get(f"{cluster}/participants").json()["features"]
        assert feature["id"] == "voen-9900000011"
        [kept] = client.get(f"{cluster}/imports").json()
        assert (kept["file"], kept["taken"]) == ("reyestr.csv", 1)

    def test_messages_come_in_the_language_asked_for(self, client: TestClient, cluster: str) -> None:
        texts = {
            upload(client, cluster, query=f"?dry_run=true&lang={lang}").text for lang in ("az", "en", "ru")
        }
        assert len(texts) == 3

    def test_a_second_import_updates_and_replace_removes(self, client: TestClient, cluster: str) -> None:
        upload(client, cluster)
        other = CSV.replace("9900000011", "9900000031").replace("Birinci", "Üçüncü")
        upload(client, cluster, other)
        assert len(client.get(f"{cluster}/participants").json()["features"]) == 2
        upload(client, cluster, other, "?replace=true")
        [feature] = client.get(f"{cluster}/participants").json()["features"]
        assert feature["properties"]["name"] == "Üçüncü"

    def test_a_file_that_is_none_is_refused(self, client: TestClient, cluster: str) -> None:
        answer = upload(client, cluster, "\x00\x01\x02", name="x.bin")
        assert answer.status_code == 422
        assert answer.json()["code"].startswith("register.error")

    def test_a_mapping_names_columns_that_are_not_recognised(self, client: TestClient, cluster: str) -> None:
        text = "Kim;Nədir;Hardadır\nA MMC;other;40,59 49,66\n"
        files = {"file": ("a.csv", text.encode(), "text/csv")}
        mapping = {"Kim": "name", "Nədir": "organisation_type", "Hardadır": "coordinates"}
        report = client.post(f"{cluster}/imports", files=files, data={"mapping": json.dumps(mapping)}).json()
        assert report["taken"] == 1, report
        problem(client.post(f"{cluster}/imports", files=files, data={"mapping": "[]"}), 422, "mapping_json")


class TestScheme:
    @pytest.mark.parametrize("lang", ["az", "en", "ru"])
    def test_the_map_is_a_page_without_foreign_addresses(self, demo_client: TestClient, lang: str) -> None:
        page = demo_client.get(f"{DEMO}/scheme.html?lang={lang}")
        assert page.status_code == 200
        assert f'lang="{lang}"' in page.text
        assert "cdn" not in page.text.lower()
        assert "nonce-" in page.headers["content-security-policy"]

    def test_the_map_can_be_one_file(self, demo_client: TestClient) -> None:
        page = demo_client.get(f"{DEMO}/scheme.html?inline=true")
        assert "attachment" in page.headers["content-disposition"]
        assert 'src="' not in page.text.split("<body", 1)[0]

    @pytest.mark.parametrize("lang", ["az", "en", "ru"])
    def test_the_sheet_names_everybody(self, demo_client: TestClient, lang: str) -> None:
        answer = demo_client.get(f"{DEMO}/scheme.pdf?lang={lang}")
        assert answer.headers["content-type"] == "application/pdf"
        pdf = pypdf.PdfReader(io.BytesIO(answer.content))
        width, height = sorted(float(side) * 25.4 / 72 for side in pdf.pages[0].mediabox[2:])
        assert (width, height) == pytest.approx((297, 420), abs=0.5)
        text = " ".join("".join(page.extract_text() for page in pdf.pages).split())
        for feature in demo_client.get(f"{DEMO}/participants").json()["features"]:
            name = feature["properties"]["name"].strip('“”"')
            assert name in text or name.replace(" ", "") in text.replace(" ", ""), name

    def test_the_same_sheet_is_not_made_twice(self, demo_client: TestClient) -> None:
        first = demo_client.get(f"{DEMO}/scheme.pdf")
        assert demo_client.get(f"{DEMO}/scheme.pdf").content == first.content
        etag = {"If-None-Match": first.headers["etag"]}
        assert demo_client.get(f"{DEMO}/scheme.pdf", headers=etag).status_code == 304

    def test_a_fixed_scale_is_kept_or_refused_by_name(self, demo_client: TestClient) -> None:
        answer = demo_client.get(f"{DEMO}/scheme.pdf?scale=500000")
        assert answer.headers["x-scheme-scale"] == "500000"
        refused = demo_client.get(f"{DEMO}/scheme.pdf?scale=5000&lang=en")
        assert refused.status_code == 422
        assert "MMC" in refused.json()["detail"] or "ASC" in refused.json()["detail"]

    def test_a_part_of_the_territory_lists_the_others_when_asked(self, demo_client: TestClient) -> None:
        part = "extent=49.5,40.4,49.75,40.7&lang=en"
        refused = demo_client.get(f"{DEMO}/scheme.pdf?{part}")
        assert refused.status_code == 422
        assert "beyond=list" in refused.json()["detail"]
        listed = demo_client.get(f"{DEMO}/scheme.pdf?{part}&beyond=list")
        assert listed.status_code == 200
        assert "7 organisations" in unquote(listed.headers["x-scheme-scale-reason"])

    def test_png_and_svg_come_by_the_same_road(self, demo_client: TestClient) -> None:
        assert demo_client.get(f"{DEMO}/scheme.png?dpi=50").content.startswith(b"\x89PNG")
        assert b"<svg" in demo_client.get(f"{DEMO}/scheme.svg").content[:300]

    def test_a_layer_has_the_opacity_asked_for(self, demo_client: TestClient) -> None:
        plain = demo_client.get(f"{DEMO}/scheme.svg").text
        faint = demo_client.get(f"{DEMO}/scheme.svg?opacity=sea:0.35,countries:1").text
        assert faint != plain
        again = demo_client.get(f"{DEMO}/scheme.svg?opacity=sea:0.350, countries:1").text
        assert again == faint

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ("paper=B5", "invalid_request"),
            ("template=nothing", "template_not_found"),
            ("extent=1,2", "box"),
            ("opacity=sea:0", "opacity"),
            ("opacity=sea:1.1", "opacity"),
            ("opacity=sea:nan", "opacity"),
            ("opacity=:0.5", "opacity"),
            ("opacity=sea", "opacity"),
            ("opacity=see:0.5", "layer_not_found"),
        ],
    )
    def test_what_cannot_be_done_is_said(self, demo_client: TestClient, query: str, code: str) -> None:
        assert demo_client.get(f"{DEMO}/scheme.pdf?{query}").json()["code"] == code


class TestConcentration:
    def test_the_first_demo_cluster_satisfies_and_the_second_does_not(self, demo_client: TestClient) -> None:
        first = demo_client.get(f"{DEMO}/concentration").json()
        assert (first["verdict"], first["satisfied"]) == ("bordering_regions", True)
        second = demo_client.get("/api/v1/clusters/simal-cenub/concentration").json()
        assert (second["verdict"], second["satisfied"]) == ("separated_regions", False)
        assert sum(region["count"] for region in first["regions"]) == 28
        assert all(reason["code"] and reason["clause"] and reason["text"] for reason in first["reasons"])

    def test_options_change_the_terms(self, demo_client: TestClient) -> None:
        answer = demo_client.get(f"{DEMO}/concentration?min_participants=29").json()
        assert answer["satisfied"] is False

    @pytest.mark.parametrize("lang", ["az", "en", "ru"])
    def test_it_speaks_the_language_asked_for(self, demo_client: TestClient, lang: str) -> None:
        sentence = demo_client.get(f"{DEMO}/concentration?lang={lang}").json()["sentence"]
        word = {"az": "rayonda", "en": "regions", "ru": "район"}[lang]
        assert word in sentence

    def test_data_may_come_with_the_request(self, client: TestClient) -> None:
        def square(code: str, west: float) -> dict:
            return {
                "type": "Feature", "properties": {"code": code, "name": code},
                "geometry": shapely.geometry.mapping(shapely.box(west, 40, west + 1, 41)),
            }  # fmt: skip

        def point(name: str, lon: float) -> dict:
            geometry = {"type": "Point", "coordinates": [lon, 40.5]}
            return {"type": "Feature", "id": name, "properties": {"name": name}, "geometry": geometry}

        points = [point(f"p{n}", 48.1 + n * 0.15) for n in range(12)]
        body = {
            "participants": {"type": "FeatureCollection", "features": points},
            "regions": {"type": "FeatureCollection", "features": [square("A", 48), square("B", 49)]},
        }
        answer = client.post("/api/v1/concentration", json=body)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert (found["verdict"], found["satisfied"]) == ("bordering_regions", True)
        assert [edge["kind"] for edge in found["edges"]] == ["line"]
        assert client.get("/api/v1/clusters").json() == []


@pytest.mark.parametrize("code", list(FORMATS))
def test_every_format_is_an_address(demo_client: TestClient, code: str) -> None:
    answer = demo_client.get(f"{DEMO}/export.{code}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == FORMATS[code].media_type
    assert f"abseron-kimya.{FORMATS[code].extension}" in answer.headers["content-disposition"]


def test_boundary_sets_are_listed_with_their_size(demo_client: TestClient) -> None:
    listed = {item["code"]: item for item in demo_client.get("/api/v1/boundaries").json()}
    assert listed["az-economic-regions"]["regions"] == 14
    assert listed["az-districts"]["level"] == "district"
    shown = demo_client.get("/api/v1/boundaries/az-economic-regions?lang=en").json()
    assert len(shown["features"]) == 14
    problem(demo_client.get("/api/v1/boundaries/sea"), 404, "boundaries_not_found")


class TestOwnLayers:
    @staticmethod
    def geopackage(geometry, **columns: object) -> bytes:
        stream = io.BytesIO()
        gpd.GeoDataFrame(columns, geometry=[geometry], crs="EPSG:32639").to_file(stream, driver="GPKG")
        return stream.getvalue()

    def test_a_line_layer_is_on_map_and_sheet_and_can_go(self, client: TestClient, cluster: str) -> None:
        upload(client, cluster)
        line = shapely.LineString([(380000, 4480000), (400000, 4500000)])
        body = self.geopackage(line, ad=["<b>Yol</b>"])
        form = {"id": "yollar", "title": "Sınaq yolları", "source": "Sınaq mənbəyi", "licence": "CC0"}
        made = client.post("/api/v1/layers", data=form, files={"file": ("yol.gpkg", body)})
        assert made.status_code == 201, made.text
        assert (made.json()["kind"], made.json()["own"]) == ("line", True)
        problem(
            client.post("/api/v1/layers", data=form, files={"file": ("y.gpkg", body)}), 409, "layer_exists"
        )
        page = client.get(f"{cluster}/scheme.html").text
        assert "Sınaq yolları" in page and "<b>Yol" not in page
        scene = client.app.state.service.scene(LOCAL_OPERATOR, "sinaq", "az")
        titles = [entry.title for group in scene.legend for entry in group.entries]
        assert "Sınaq yolları" in titles
        sheet = client.get(f"{cluster}/scheme.pdf?scale=500000")
        assert sheet.status_code == 200, sheet.text
        text = "".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(sheet.content)).pages)
        assert "Sınaq mənbəyi" in " ".join(text.split())
        assert client.delete("/api/v1/layers/yollar").status_code == 204
        assert "yollar" not in [layer["id"] for layer in client.get("/api/v1/layers").json()]

    def test_built_in_layers_stay(self, client: TestClient) -> None:
        problem(client.delete("/api/v1/layers/sea"), 403, "layer_built_in")

    def test_own_boundaries_are_used_and_kept_while_in_use(self, client: TestClient) -> None:
        square = shapely.box(380000, 4480000, 420000, 4520000)
        body = self.geopackage(square, kod=["K1"], ad=["Kvadrat"])
        form = {
            "code": "oz-sahe",
            "title": "Öz sahə",
            "level": "district",
            "code_field": "kod",
            "name_field": "ad",
        }
        made = client.post("/api/v1/boundaries", data=form, files={"file": ("s.gpkg", body)})
        assert made.status_code == 201, made.text
        assert made.json()["regions"] == 1
        values = {"code": "k", "title": "K", "boundaries": ["oz-sahe"]}
        assert client.post("/api/v1/clusters", json=values).status_code == 201
        upload(client, "/api/v1/clusters/k")
        [feature] = client.get("/api/v1/clusters/k/participants").json()["features"]
        assert feature["properties"]["region_name"] == "Kvadrat"
        problem(client.delete("/api/v1/boundaries/oz-sahe"), 409, "boundaries_in_use")

    def test_boundaries_with_a_code_used_twice_are_refused_whole(self, client: TestClient) -> None:
        stream = io.BytesIO()
        squares = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]
        gpd.GeoDataFrame({"kod": ["a", "a"]}, geometry=squares, crs=4326).to_file(stream, driver="GPKG")
        form = {"code": "x", "title": "X", "level": "district", "code_field": "kod"}
        answer = client.post("/api/v1/boundaries", data=form, files={"file": ("x.gpkg", stream.getvalue())})
        assert problem(answer, 422, "boundaries_wrong").invalid_params
        assert "x" not in [item["code"] for item in client.get("/api/v1/boundaries").json()]

    def test_boundaries_without_a_crs_are_refused(self, client: TestClient) -> None:
        stream = io.BytesIO()
        gpd.GeoDataFrame({"kod": ["a"]}, geometry=[shapely.box(0, 0, 1, 1)]).to_file(stream, driver="GPKG")
        form = {"code": "x", "title": "X", "level": "district"}
        answer = client.post("/api/v1/boundaries", data=form, files={"file": ("x.gpkg", stream.getvalue())})
        assert answer.status_code == 422
        assert "crs" in answer.json()["code"]


class TestOpenApi:
    def test_it_is_valid(self, demo_client: TestClient) -> None:
        openapi_spec_validator.validate(demo_client.get("/openapi.json").json())

    def test_it_promises_only_our_problems(self, demo_client: TestClient) -> None:
        assert "ValidationError" not in demo_client.get("/openapi.json").text

    def test_every_parameter_has_a_description_and_an_example(self, demo_client: TestClient) -> None:
        wanting = []
        for path, operations in demo_client.get("/openapi.json").json()["paths"].items():
            for method, operation in operations.items():
                assert operation.get("summary"), (method, path)
                for parameter in operation.get("parameters", ()):
                    told = {**parameter["schema"], **parameter}
                    if not (told.get("description") and ("example" in told or "examples" in told)):
                        wanting.append((method, path, parameter["name"]))
        assert wanting == []

    def test_its_page_asks_nobody_else(self, demo_client: TestClient) -> None:
        page = demo_client.get("/docs").text
        assert "//cdn" not in page and "https://" not in page.replace("https://www.w3.org", "")


def test_a_general_plan_lies_under_map_and_sheet(client: TestClient, cluster: str) -> None:
    upload(client, cluster)
    body = geotiff()
    form = {"id": "bas-plan", "title": "Baş plan", "opacity": "0.6", "source": "Sınaq", "licence": "CC0"}
    made = client.post("/api/v1/layers", data=form, files={"file": ("plan.tif", body)})
    assert made.status_code == 201, made.text
    assert made.json()["kind"] == "raster"
    page = client.get(f"{cluster}/scheme.html").text
    assert "data:image/png;base64," in page and "Baş plan" in page
    sheet = client.get(f"{cluster}/scheme.pdf")
    assert sheet.status_code == 200, sheet.text
    pages = pypdf.PdfReader(io.BytesIO(sheet.content)).pages
    assert "Baş plan" in "".join(page.extract_text() for page in pages)
    other = {**form, "id": "p2"}
    for wrong, code in ((geotiff(crs=None), "raster_crs"), (b"II*\x00 none", "raster")):
        refused = client.post("/api/v1/layers", data=other, files={"file": ("plan.tif", wrong)})
        assert refused.json()["code"] == f"register.error.{code}", refused.text


def geotiff(crs: str | None = "EPSG:32639") -> bytes:
    """A small coloured plan in the middle of Sumqayıt."""
    from rasterio.io import MemoryFile
    from rasterio.transform import from_origin

    pixels = np.zeros((3, 60, 80), dtype=np.uint8)
    pixels[0, 10:50, 10:70] = 200
    transform = from_origin(385_000, 4_497_000, 50, 50) if crs else None
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff", width=80, height=60, count=3, dtype="uint8", crs=crs, transform=transform
        ) as raster:
            raster.write(pixels)
        return memory.read()


def test_the_evidence_is_a_map_of_its_own(demo_client: TestClient) -> None:
    answer = demo_client.get(f"{DEMO}/concentration.geojson")
    assert answer.headers["content-type"] == "application/geo+json"
    kinds = {feature["properties"]["layer"] for feature in answer.json()["features"]}
    assert {"region", "edge"} <= kinds, kinds


@pytest.mark.parametrize("options", [[1], "metrics", 7, [["metrics", "full"]]])
def test_options_that_are_no_object_are_refused(client: TestClient, options: object) -> None:
    body = {"participants": {"type": "FeatureCollection", "features": []}, "boundaries": "az-districts"}
    answer = client.post("/api/v1/concentration", json={**body, "options": options})
    problem(answer, 422, "territory.options_object")


def test_region_totals_give_location_quotients(client: TestClient) -> None:
    point = {"type": "Point", "coordinates": [49.67, 40.59]}
    features = [{"type": "Feature", "id": n, "properties": {}, "geometry": point} for n in range(10)]
    body = {
        "participants": {"type": "FeatureCollection", "features": features},
        "boundaries": "az-districts",
        "options": {"region_totals": {"AZ-SM": 100, "AZ-BA": 900}},
    }
    found = client.post("/api/v1/concentration", json=body).json()
    assert found["verdict"] == "single_region"
    assert "location_quotient" in json.dumps(found["metrics"])
    body["options"]["region_totals"] = {"AZ-SM": -1}
    problem(client.post("/api/v1/concentration", json=body), 422, "region_totals")
