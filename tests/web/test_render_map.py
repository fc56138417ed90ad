"""The page as text: what a register holds never becomes markup, script or template code."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoservice.errors import NotFoundError
from geoservice.render import web, web_assets, web_data, web_layers
from tests.web import scenes

LINKS = {"pdf": "/scheme.pdf", "organisation": "/clusters/sinaq/organisations/{id}"}


def data_of(html: str) -> dict[str, object]:
    return json.loads(
        re.search(r'<script type="application/json" id="gs-data">(.*?)</script>', html, re.S)[1]
    )


@pytest.mark.parametrize("text", scenes.HOSTILE)
def test_hostile_text_reaches_the_page_only_as_data(text: str) -> None:
    made = scenes.scene(extra=(scenes.hostile_member(99, text),), cluster_title=text, title=text, notice=text)
    html = web.render_map(made, nonce="n", links=LINKS)
    assert data_of(html)["members"][-1][2] == text
    assert data_of(html)["cluster"]["title"] == text
    markup = re.sub(r"<script type=.application/json.*?</script>|<title>.*?</title>", "", html, flags=re.S)
    for tag in ("<script>window", "<img", "{{", "{%"):
        assert tag not in markup
    assert "49" not in re.search(r"<title>(.*?)</title>", html, re.S)[1]  # 7*7, had it been evaluated


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_script_safe_keeps_the_value_and_cannot_end_the_element(text: str) -> None:
    safe = (
        web.script_safe(json.dumps({"a": text}, ensure_ascii=False).encode("utf-8", "surrogatepass"))
        if text.isprintable()
        else web.script_safe(json.dumps({"a": text}).encode())
    )
    assert json.loads(safe) == {"a": text}
    assert not set("<>&\u2028\u2029") & set(safe)
    assert not re.search(r"\{[{%#]", safe)


def test_every_member_is_in_the_page_and_every_sign_once() -> None:
    made = scenes.scene()
    data = data_of(web.render_map(made, nonce="n"))
    assert [row[0] for row in data["members"]] == [m.id for m in made.members]
    assert set(data["signs"]) == set(made.signs)
    assert sum(row[6] is None for row in data["members"]) == len(made.unplaced) > 0


def test_no_address_of_another_host_and_a_nonce_on_every_script() -> None:
    html = web.render_map(scenes.scene(), nonce="n0nce", links=LINKS)
    scripts = re.findall(r"<script(?! type=.application/json)[^>]*>", html)
    assert scripts and all('nonce="n0nce"' in tag for tag in scripts)
    addresses = re.findall(r'(?:src|href)="([^"]*)"', html)
    own = ("/assets/", "data:", "#", LINKS["pdf"], "/clusters/sinaq/organisations/")
    assert all(address.startswith(own) for address in addresses)
    assert not re.search(r"\son\w+=", re.sub(r"<script.*?</script>", "", html, flags=re.S))


def test_single_file_holds_everything_and_forbids_every_request() -> None:
    html = web.render_map(scenes.scene(), asset_base=None, inline=True)
    assert "Content-Security-Policy" in html and "default-src &#39;none&#39;" in html
    assert not re.search(r'<(?:script|link)[^>]+(?:src|href)="(?!data:|#)', html)
    assert "sourceMappingURL" not in html


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("https://example.az/a?b=1", "https://example.az/a?b=1"),
        ("www.example.az", "https://www.example.az"),
        ("javascript:alert(1)", ""),
        ("JaVaScript://example.az/%0aalert(1)", ""),
        ("data:text/html,x", ""),
        ("https://user:pw@example.az", ""),
        ("http://", ""),
        ("saytı yoxdur", ""),
        ("https://exa mple.az", ""),
        ("", ""),
    ],
)
def test_only_http_addresses_become_links(value: str, address: str) -> None:
    assert web_data.safe_link(value) == address


def test_assets_are_named_by_their_content() -> None:
    found = web_assets.manifest()
    assert {"leaflet.js", "markercluster.js", "map.js", "map.css", "portal.js", "swagger-ui.js"} <= set(found)
    for name, asset in found.items():
        assert asset.licence and asset.version
        assert web_assets.address(name, "/assets/") == f"/assets/{name}?v={asset.tag}"
    with pytest.raises(NotFoundError):
        web_assets.content("../../pyproject.toml")


def test_map_reaches_beyond_the_members_and_geometry_is_cut_to_it() -> None:
    made = scenes.scene()
    west, south, east, north = web_layers.map_extent(made)
    assert all(west < m.longitude < east and south < m.latitude < north for m in made.placed)
    countries = next(layer for layer in data_of(web.render_map(made))["layers"] if layer["id"] == "countries")
    numbers = [
        float(n) for n in re.findall(r"\[(-?\d+\.\d+),", json.dumps(countries["features"]).replace(" ", ""))
    ]
    assert max(numbers) <= east + 1 and min(numbers) >= west - 1


def test_a_single_file_holds_what_its_verdict_rests_on() -> None:
    edge = {"a": "AZ-SM", "b": "AZ-ABS", "kind": "gap", "counts": True, "basis": "water", "water_share": 1.0}
    found = {
        "verdict": "bordering_regions", "satisfied": True, "regions": [], "components": [["AZ-SM"]],
        "sensitivity": None, "edges": [edge], "participants": [{"id": "kept out of the page"}],
    }  # fmt: skip
    line = {"type": "LineString", "coordinates": [[49.6, 40.5], [49.7, 40.5]]}
    shapes = [
        {"properties": {"layer": "region", "code": "AZ-SM"}, "geometry": None},
        {"properties": {"layer": "edge", "a": "AZ-SM", "b": "AZ-ABS"}, "geometry": line},
    ]
    held = web_data.evidence(found, {"features": shapes})
    assert held["edges"] == [{**edge, "geometry": line}] and "participants" not in held
    html = web.render_map(scenes.scene(), asset_base=None, inline=True, evidence=held)
    assert data_of(html)["evidence"] == held
    assert "evidence" not in data_of(web.render_map(scenes.scene(), nonce="n"))
