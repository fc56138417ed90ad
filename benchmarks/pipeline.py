"""The main job, step by step: import, placement, web map, sheet.

Peers: geopandas.sjoin for placement; plain folium (a Marker and a Popup for each organisation, GeoJson for
the regions) for the map; matplotlib with text (what a script without Typst would do) for the sheet.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from benchmarks.harness import compare, measure, measure_isolated, show

ROWS, POINTS = 10_000, 100_000


def register_csv(rows: int) -> bytes:
    """A register of organisations all over Bakı and Abşeron, in Azerbaijani headings and decimal commas."""
    lines = ["№;Adı;Təşkilatın növü;İxtisaslaşma;VÖEN;En dairəsi;Uzunluq dairəsi"]
    for row in range(rows):
        latitude, longitude = 40.35 + (row % 100) * 0.001, 49.70 + (row // 100 % 100) * 0.002
        place = f"{latitude:.5f};{longitude:.5f}".replace(".", ",")
        lines.append(f"{row + 1};Müəssisə {row + 1} MMC;Kiçik istehsal müəssisəsi;Emal;99{row:08};{place}")
    return "\n".join(lines).encode()


def import_rows(folder: str) -> None:
    """Read, check and store a register in a new SQLite store."""
    from geoservice.model import LOCAL_OPERATOR
    from geoservice.service import GeoService
    from geoservice.store.sqlite import SqliteStore

    with tempfile.TemporaryDirectory(dir=folder) as place:
        service = GeoService(SqliteStore(Path(place) / "geoservice.sqlite"))
        service.create_cluster(LOCAL_OPERATOR, "a", {"title": "A"})
        report = service.import_register(LOCAL_OPERATOR, "a", "a.csv", register_csv(ROWS))
        assert report.taken == ROWS, report.problems[:3]
        service.store.close()


def demo_service():
    """A service with the demo clusters in memory."""
    from geoservice.service import GeoService, demo
    from geoservice.store.memory import MemoryStore

    service = GeoService(MemoryStore())
    demo.load(service)
    return service


def sheet_once() -> None:
    """Everything from an empty process to the finished sheet."""
    from geoservice.model import LOCAL_OPERATOR

    assert demo_service().sheet(LOCAL_OPERATOR, "abseron-kimya", "az").prepared.body


def map_once() -> None:
    """Everything from an empty process to the finished page."""
    from geoservice.model import LOCAL_OPERATOR

    assert demo_service().web_map(LOCAL_OPERATOR, "abseron-kimya", "az")


def forget(service) -> None:
    """Drop what the service remembers of results, not the layers it has read."""
    service.memo.clear()


def placement() -> None:
    """100,000 points against the districts, ours and geopandas.sjoin.

    The points lie inside; beside them the same number all over the box, a third of them at sea or abroad, for
    which ours finds the nearest region and how far it is, and sjoin says nothing.
    """
    import geopandas as gpd
    import numpy as np

    from geoservice.catalog import Catalog
    from geoservice.territory.placement import locate

    boundaries = Catalog().boundaries("az-districts")
    west, south, east, north = boundaries.frame.total_bounds
    numbers = np.random.default_rng(1)
    everywhere = numbers.uniform(west, east, 4 * POINTS), numbers.uniform(south, north, 4 * POINTS)
    inside = np.flatnonzero(locate(*everywhere, boundaries).how == 0)[:POINTS]
    lon, lat = everywhere[0][inside], everywhere[1][inside]
    assert len(lon) == POINTS
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326")
    ours = show(measure(f"placement, {POINTS:,} points", lambda: locate(lon, lat, boundaries)))
    peer = show(
        measure("geopandas.sjoin, frame built", lambda: gpd.sjoin(frame, boundaries.frame, how="left"))
    )
    compare(ours, peer, faster_by=1)
    box = everywhere[0][:POINTS], everywhere[1][:POINTS]
    show(measure("placement, a third of them outside", lambda: locate(*box, boundaries)))


def web_map() -> None:
    """The demo's page, warm and cold, beside plain folium with the same regions and organisations."""
    from geoservice.model import LOCAL_OPERATOR

    service = demo_service()
    scene = service.scene(LOCAL_OPERATOR, "abseron-kimya", "az")

    def ours() -> None:
        forget(service)
        service.web_map(LOCAL_OPERATOR, "abseron-kimya", "az")

    def plain() -> None:
        import folium

        page = folium.Map()
        for layer in scene.layers:
            columns = ["name", "geometry"]
            folium.GeoJson(layer.frame[columns], tooltip=folium.GeoJsonTooltip(["name"])).add_to(page)
        for member in scene.placed:
            popup = folium.Popup(f"<b>{member.name}</b><br>{member.specialisation}")
            folium.Marker([member.latitude, member.longitude], popup=popup).add_to(page)
        page.get_root().render()

    made = show(measure("web map of the demo, warm", ours))
    compare(made, show(measure("plain folium, same layers", plain)), faster_by=1)
    show(measure_isolated("web map of the demo, cold", map_once))


def sheet() -> None:
    """The demo's sheet, warm and cold, beside matplotlib that draws its text itself."""
    from geoservice.model import LOCAL_OPERATOR

    service = demo_service()
    scene = service.scene(LOCAL_OPERATOR, "abseron-kimya", "az")

    def ours() -> None:
        forget(service)
        service.sheet(LOCAL_OPERATOR, "abseron-kimya", "az")

    def plain() -> None:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(16.54, 11.69))
        axes = figure.add_subplot()
        for layer in scene.layers:
            layer.frame.plot(ax=axes)
        for member in scene.placed:
            axes.annotate(f"{member.number} {member.name}", (member.longitude, member.latitude))
        figure.savefig(io.BytesIO(), format="pdf")

    made = show(measure("A3 sheet of the demo, warm", ours))
    compare(made, show(measure("geopandas.plot with matplotlib's text", plain)), faster_by=1)
    show(measure_isolated("A3 sheet of the demo, cold", sheet_once))


def main() -> None:
    """Run all steps."""
    with tempfile.TemporaryDirectory() as folder:
        show(measure_isolated(f"import of {ROWS:,} rows, new store", import_rows, folder))
    placement()
    web_map()
    sheet()


if __name__ == "__main__":
    main()
