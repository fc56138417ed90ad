from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
from register_files import KIND, codes, gis_bytes, unzipped, zipped
from shapely.geometry import LineString, MultiPoint, Point, Polygon, box

from geoservice.errors import CrsError, GeometryError, InvalidInputError, UnreadableFileError
from geoservice.register.vector import read_boundaries, read_layer

FORMATS = [
    ("GeoJSON", ".geojson"),
    ("GPKG", ".gpkg"),
    ("ESRI Shapefile", ".shp"),
    ("MapInfo File", ".tab"),
    ("MapInfo File", ".mif"),
]
NAMES = {".geojson": "a.geojson", ".gpkg": "a.gpkg"}


def points(crs: int = 4326) -> gpd.GeoDataFrame:
    data = {
        "Ad": ["Əla MMC", "Beta"],
        "Növ": [KIND, "finance"],
        "VÖEN": ["0700123456", "1700123457"],
        "Qeyd": ["İT", None],
    }
    return gpd.GeoDataFrame(data, geometry=[Point(49.6686, 40.5897), Point(49.5, 40.5)], crs=4326).to_crs(crs)


def squares(**columns: list[object]) -> gpd.GeoDataFrame:
    data = {"code": ["A", "B"], "name_az": ["Abşeron", "Bakı"], **columns}
    return gpd.GeoDataFrame(data, geometry=[box(49, 40, 49.5, 40.5), box(49.5, 40, 50, 40.5)], crs=4326)


@pytest.mark.parametrize(("driver", "suffix"), FORMATS)
@pytest.mark.parametrize("crs", [4326, 32639])
def test_points_of_every_format(read, tmp_path: Path, driver: str, suffix: str, crs: int) -> None:
    if suffix == ".geojson":
        crs = 4326  # RFC 7946
    frame = points(crs)
    if driver == "MapInfo File":  # its column names hold no Azerbaijani letters
        frame = frame.rename(columns={"Növ": "Nov", "VÖEN": "VOEN"})
    data = gis_bytes(frame, tmp_path, driver, suffix, encoding="UTF-8")
    result = read(data, NAMES.get(suffix, "a.zip"))
    ela, beta = result.participants
    assert (ela.name, ela.legal_form, ela.tax_number, ela.marks) == ("Əla", "MMC", "0700123456", ("founder",))
    assert (ela.longitude, ela.latitude) == (
        pytest.approx(49.6686, abs=2e-6),
        pytest.approx(40.5897, abs=2e-6),
    )
    assert beta.organisation_type == "finance" and codes(result, "error") == []


def russian() -> gpd.GeoDataFrame:
    data = {
        "Название": ["Сумгаитская химия", "Бакинский цемент"],
        "Тип": ["Финансово-кредитная организация"] * 2,
        "Адрес": ["ул. Низами", "пр. Азадлыг"],
    }
    return gpd.GeoDataFrame(data, geometry=[Point(49.6686, 40.5897), Point(49.5, 40.5)], crs=4326)


@pytest.mark.parametrize(("driver", "suffix"), FORMATS[2:])
def test_windows_1251_that_no_part_of_the_file_names(read, tmp_path: Path, driver: str, suffix: str) -> None:
    members = unzipped(gis_bytes(russian(), tmp_path, driver, suffix, encoding="cp1251"))
    members = {name: content for name, content in members.items() if not name.endswith(".cpg")}
    if suffix == ".shp":
        dbf = bytearray(members["layer.dbf"])
        dbf[29] = 0  # the language byte says nothing either
        members["layer.dbf"] = bytes(dbf)
    (first, _) = read(zipped(members), "a.zip").participants
    assert (first.name, first.organisation_type) == ("Сумгаитская химия", "finance")
    assert first.actual_address == "ул. Низами"


def test_kinds_of_geometries(read, tmp_path: Path) -> None:
    shapes = [
        Point(49.5, 40.5),
        MultiPoint([(49.6, 40.6)]),
        MultiPoint([(1, 2), (3, 4)]),
        box(49, 40, 50, 41),
        None,
    ]
    frame = gpd.GeoDataFrame({"name": list("ABCDE"), "type": ["finance"] * 5}, geometry=shapes, crs=4326)
    result = read(gis_bytes(frame, tmp_path, "GeoJSON", ".geojson"), "a.geojson")
    assert [p.name for p in result.participants] == ["A", "B", "E"]
    assert codes(result) == ["geometry_not_point", "geometry_not_point", "no_coordinates"]
    assert [p.value for p in result.report.problems[:2]] == ["C", "D"]
    assert [p.row for p in result.report.problems] == [3, 4, 5]


