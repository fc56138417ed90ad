from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from geoservice import i18n
from geoservice.errors import CoordinateError
from geoservice.register.coordinates import format_dms, parse_angle, parse_pair

LAT, LON = 40.5897, 49.6686
DMS_LAT, DMS_LON = 40 + 35 / 60 + 22.9 / 3600, 49 + 40 / 60 + 7 / 3600


@pytest.mark.parametrize(
    "text",
    [
        "40.5897, 49.6686",
        "40,5897; 49,6686",
        "40,5897 49,6686",
        "40,5897,49,6686",
        "40.5897,49.6686",
        "40,5897/49,6686",
        "40.5897 | 49.6686",
        "40.5897\n49.6686",
        "(40.5897, 49.6686)",
        "40.5897° 49.6686°",
        "40.5897N 49.6686E",
        "40.5897N49.6686E",
        "N 40.5897 E 49.6686",
        "49.6686E 40.5897N",
        "40,5897 с.ш. 49,6686 в.д.",
        "40,5897 с. ш., 49,6686 в. д.",
        "40.5897 СШ, 49.6686 ВД",
        "северная широта 40,5897, восточная долгота 49,6686",
        "40,5897 ş.e. 49,6686 ş.u.",
        "40,5897 Ş.E., 49,6686 Ş.U.",
        "40,5897 şm.e., 49,6686 ş.u.",
        "40,5897° şimal enliyi, 49,6686° şərq uzunluğu",
        "Şimal en dairəsi 40,5897; Şərq uzunluq dairəsi 49,6686",
        "40,5897 Ş; 49,6686 Ş",
        "Enlik: 40,5897; Uzunluq: 49,6686",
        "lat=40.5897 lon=49.6686",
        "lon: 49.6686, lat: 40.5897",
        "POINT(49.6686 40.5897)",
        "SRID=4326; POINT Z (49.6686 40.5897 12)",
        "40° 35.382' N, 49° 40.116' E",
    ],
)
def test_pairs_in_decimal_degrees(text: str) -> None:
    pair = parse_pair(text)
    assert (pair.latitude, pair.longitude) == (pytest.approx(LAT), pytest.approx(LON))


@pytest.mark.parametrize(
    "text",
    [
        "40°35'22.9\"N 49°40'07\"E",
        "40°35′22.9″N, 49°40′07″E",
        "40º35’22,9” 49º40’07”",
        "40°35'22.9'' N; 49°40'07'' E",
        "40 35 22.9 49 40 07",
        "40:35:22,9 49:40:07",
        "40-35-22,9 49-40-07",
        "40d35m22.9s 49d40m07s",
        "40d35m22.9sN 49d40m7sE",
        "N40°35'22.9\" E49°40'07\"",
        "40 dərəcə 35 dəqiqə 22,9 saniyə ş.e., 49 dərəcə 40 dəqiqə 7 saniyə ş.u.",
        "40 град 35 мин 22,9 сек с.ш. 49 град 40 мин 07 сек в.д.",
        "40 deg 35 min 22.9 sec N 49 deg 40 min 7 sec E",
    ],
)
def test_pairs_in_degrees_minutes_seconds(text: str) -> None:
    pair = parse_pair(text)
    assert (pair.latitude, pair.longitude) == (pytest.approx(DMS_LAT), pytest.approx(DMS_LON))


@pytest.mark.parametrize(
    "text",
    [
        "403522.9N 0494007E",
        "403522.9N0494007E",
        "403522,9 N, 494007 E",
        "N403522.9 E0494007",
        "0494007E 403522.9N",
    ],
)
def test_packed_degrees_minutes_seconds(text: str) -> None:
    pair = parse_pair(text)
    assert (pair.latitude, pair.longitude) == (pytest.approx(DMS_LAT), pytest.approx(DMS_LON))


@pytest.mark.parametrize("text", ["407522N 0494007E", "403522N", "403522 0494007"])
def test_packed_degrees_that_are_none(text: str) -> None:
    with pytest.raises(CoordinateError):
        parse_pair(text)


