"""Registers from Google Earth, and points that GeoJSON writers got wrong."""

import io
import json
import zipfile

import pytest

from geoservice.errors import UnreadableFileError
from geoservice.register.vector import read_layer

HEAD = '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
TAIL = "</Document></kml>"
PLACES = """
<Style id="s"><IconStyle><Icon><href>http://evil.example/x.png</href></Icon></IconStyle></Style>
<NetworkLink><Link><href>http://evil.example/more.kml</href></Link></NetworkLink>
<Folder><name>İri istehsal müəssisəsi</name>
 <Placemark><name>“Ulduz” MMC</name>
  <description><![CDATA[<b>Boru</b><br>istehsalı &amp; satışı]]></description>
  <ExtendedData><Data name="VÖEN"><value>9900000011</value></Data>
   <SchemaData schemaUrl="#q"><SimpleData name="İşçilərin sayı">120</SimpleData></SchemaData></ExtendedData>
  <Point><coordinates>49.6686,40.5897,0</coordinates></Point></Placemark>
</Folder>
<Folder><name>Digərləri</name>
 <Placemark><name>“Ay” ASC</name>
  <ExtendedData><Data name="Təşkilatın növü"><value>Digər təşkilat</value></Data></ExtendedData>
  <MultiGeometry><Point><coordinates> 49.7 , 40.6 </coordinates></Point></MultiGeometry></Placemark>
 <Placemark><name>“Yersiz” QSC</name>
  <ExtendedData><Data name="Təşkilatın növü"><value>Digər təşkilat</value></Data></ExtendedData></Placemark>
</Folder>
"""
KML = (HEAD + PLACES + TAIL).encode()


def kmz(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("yerlər.kml", KML),
        ("yerlər.kmz", kmz(doc_kml=KML, other_kml=(HEAD + TAIL).encode(), icon_png=b"x")),
        ("yerlər.kmz", kmz(Reyestr_kml=KML)),
    ],
)
def test_google_earth_places_are_organisations(read, name: str, data: bytes) -> None:
    result = read(data, name)
    one, two, three = result.participants
    assert (one.name, one.legal_form, one.organisation_type) == ("“Ulduz”", "MMC", "large_enterprise")
    assert (one.longitude, one.latitude, one.tax_number, one.employees) == (
        49.6686,
        40.5897,
        "9900000011",
        120,
    )
    assert "Boru istehsalı & satışı" in (one.specialisation, *one.extra.values())
    assert (two.organisation_type, two.longitude) == ("other", 49.7)
    assert not three.placed


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f'<!DOCTYPE x [<!ENTITY a "b">]>{HEAD[38:]}{TAIL}', "register.error.kml_xml"),
        (HEAD, "register.error.gis_damaged"),
    ],
)
def test_what_is_no_kml_is_refused(read, text: str, code: str) -> None:
    with pytest.raises(UnreadableFileError) as caught:
        read(text.encode(), "a.kml")
    assert caught.value.code == code


@pytest.mark.parametrize("written", ["şərq", "49.66", "49,66,40,58", "49.66;40.58"])
def test_a_point_that_is_none_is_named_and_the_others_are_taken(read, written: str) -> None:
    places = "".join(
        f"<Placemark><name>{name}</name><Point><coordinates>{at}</coordinates></Point></Placemark>"
        for name, at in (("Alfa", written), ("Beta", "49.66,40.58,0"), ("Qama", ""))
    )
    folder = f"<Folder><name>Digər təşkilat</name>{places}</Folder>"
    result = read(f"{HEAD}{folder}{TAIL}".encode(), "a.kml")
    assert [p.name for p in result.participants] == ["Beta", "Qama"]
    assert [(p.row, p.code) for p in result.report.problems] == [
        (1, "geometry_unreadable"), (3, "no_coordinates"),
    ]  # fmt: skip


def test_cells_of_a_balloon_stay_apart(read) -> None:
    balloon = "<table><tr><td>VÖEN</td><td>9900000011</td></tr><tr><th>Tel.</th><td>012</td></tr></table>"
    place = f"<Placemark><name>Alfa</name><description><![CDATA[{balloon}]]></description></Placemark>"
    folder = f"<Folder><name>Digər təşkilat</name>{place}</Folder>"
    (alfa,) = read(f"{HEAD}{folder}{TAIL}".encode(), "a.kml").participants
    assert alfa.extra["description"] == "VÖEN 9900000011 Tel. 012"


def test_lines_and_areas_of_google_earth_are_layers() -> None:
    ring = "49,40 50,40 50,41 49,40"
    inner = "49.6,40.2 49.7,40.2 49.7,40.3 49.6,40.2"
    sides = "".join(
        f"<{side}><LinearRing><coordinates>{places}</coordinates></LinearRing></{side}>"
        for side, places in (("outerBoundaryIs", ring), ("innerBoundaryIs", inner))
    )
    polygon = f"<Polygon>{sides}</Polygon>"
    text = f"{HEAD}<Placemark><name>Zona</name>{polygon}</Placemark>{TAIL}"
    frame = read_layer("zona.kml", text.encode())
    assert list(frame.geom_type) == ["Polygon"]
    assert len(frame.geometry[0].interiors) == 1
    line = f"<Placemark><LineString><coordinates>{ring}</coordinates></LineString></Placemark>"
    assert list(read_layer("yol.kml", f"{HEAD}{line * 2}{TAIL}".encode()).geom_type) == ["LineString"] * 2


def geojson(*coordinates: object) -> bytes:
    features = [
        {"type": "Feature", "properties": {"Ad": f"A {n}", "Növ": "Digər təşkilat"},
         "geometry": {"type": "Point", "coordinates": place}}
        for n, place in enumerate(coordinates)
    ]  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def test_coordinates_in_quotation_marks_are_numbers(read) -> None:
    result = read(geojson(["49.6686", "40.5897"], ["49,6686", 40.6], [49.7, 40.6]), "a.geojson")
    assert [(p.longitude, p.latitude) for p in result.participants] == [
        (49.6686, 40.5897), (49.6686, 40.6), (49.7, 40.6),
    ]  # fmt: skip


@pytest.mark.parametrize("place", [[], [49.5], ["şərq", "şimal"], None, [None, 40], "49 40", [True, 40]])
def test_a_point_that_is_none_is_not_taken_as_without_coordinates(read, place: object) -> None:
    result = read(geojson([49.7, 40.6], place), "a.geojson")
    assert (result.report.taken, result.report.rejected) == (1, 1)
    assert [p.code for p in result.report.problems if p.severity == "error"] == ["geometry_unreadable"]