def test_lists_and_nested_extra_of_our_own_geojson(read) -> None:
    properties = {
        "id": "k-1",
        "name": "Alfa",
        "organisation_type": "finance",
        "marks": ["founder", "final_producer"],
        "employees": 12,
        "extra": {"Sertifikat": "ISO"},
        "coordinates_as_written": "40,5; 49,5",
    }
    feature = {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Point", "coordinates": [49.5, 40.5]},
    }
    data = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    (alfa,) = read(data, "a.json").participants
    assert (alfa.id, alfa.marks, alfa.employees) == ("k-1", ("founder", "final_producer"), 12)
    assert alfa.extra == {"Sertifikat": "ISO"} and alfa.coordinates_as_written == "40,5; 49,5"


def test_geojson_with_latitude_first_is_corrected_and_named(read) -> None:
    feature = {
        "type": "Feature",
        "properties": {"name": "A", "type": "finance"},
        "geometry": {"type": "Point", "coordinates": [40.5, 49.5]},
    }
    result = read(json.dumps({"type": "FeatureCollection", "features": [feature]}).encode(), "a.geojson")
    assert (result.participants[0].latitude, codes(result)) == (40.5, ["coordinates_swapped"])


def test_a_missing_crs_is_an_error(read, tmp_path: Path) -> None:
    members = unzipped(gis_bytes(points(), tmp_path / "shp", "ESRI Shapefile", ".shp"))
    without = zipped({name: content for name, content in members.items() if not name.endswith(".prj")})
    with pytest.raises(CrsError) as caught:
        read(without, "a.zip")
    assert caught.value.code == "register.error.crs_missing_prj"
    bare = points().set_crs(None, allow_override=True)
    with pytest.raises(CrsError) as caught:
        read_boundaries("a.gpkg", gis_bytes(bare, tmp_path / "gpkg", "GPKG", ".gpkg"))
    assert caught.value.code == "register.error.crs_missing"


def test_geojson_in_metres_looks_projected(read) -> None:
    feature = {
        "type": "Feature",
        "properties": {"name": "A", "type": "finance"},
        "geometry": {"type": "Point", "coordinates": [387385.6, 4493123.4]},
    }
    with pytest.raises(CrsError) as caught:
        read(json.dumps({"type": "FeatureCollection", "features": [feature]}).encode(), "a.geojson")
    assert caught.value.code == "register.error.crs_looks_projected"


def among_others(feature: object) -> bytes:
    """Three good features with another one as the third row."""
    features: list[object] = [
        {
            "type": "Feature",
            "properties": {"name": name, "type": "finance"},
            "geometry": {"type": "Point", "coordinates": [49.5, 40.5]},
        }
        for name in "ABC"
    ]
    features.insert(2, feature)
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


NAN, INFINITE = float("nan"), float("inf")
RING = [[49, 40], [50, 40], [50, 400], [49, 40]]