@pytest.mark.parametrize(
    "link",
    [
        "geo:40.5897,49.6686",
        "geo:40.5897,49.6686;u=35",
        "geo:0,0?q=40.5897,49.6686(Sumqayıt)",
        "https://www.google.com/maps?q=40.5897,49.6686",
        "https://maps.google.com/?q=loc:40.5897,49.6686&z=17",
        "https://www.google.com/maps/@40.5897,49.6686,17z?entry=ttu",
        "https://www.google.com/maps/place/Zavod/@40.1,49.1,17z/data=!4m6!3m5!8m2!3d40.5897!4d49.6686!16s",
        "https://www.google.com/maps/search/?api=1&query=40.5897%2C49.6686",
        "https://www.google.com/maps/search/40.5897,+49.6686?entry=tts",
        "https://www.google.com/maps/dir//40.5897,49.6686",
        "maps.apple.com/?ll=40.5897,49.6686&q=Zavod",
        "https://waze.com/ul?ll=40.5897,49.6686&navigate=yes",
        "https://www.bing.com/maps?cp=40.5897~49.6686&lvl=15",
        "https://www.openstreetmap.org/?mlat=40.5897&mlon=49.6686#map=16/40.1/49.1",
        "https://www.openstreetmap.org/#map=16/40.5897/49.6686",
        "https://yandex.com/maps/?ll=49.6686%2C40.5897&z=16",
        "https://yandex.com.tr/maps/?ll=49.1%2C40.1&pt=49.6686,40.5897&z=16",
        "https://yandex.ru/maps/10253/sumgait/?ll=49.1,40.1&whatshere[point]=49.6686,40.5897",
        "https://2gis.az/baku/geo/70030076/49.6686,40.5897?m=49.1,40.1/16",
        "https://2gis.az/baku?m=49.6686%2C40.5897%2F16",
    ],
)
def test_links_to_web_maps(link: str) -> None:
    pair = parse_pair(link)
    assert (pair.latitude, pair.longitude) == (LAT, LON)
    assert pair.hemispheres  # the form says which number is which: never exchanged


@pytest.mark.parametrize(
    ("link", "view"),
    [
        ("https://www.google.com/maps/@40.5897,49.6686,17z?entry=ttu", True),
        ("https://www.google.com/maps/place/Sumqay%C4%B1t/@40.5897,49.6686,12z", True),
        ("https://www.openstreetmap.org/#map=16/40.5897/49.6686", True),
        ("https://yandex.com/maps/?ll=49.6686%2C40.5897&z=12", True),
        ("https://www.google.com/maps?ll=40.5897,49.6686&z=15", True),
        ("https://www.google.com/maps?q=40.5897,49.6686&ll=40.1,49.1", False),
        ("https://maps.apple.com/?ll=40.5897,49.6686", False),
        ("https://2gis.az/baku/geo/49.6686,40.5897", False),
        ("https://2gis.az/baku?m=49.6686%2C40.5897%2F16", True),
    ],
)
def test_links_that_mark_no_point_say_so(link: str, view: bool) -> None:
    pair = parse_pair(link)
    assert (pair.latitude, pair.longitude, pair.view) == (40.5897, 49.6686, view)


@pytest.mark.parametrize(
    "link",
    [
        "https://www.google.com/maps/place/40%C2%B035'22.9%22N+49%C2%B040'07.0%22E/@40.1,49.1,17z",
        "https://www.google.com/maps?q=40%C2%B035%2722.9%22N+49%C2%B040%2707.0%22E&ll=40.1,49.1",
    ],
)
def test_a_pin_that_a_link_names_in_degrees_and_minutes(link: str) -> None:
    pair = parse_pair(link)
    assert pair.latitude == pytest.approx(40.589694, abs=1e-6)
    assert (pair.longitude, pair.view) == (pytest.approx(49.668611, abs=1e-6), False)


