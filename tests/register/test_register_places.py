from __future__ import annotations

import pytest
from pyproj import Transformer
from register_files import KIND, codes, problem, table

from geoservice.errors import CrsError


@pytest.mark.parametrize(
    ("lat", "lon", "code"),
    [
        ("40.5", "", "coordinate_one_only"),
        ("", "49.6", "coordinate_one_only"),
        ("95", "49.6", "coordinate_range_lat"),
        ("40.5", "200", "coordinate_range_lon"),
        ("0", "0", "zero_point"),
        ("bilinmir", "49.6", "coordinate_unreadable"),
        ("40.5 E", "49.6", "coordinate_axis_lat"),
    ],
)
def test_bad_coordinates_reject_the_row(read, lat: str, lon: str, code: str) -> None:
    result = read(table(["Alfa", KIND, "", lat, lon]))
    assert (result.report.rejected, codes(result)) == (1, [code])


def test_a_missing_coordinate_is_a_note(read) -> None:
    result = read(table(["Alfa", KIND, "", "", "—"]))
    assert (result.report.taken, codes(result, "note")) == (1, ["no_coordinates"])


def test_swapped_coordinates_are_corrected_and_named(read) -> None:
    result = read(table(["Alfa", KIND, "", "49,6686", "40,5897"]))
    (alfa,) = result.participants
    assert (alfa.latitude, alfa.longitude) == (40.5897, 49.6686)
    assert codes(result) == ["coordinates_swapped"] and codes(result, "warning") == ["coordinates_swapped"]
    assert alfa.coordinates_as_written == "49,6686; 40,5897"
    assert "40.5897; 49.6686" in str(problem(result, "coordinates_swapped")["message"])


def test_a_swap_that_nobody_can_tell_is_rejected(read) -> None:
    result = read(table(["Alfa", KIND, "", "50.7", "40.5"]))  # exchanged: a few km outside
    assert codes(result, "error") == ["coordinates_swapped_unclear"]


def test_letters_rule_out_a_swap(read) -> None:
    result = read(table(["Alfa", KIND, "", "49.6686 N", "40.5897 E"]))
    assert codes(result, "warning") == ["far_from_territory"]
    assert result.participants[0].latitude == 49.6686


def test_a_far_point_is_taken_with_its_distance(read) -> None:
    result = read(table(["Minsk", KIND, "", "53.9", "27.56"]))
    assert codes(result, "warning") == ["far_from_territory"]
    assert 1600 < result.report.problems[0].params["distance_km"] < 2000
    assert codes(read(table(["Dəniz", KIND, "", "40.5", "51.0"]))) == []  # 34 km off the coast


def test_without_a_territory_nothing_is_moved(read) -> None:
    assert read(table(["Alfa", KIND, "", "49.6", "40.5"]), territory=None).participants[0].latitude == 49.6


@pytest.mark.parametrize(
    "cell",
    [
        "40.5897, 49.6686",
        "40°35'22.92\"N 49°40'06.96\"E",
        "POINT(49.6686 40.5897)",
        "40,5897 ş.e. 49,6686 ş.u.",
    ],
)
def test_pairs_in_one_column(read, cell: str) -> None:
    (alfa,) = read(table(["Alfa", KIND, cell], headings=["Ad", "Növ", "Koordinatlar"])).participants
    assert (alfa.latitude, alfa.longitude) == (pytest.approx(40.5897), pytest.approx(49.6686))
    assert alfa.coordinates_as_written == cell


@pytest.mark.parametrize(
    ("headings", "crs", "default"),
    [
        (["Ad", "Növ", "X", "Y", "Koordinat sistemi"], "EPSG:32639", None),
        (["Ad", "Növ", "X (UTM 39N)", "Y (UTM 39N)", "Qrup №"], "", None),
        (["Ad", "Növ", "X, m", "Y, m", "Sistem"], "", "EPSG:32639"),
    ],
)
def test_plane_coordinates(read, headings: list[str], crs: str, default: str | None) -> None:
    east, north = Transformer.from_crs(4326, 32639, always_xy=True).transform(49.6686, 40.5897)
    row = ["Alfa", KIND, f"{east:.2f}".replace(".", ","), f"{north:,.2f}".replace(",", " "), crs]
    (alfa,) = read(table(row, headings=headings), default_crs=default).participants
    assert (alfa.latitude, alfa.longitude) == (
        pytest.approx(40.5897, abs=1e-6),
        pytest.approx(49.6686, abs=1e-6),
    )


def test_plane_coordinates_without_a_system_are_an_error(read) -> None:
    headings = ["Ad", "Növ", "X", "Y", "CRS"]
    rows = [
        ["A", KIND, "387385", "4493123", ""],
        ["B", KIND, "387385", "4493123", "yerli"],
        ["C", KIND, "49,6", "40,5", ""],
        ["D", KIND, "49,6", "40,5", "UTM 39N"],
        ["E", KIND, "4493123", "387385", "UTM 39N"],
    ]
    result = read(table(*rows, headings=headings))
    assert codes(result) == ["crs_missing", "crs_unknown", "crs_assumed", "crs_mismatch", "axes_exchanged"]
    assert [p.name for p in result.participants] == ["C", "E"]
    with pytest.raises(CrsError):
        read(table(*rows, headings=headings), default_crs="yerli sistem")


@pytest.mark.parametrize(
    "written",
    [
        "39T 387334 4494063",
        "39N 387334 4494063",
        "39 T 387334,0 4494063,0",
        "UTM 39T 387334 mE, 4494063 mN",
        "39T E387334 N4494063",
    ],
)
def test_a_point_of_utm_in_one_cell(read, written: str) -> None:
    headings = ["Ad", "Növ", "Koordinatlar"]
    (alfa,) = read(table(["Alfa", KIND, written], headings=headings)).participants
    assert (alfa.latitude, alfa.longitude) == (
        pytest.approx(40.5897, abs=1e-5), pytest.approx(49.6686, abs=1e-5),
    )  # fmt: skip
    assert alfa.coordinates_as_written == written


@pytest.mark.parametrize("written", ["39Q 387334 4494063", "39K 387334 4494063", "61T 387334 4494063"])
def test_a_band_of_utm_that_contradicts_the_northing_is_refused(read, written: str) -> None:
    result = read(table(["Alfa", KIND, written], headings=["Ad", "Növ", "Koordinatlar"]))
    assert result.report.rejected == 1


def test_a_link_without_a_marked_point_is_taken_with_a_warning(read) -> None:
    link = "https://www.google.com/maps/place/Zavod/@40.5897,49.6686,12z"
    result = read(table(["Alfa", KIND, link], headings=["Ad", "Növ", "Koordinatlar"]))
    assert (result.report.taken, codes(result, "warning")) == (1, ["coordinate_link_view"])


def test_half_a_pair_without_the_other_column_names_the_column_that_is_there(read) -> None:
    result = read(table(["Alfa", KIND, "40.5"], headings=["Ad", "Növ", "Enlik"]))
    assert problem(result, "coordinate_one_only")["column"] == "Enlik"