@pytest.mark.parametrize(
    ("geometry", "code"),
    [
        ({"type": "Point", "coordinates": [49, 95]}, "coordinate_outside_world"),
        ({"type": "Point", "coordinates": [49, -90.5]}, "coordinate_outside_world"),
        ({"type": "Point", "coordinates": [387385.6, 4493123.4]}, "coordinate_outside_world"),
        ({"type": "MultiPoint", "coordinates": [[400, 40]]}, "coordinate_outside_world"),
        ({"type": "Point", "coordinates": [NAN, 40]}, "geometry_unreadable"),
        ({"type": "Point", "coordinates": [NAN, NAN]}, "geometry_unreadable"),
        ({"type": "Point", "coordinates": [49, INFINITE]}, "geometry_unreadable"),
        ({"type": "Point", "coordinates": [1e308, 1e308]}, "geometry_unreadable"),
        ({"type": "Point", "coordinates": [10**400, 40]}, "geometry_unreadable"),
        ({"type": "Pont", "coordinates": [49, 40]}, "geometry_unreadable"),
        ({"coordinates": [49, 40]}, "geometry_unreadable"),
        ([49, 40], "geometry_unreadable"),
        ({"type": "MultiPoint", "coordinates": [["x", 40]]}, "geometry_unreadable"),
        ({"type": "MultiPoint", "coordinates": 49}, "geometry_unreadable"),
        ({"type": "LineString", "coordinates": "49 40, 50 41"}, "geometry_unreadable"),
        ({"type": "LineString", "coordinates": [[49], [50, 41]]}, "geometry_unreadable"),
        ({"type": "LineString"}, "geometry_unreadable"),
        ({"type": "Polygon", "coordinates": [[49, 40], [50, 40]]}, "geometry_unreadable"),
        (
            {"type": "Polygon", "coordinates": [[[49, 40], [50, NAN], [50, 41], [49, 40]]]},
            "geometry_unreadable",
        ),
        ({"type": "MultiPolygon", "coordinates": [RING]}, "geometry_unreadable"),
        ({"type": "MultiPolygon", "coordinates": {"a": 1}}, "geometry_unreadable"),
        ({"type": "GeometryCollection", "geometries": None}, "geometry_unreadable"),
        (
            {"type": "GeometryCollection", "geometries": [{"type": "LineString", "coordinates": [None]}]},
            "geometry_unreadable",
        ),
        ({"type": "Polygon", "coordinates": [RING]}, "geometry_not_point"),
        ({"type": "LineString", "coordinates": [[49, 40], [50, 41]]}, "geometry_not_point"),
    ],
)
def test_one_bad_geometry_is_the_problem_of_its_row_alone(read, geometry: object, code: str) -> None:
    feature = {"type": "Feature", "properties": {"name": "X", "type": "finance"}, "geometry": geometry}
    result = read(among_others(feature), "a.geojson")
    assert [p.name for p in result.participants] == ["A", "B", "C"]
    assert [(p.code, p.row) for p in result.report.problems if p.severity == "error"] == [(code, 3)]


@pytest.mark.parametrize(
    "geometry", [None, {"type": "LineString", "coordinates": []}, {"type": "MultiPoint", "coordinates": []}]
)
def test_a_null_geometry_has_no_coordinates(read, geometry: object) -> None:
    feature = {"type": "Feature", "properties": {"name": "X", "type": "finance"}, "geometry": geometry}
    result = read(among_others(feature), "a.geojson")
    assert [p.name for p in result.participants] == ["A", "B", "X", "C"]
    assert [(p.code, p.row) for p in result.report.problems] == [("no_coordinates", 3)]


@pytest.mark.parametrize("feature", [None, "X", 7, [], {"type": "Point", "coordinates": [49, 40]}])
def test_what_is_no_feature_is_accounted_for(read, feature: object) -> None:
    result = read(among_others(feature), "a.geojson")
    assert [p.name for p in result.participants] == ["A", "B", "C"]
    assert result.report.read == 4 or [p.row for p in result.report.problems] == [3]
    last = read(among_others({"properties": {"name": "X", "type": "finance"}}), "a.geojson")
    assert [p.name for p in last.participants] == ["A", "B", "X", "C"]


def test_degrees_that_most_features_leave_are_a_projection(read) -> None:
    far = {
        "type": "Feature",
        "properties": {"name": "X"},
        "geometry": {"type": "Point", "coordinates": [4e5, 4e6]},
    }
    document = json.loads(among_others(far))
    document["features"] += [far, far, far]
    with pytest.raises(CrsError) as caught:
        read(json.dumps(document).encode(), "a.geojson")
    assert caught.value.code == "register.error.crs_looks_projected"
    region = {
        "type": "Feature",
        "properties": {"code": "A"},
        "geometry": {"type": "Polygon", "coordinates": [RING]},
    }
    with pytest.raises(CrsError):
        read_boundaries("a.geojson", among_others(region))


@pytest.mark.parametrize(("driver", "suffix"), FORMATS)
def test_boundaries_of_every_format(tmp_path: Path, driver: str, suffix: str) -> None:
    frame = squares(name_ru=["Апшерон", "Баку"])
    data = gis_bytes(frame, tmp_path, driver, suffix, encoding="UTF-8")
    read, problems = read_boundaries(NAMES.get(suffix, "a.zip"), data)
    assert problems == ()
    assert list(read.columns) == ["code", "name_az", "name_en", "name_ru", "country", "parent", "geometry"]
    assert list(read["code"]) == ["A", "B"] and list(read["name_ru"]) == ["Апшерон", "Баку"]
    assert list(read["name_en"]) == ["Abşeron", "Bakı"]
    assert read.crs.to_epsg() == 4326
    assert read.total_bounds == pytest.approx([49, 40, 50, 40.5], abs=1e-5)