@pytest.mark.parametrize(
    "text",
    ["4035.382N 04940.116E", "4035.382 N, 4940.116 E", "N4035.382 E04940.116", "N 4035,382 E 04940,116"],
)
def test_packed_degrees_without_seconds(text: str) -> None:
    pair = parse_pair(text)
    assert (pair.latitude, pair.longitude) == (
        pytest.approx(40 + 35.382 / 60), pytest.approx(49 + 40.116 / 60),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ("https://maps.app.goo.gl/AbCdEf123", "coordinate_link"),
        ("https://www.google.com/maps/place/Sumqay%C4%B1t", "coordinate_link"),
        ("https://example.org/?q=140.5,49.6", "coordinate_range_lat"),
    ],
)
def test_links_without_coordinates_say_so(link: str, code: str) -> None:
    with pytest.raises(CoordinateError) as caught:
        parse_pair(link)
    assert caught.value.code == f"register.problem.{code}"
    assert link in i18n.text("az", caught.value.code, **caught.value.params)


@pytest.mark.parametrize(
    ("text", "latitude", "longitude"),
    [
        ("40,5 c.e., 49,5 q.u.", -40.5, -49.5),
        ("40.5 ю.ш. 49.5 з.д.", -40.5, -49.5),
        ("40.5 S 49.5 W", -40.5, -49.5),
        ("-40.5 -49.5", -40.5, -49.5),
        ("−40,5; −49,5", -40.5, -49.5),
        ("С 40,5 В 49,5", 40.5, 49.5),  # Cyrillic: north, east
        ("40,5 C 49,5 Ş", -40.5, 49.5),  # Latin: cənub, so Ş is şərq
        ("40,5 Ş 49,5 Q", 40.5, -49.5),  # qərb, so Ş is şimal
        ("120.5, 40.5", 40.5, 120.5),  # the first cannot be a latitude
    ],
)
def test_hemispheres(text: str, latitude: float, longitude: float) -> None:
    pair = parse_pair(text)
    assert (pair.latitude, pair.longitude) == (latitude, longitude)


def test_the_azerbaijani_letter_that_means_north_and_east() -> None:
    assert parse_angle("40,5 Ş", "lat").degrees == 40.5
    assert parse_angle("49,5 Ş", "lon").degrees == 49.5
    assert parse_pair("40,5 Ş, 49,5 Ş").letter_assumed
    assert not parse_pair("40,5 ş.e., 49,5 ş.u.").letter_assumed
    assert not parse_pair("40,5 Ş, 49,5 Q").letter_assumed


@pytest.mark.parametrize(
    ("text", "axis", "code"),
    [
        ("", "lat", "coordinate_empty"),
        ("40 abc 35", "lat", "coordinate_unreadable"),
        ("bilinmir", "lat", "coordinate_unreadable"),
        ("nan", "lat", "coordinate_unreadable"),
        ("1_0", "lat", "coordinate_unreadable"),
        ("inf", "lon", "coordinate_range_lon"),
        ("91", "lat", "coordinate_range_lat"),
        ("4493123.4", "lat", "coordinate_range_lat"),
        ("181", "lon", "coordinate_range_lon"),
        ("40°75'", "lat", "coordinate_sixty"),
        ("40°35'60\"", "lat", "coordinate_sixty"),
        ("40.5 35", "lat", "coordinate_fraction"),
        ("-40 N", "lat", "coordinate_contradiction"),
        ("40 N S", "lat", "coordinate_contradiction"),
        ("49.6 E", "lat", "coordinate_axis_lat"),
        ("40.6 с.ш.", "lon", "coordinate_axis_lon"),
        ("40'35°", "lat", "coordinate_unreadable"),
        ("40 35 22 11", "lat", "coordinate_unreadable"),
    ],
)
def test_what_is_no_coordinate_says_why(text: str, axis: str, code: str) -> None:
    with pytest.raises(CoordinateError) as caught:
        parse_angle(text, axis)  # type: ignore[arg-type]
    assert caught.value.code == f"register.problem.{code}"
    for lang in ("az", "en", "ru"):
        assert text in i18n.message(caught.value, lang)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("40,49", "coordinate_pair_one"),
        ("40°35'N;", "coordinate_pair_one"),
        ("40.5, 49.6, 12", "coordinate_pair"),
        ("40.5 N 41.5 N", "coordinate_contradiction"),
        ("95, 100", "coordinate_range_lat"),
        ("POINT(49.6 140.5)", "coordinate_range_lat"),
    ],
)
def test_what_is_no_pair_says_why(text: str, code: str) -> None:
    with pytest.raises(CoordinateError) as caught:
        parse_pair(text)
    assert caught.value.code == f"register.problem.{code}"


