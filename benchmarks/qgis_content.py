"""What a sheet shows and where, written down for the QGIS layout beside it (benchmarks/qgis_sheet.py).

Everything comes from our own finished layout, so that QGIS is spared what ours works out first: the extents
of main map and insets, numbers and grid squares of organisations, rows of the table, entries of the legend.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from msgspec import to_builtins
from shapely import to_geojson

#: What the locator shows: layers, and west, south, east, north of Azerbaijan in degrees.
LOCATOR_LAYERS = ("az-districts", "countries")
LOCATOR_EXTENT = (44.2, 37.5, 51.2, 42.75)
NORTH = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 40" width="20" height="40">'
    '<path d="M10 1L17 38L10 31Z"/><path d="M10 1L3 38L10 31Z" fill="#fff" stroke="#000"/></svg>'
)


def write_content(scene: Any, catalog: Any, folder: Path, name: str) -> None:
    """Write ``name.json`` (the sheet), ``name-alone.json`` (map, legend, bar) and their layers and signs."""
    from geoservice.render.sheet import SheetOptions, prepare

    inputs, _ = prepare(scene, SheetOptions(), catalog)
    data = json.loads(inputs["data"])
    boxes, words = data["boxes"], data["words"]
    entries = [entry for group in data["legend"] for entry in group["entries"]]
    sizes = {entry["title"]: entry["w"] for entry in entries if "w" in entry}
    layers = [
        _layer(layer, folder / f"{name}-{layer.id}.geojson")
        for layer in scene.layers
        if layer.data is not None
    ]
    over = 1 + next(place for place, spec in enumerate(layers) if spec["id"] == "az-districts")
    content = {
        "page": data["page"],
        "main": {**boxes["map"], "crs": scene.frame.crs, "extent": scene.frame.extent},
        "insets": data["insets"],
        "locator": {
            "crs": "EPSG:4326",
            "extent": LOCATOR_EXTENT,
            "w": data["locator"]["w"],
            "h": data["locator"]["h"],
        },
        **{box: boxes[box] for box in ("right", "top", "bottom", "table")},
        "grid_m": round(scene.frame.denominator * data["frame"]["column_mm"] / 1000),
        "layers": [
            *layers[:over],
            _regions(scene, catalog, folder / f"{name}-regions.geojson"),
            *layers[over:],
        ],
        "around": [
            _around(catalog.frame(layer), folder / f"around-{layer}.geojson") for layer in LOCATOR_LAYERS
        ],
        "organisations": _organisations(scene, folder / f"{name}.geojson"),
        "signs": [
            {
                "id": sign.id,
                "title": sign.title,
                "size_mm": sizes.get(sign.title, sign.size_mm),
                "path": _text(folder / f"{sign.id}.svg", sign.svg),
            }
            for sign in scene.signs.values()
            if sign.kind == "type"
        ],
        "rows": _rows(data),
        "title": data["title"],
        "cluster": data["cluster"],
        "state": f"{data['notice']}\n{data['as_of']}, {data['revision']}\n{data['scale']}",
        "notes": [
            f"{words['verdict']}\n{data['verdict']['sentence']}",
            f"{words['basis']}\n{data['reason']}\n{data['crs']}\n" + "; ".join(data["sources"]),
            "\n".join(data["signature"].values()),
            "\n".join(f"{entry['form']}: {entry['title']}" for entry in entries if "form" in entry),
        ],
        "code": f"{words['code']}: {data['stamp']['code']}",
        "qr": _text(folder / f"{name}-qr.svg", data["stamp"]["qr"]),
        "north": _text(folder / "north.svg", NORTH),
    }
    for ending, alone in (("", False), ("-alone", True)):
        _text(folder / f"{name}{ending}.json", json.dumps({**content, "alone": alone}, ensure_ascii=False))


def _text(path: Path, text: str) -> str:
    path.write_text(text, "utf-8")
    return str(path)


def _rule(cls: str, title: str, paint: Any) -> dict[str, Any]:
    return {"cls": cls, "title": title, "paint": to_builtins(paint)}


def _layer(layer: Any, path: Path) -> dict[str, Any]:
    layer.frame[["name", "cls", "geometry"]].to_file(path, driver="GeoJSON")
    rules = [_rule(rule.cls, rule.title, rule.paint) for rule in layer.rules]
    return {"id": layer.id, "title": layer.title, "kind": layer.kind, "path": str(path), "rules": rules}


def _around(frame: Any, path: Path) -> str:
    frame[["code", "geometry"]].clip(LOCATOR_EXTENT).to_file(path, driver="GeoJSON")
    return str(path)


def _regions(scene: Any, catalog: Any, path: Path) -> dict[str, Any]:
    """Occupied and bordering regions, which our sheet paints over the districts."""
    _features(
        path,
        [({"name": r.name, "cls": r.state}, json.loads(to_geojson(r.geometry))) for r in scene.regions],
    )
    styles = [catalog.layer_styles[state] for state in ("occupied", "bordering")]
    rules = [_rule(style.id, style.rule[0].title[scene.lang], style.rule[0].paint) for style in styles]
    for rule in rules:
        rule["paint"]["label"] = False  # the districts below them have the same names
    return {"id": "regions", "title": "", "kind": "area", "path": str(path), "rules": rules}


def _organisations(scene: Any, path: Path) -> str:
    found = [
        (
            {"number": member.number, "name": member.name, "type": member.type_code},
            {"type": "Point", "coordinates": [member.longitude, member.latitude]},
        )
        for member in scene.placed
    ]
    return _features(path, found)


def _features(path: Path, found: list[tuple[dict[str, Any], Any]]) -> str:
    """Write properties and geometries as GeoJSON."""
    features = [
        {"type": "Feature", "properties": properties, "geometry": shape} for properties, shape in found
    ]
    return _text(path, json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False))


def _rows(data: dict[str, Any]) -> list[list[str]]:
    """The table as printed: the title of each group, then its organisations; last those without a sign."""
    rows = []
    groups = [*data["table"], {"title": data["words"]["unplaced"], "rows": data["unplaced"]}]
    for group in filter(lambda group: group["rows"], groups):
        rows.append(["", group["title"], "", "", ""])
        for row in group["rows"]:
            name = f"{row['name']} {row['mark']}".rstrip()
            rows.append([row["number"], name, row["specialisation"], row["region"], row["square"]])
    return rows