def test_faulty_boundaries_are_repaired_or_named(tmp_path: Path) -> None:
    bow = Polygon([(49, 40), (50, 41), (50, 40), (49, 41)])
    flat = Polygon([(49, 40), (50, 41), (49, 40)])
    shapes = [
        bow,
        box(49, 41, 50, 42),
        box(50, 41, 51, 42),
        LineString([(0, 0), (1, 1)]),
        None,
        flat,
        box(0, 0, 1, 1),
    ]
    frame = gpd.GeoDataFrame({"kod": ["1", "2", "2", "4", "5", "6", None]}, geometry=shapes, crs=4326)
    read, problems = read_boundaries("a.geojson", gis_bytes(frame, tmp_path, "GeoJSON", ".geojson"))
    assert list(read["code"]) == ["1", "2"]
    assert read.geometry.is_valid.all() and set(read.geom_type) <= {"Polygon", "MultiPolygon"}
    assert [(p.row, p.code) for p in problems] == [
        (1, "boundary_repaired"),
        (3, "boundary_code_repeated"),
        (4, "boundary_not_polygon"),
        (5, "boundary_empty"),
        (6, "boundary_beyond_repair"),
        (7, "boundary_code_missing"),
    ]
    assert "latitude 40.5, longitude 49.5" in problems[0].message("en")


def test_boundaries_by_named_properties(tmp_path: Path) -> None:
    frame = squares().rename(columns={"code": "nömrə", "name_az": "başlıq"})
    data = gis_bytes(frame, tmp_path, "GPKG", ".gpkg")
    read, _ = read_boundaries("a.gpkg", data, code_field="nömrə", name_fields={"az": "başlıq"})
    assert list(read["name_az"]) == ["Abşeron", "Bakı"]
    numbered, problems = read_boundaries("a.gpkg", data)
    assert list(numbered["code"]) == ["1", "2"] and [p.code for p in problems] == ["boundary_no_code"]
    with pytest.raises(InvalidInputError):
        read_boundaries("a.gpkg", data, code_field="yoxdur")


def test_no_polygon_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(GeometryError):
        read_boundaries("a.geojson", gis_bytes(points(), tmp_path, "GeoJSON", ".geojson"))


def test_any_layer_for_the_catalogue(tmp_path: Path) -> None:
    roads = gpd.GeoDataFrame(
        {"ref": ["M1", "M2"]}, geometry=[LineString([(49, 40), (50, 41)]), None], crs=4326
    )
    layer = read_layer("yollar.zip", gis_bytes(roads.to_crs(32639), tmp_path, "ESRI Shapefile", ".shp"))
    assert len(layer) == 1 and layer.crs.to_epsg() == 4326
    assert layer.total_bounds == pytest.approx([49, 40, 50, 41], abs=1e-6)


def test_several_layers_of_a_geopackage_are_named(read, tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    points().to_file(path, layer="üzvlər", driver="GPKG")
    squares().to_file(path, layer="sərhədlər", driver="GPKG")
    result = read(path.read_bytes(), "a.gpkg")
    assert (result.report.taken, codes(result)) == (2, ["layer_ignored"])


def test_incomplete_and_ambiguous_archives(tmp_path: Path) -> None:
    members = unzipped(gis_bytes(squares(), tmp_path, "ESRI Shapefile", ".shp"))
    cases = {
        "register.error.archive_parts": {n: c for n, c in members.items() if not n.endswith(".dbf")},
        "register.error.archive_datasets": {f"{d}/{n}": c for n, c in members.items() for d in "ab"},
        "register.error.archive_no_dataset": {"oxu.txt": b"salam"},
    }
    for code, content in cases.items():
        with pytest.raises(UnreadableFileError) as caught:
            read_boundaries("a.zip", zipped(content))
        assert caught.value.code == code
    in_folder = {f"qovluq/{name.upper()}": content for name, content in members.items()}
    assert len(read_boundaries("a.zip", zipped(in_folder))[0]) == 2