# -- format -> parse gives back the same, in every notation ------------------------------------------------

latitudes = st.floats(-89.999, 89.999, allow_nan=False)
longitudes = st.floats(-179.999, 179.999, allow_nan=False)
DEGREE, MINUTE, SECOND = (
    st.sampled_from("°º˚"),
    st.sampled_from("'’′´"),
    st.sampled_from(['"', "”", "″", "''"]),
)
LETTERS = {
    "en": ("N", "S", "E", "W"),
    "az": ("ş.e.", "c.e.", "ş.u.", "q.u."),
    "az long": ("şimal enliyi", "cənub enliyi", "şərq uzunluğu", "qərb uzunluğu"),
    "ru": ("с.ш.", "ю.ш.", "в.д.", "з.д."),
    "ru short": ("СШ", "ЮШ", "ВД", "ЗД"),
}


def comma(text: str, wanted: bool) -> str:
    return text.replace(".", ",") if wanted else text


@given(latitudes, longitudes, st.sampled_from(["; ", " ", " | ", "\n", " / ", ", "]), st.booleans())
def test_decimal_pairs_round_trip(lat: float, lon: float, between: str, decimal_comma: bool) -> None:
    text = comma(f"{lat:.6f}", decimal_comma) + between + comma(f"{lon:.6f}", decimal_comma)
    pair = parse_pair(text)
    if abs(pair.latitude - round(lat, 6)) > 1e-9:  # only where the first cannot be a latitude
        assume(False)
    assert (pair.latitude, pair.longitude) == (round(lat, 6), round(lon, 6))


@given(latitudes, longitudes, st.sampled_from(sorted(LETTERS)), st.booleans(), st.booleans(), st.booleans())
def test_lettered_pairs_round_trip(
    lat: float, lon: float, style: str, decimal_comma: bool, longitude_first: bool, before: bool
) -> None:
    north, south, east, west = LETTERS[style]
    parts = [
        (comma(f"{abs(value):.6f}", decimal_comma), letter)
        for value, letter in ((lat, north if lat >= 0 else south), (lon, east if lon >= 0 else west))
    ]
    if longitude_first:
        parts.reverse()
    pair = parse_pair(" ".join(f"{letter} {n}" if before else f"{n} {letter}" for n, letter in parts))
    assert (pair.latitude, pair.longitude) == (pytest.approx(lat, abs=1e-6), pytest.approx(lon, abs=1e-6))
    assert pair.hemispheres and not pair.order_assumed


@given(latitudes, longitudes, DEGREE, MINUTE, SECOND, st.sampled_from(["", " "]), st.booleans())
def test_dms_pairs_round_trip(
    lat: float, lon: float, degree: str, minute: str, second: str, space: str, decimal_comma: bool
) -> None:
    def style(text: str) -> str:
        signs = str.maketrans({"°": degree + space, "'": minute + space, '"': second + space})
        return comma(text.translate(signs), decimal_comma)

    pair = parse_pair(style(format_dms(lat, "lat")) + " " + style(format_dms(lon, "lon")))
    assert math.isclose(pair.latitude, lat, abs_tol=3e-6)
    assert math.isclose(pair.longitude, lon, abs_tol=3e-6)


@given(latitudes)
def test_single_angles_round_trip(lat: float) -> None:
    for text in (repr(round(lat, 7)), f"{lat:.7f}".replace(".", ","), f" {lat:+.7f} "):
        assert parse_angle(text, "lat").degrees == pytest.approx(lat, abs=1e-7)
    assert parse_angle(format_dms(lat, "lat", 4), "lat").degrees == pytest.approx(lat, abs=1e-7)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (parse_pair, parse_angle):
        try:
            parse(text)
        except CoordinateError as error:
            assert error.code.startswith("register.problem.coordinate_")


@given(st.text(alphabet="0123456789.,;°'\"-+ NSEWŞş:dm/сшвд()", max_size=40))
def test_what_looks_like_a_coordinate_is_inside_the_world_or_refused(text: str) -> None:
    try:
        pair = parse_pair(text)
    except CoordinateError:
        return
    assert abs(pair.latitude) <= 90 and abs(pair.longitude) <= 180
