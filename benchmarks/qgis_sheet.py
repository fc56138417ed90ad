"""The peer of benchmarks/sheet.py: a QGIS print layout of the same sheet, run by the system's Python.

Called as ``python3 qgis_sheet.py CONTENT.json OUT.pdf RUNS``; prints one JSON line with the seconds of each
export. CONTENT.json (written by benchmarks/qgis_content.py) tells what our sheet shows and where: layers with
their paints, organisations with their signs and numbers, main map, insets and locator with their extents,
legend, table, texts. With ``"alone": true`` the map alone is exported: regions, organisations, their names,
legend, scale bar and grid.
"""

import json
import os
import sys
import textwrap
import time
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from qgis import core as q
from qgis.PyQt.QtCore import QRectF
from qgis.PyQt.QtGui import QColor, QFont


def face(size_mm, bold=False):
    font = QFont("DejaVu Sans")
    font.setBold(bold)
    font.setPointSizeF(size_mm * 72 / 25.4)
    return font


def lettering(size_mm, colour, bold=False):
    form = q.QgsTextFormat()
    form.setFont(face(size_mm, bold))
    form.setSize(size_mm)
    form.setSizeUnit(q.QgsUnitTypes.RenderMillimeters)
    form.setColor(QColor(colour))
    return form


def labelled(layer, text, form, priority=5):
    settings = q.QgsPalLayerSettings()
    settings.fieldName, settings.isExpression = text, True
    halo = form.buffer()
    halo.setEnabled(True)
    halo.setSize(0.5)
    form.setBuffer(halo)
    settings.setFormat(form)
    settings.priority = priority
    layer.setLabeling(q.QgsVectorLayerSimpleLabeling(settings))
    layer.setLabelsEnabled(True)


def wrapped(title):
    return "|".join(textwrap.wrap(title, 30))


def symbol(kind, paint):
    stroke, width = paint["stroke"] or "#00000000", str(paint["stroke_mm"] or 0)
    if kind == "area":
        fill = paint["fill"] if paint["fill_opacity"] else None
        found = {"color": fill or "#00000000", "outline_color": stroke, "outline_width": width}
        return q.QgsFillSymbol.createSimple(found)
    if kind == "line":
        return q.QgsLineSymbol.createSimple({"line_color": stroke, "line_width": width})
    return q.QgsMarkerSymbol.createSimple(
        {"color": paint["fill"] or stroke, "outline_color": stroke, "size": str(paint["size_mm"] or 1)}
    )


def opened(path, title):
    layer = q.QgsVectorLayer(path, title, "ogr")
    if not layer.isValid():
        raise SystemExit(f"QGIS cannot read {path}")
    return layer


def base_layer(spec):
    layer = opened(spec["path"], spec["title"])
    categories = [
        q.QgsRendererCategory(rule["cls"], symbol(spec["kind"], rule["paint"]), wrapped(rule["title"]))
        for rule in spec["rules"]
    ]
    layer.setRenderer(q.QgsCategorizedSymbolRenderer("cls", categories))
    named = next((rule["paint"] for rule in spec["rules"] if rule["paint"]["label"]), None)
    if named:
        labelled(layer, '"name"', lettering(named["label_mm"] or 2.5, named["label_colour"] or "#444444"))
    return layer


def organisations(content):
    layer = opened(content["organisations"], content["cluster"])
    categories = []
    for sign in content["signs"]:
        marker = q.QgsMarkerSymbol.createSimple({})
        marker.changeSymbolLayer(0, q.QgsSvgMarkerSymbolLayer(sign["path"], sign["size_mm"]))
        categories.append(q.QgsRendererCategory(sign["id"], marker, wrapped(sign["title"])))
    layer.setRenderer(q.QgsCategorizedSymbolRenderer("type", categories))
    labelled(layer, '"number" || \' \' || "name"', lettering(2.2, "#1c1c1c"), priority=10)
    return layer


def locator_layers(content):
    fill = q.QgsFillSymbol.createSimple({"color": "#f4e4c1", "outline_color": "#8a8378"})
    found = []
    for path in content["around"]:
        layer = opened(path, path)
        layer.setRenderer(q.QgsSingleSymbolRenderer(fill.clone()))
        found.append(layer)
    q.QgsProject.instance().addMapLayers(found, False)
    return found


class _Sheet:
    """A print layout that grows by what it is told to put on it; lengths are mm from top left."""

    def __init__(self, project, content):
        self.content, self.layout = content, q.QgsPrintLayout(project)
        self.layout.initializeDefaults()
        page = self.layout.pageCollection().pages()[0]
        page.setPageSize(q.QgsLayoutSize(content["page"]["w"], content["page"]["h"]))

    def put(self, item, x, y, w=None, h=None):
        if w is None:
            item.attemptMove(q.QgsLayoutPoint(x, y))
        else:
            item.attemptSetSceneRect(QRectF(x, y, w, h))
        self.layout.addLayoutItem(item)
        return item

    def map(self, x, y, view, layers):
        item = q.QgsLayoutItemMap(self.layout)
        item.attemptSetSceneRect(QRectF(x, y, view["w"], view["h"]))
        item.setCrs(q.QgsCoordinateReferenceSystem(view["crs"]))
        item.setExtent(q.QgsRectangle(*view["extent"]))
        item.setLayers(layers)
        item.setFrameEnabled(True)
        item.setBackgroundColor(QColor("#d9e8f0"))
        self.layout.addLayoutItem(item)
        return item

    def graticule(self, item, metres):
        grid = item.grid()
        grid.setEnabled(True)
        grid.setIntervalX(metres)
        grid.setIntervalY(metres)
        grid.setFrameStyle(q.QgsLayoutItemMapGrid.Zebra)
        grid.setAnnotationEnabled(True)

    def overview(self, item, linked):
        shown = q.QgsLayoutItemMapOverview(linked.displayName(), item)
        shown.setLinkedMap(linked)
        item.overviews().addOverview(shown)

    def text(self, text, x, y, w, h, size_mm=2.5, bold=False):
        item = q.QgsLayoutItemLabel(self.layout)
        item.setText(text)
        item.setFont(face(size_mm, bold))
        self.put(item, x, y, w, h)

    def picture(self, path, x, y, w, h):
        item = q.QgsLayoutItemPicture(self.layout)
        item.setPicturePath(path)
        self.put(item, x, y, w, h)

    def table(self, box, columns):
        rows = self.content["rows"]
        table = q.QgsLayoutItemManualTable.create(self.layout)
        self.layout.addMultiFrame(table)
        table.setContentTextFormat(lettering(2.0, "#1c1c1c"))
        table.setWrapBehavior(q.QgsLayoutTable.WrapText)
        table.setShowGrid(True)
        table.setCellMargin(0.6)
        w = (box["w"] - (columns - 1) * 4) / columns
        table.setColumnWidths([5, (w - 34) * 0.55, (w - 34) * 0.45, 18, 8])
        table.setTableContents([[q.QgsTableCell(str(cell)) for cell in row] for row in rows])
        table.setResizeMode(q.QgsLayoutMultiFrame.UseExistingFrames)
        for i in range(columns):
            frame = q.QgsLayoutFrame(self.layout, table)
            frame.attemptSetSceneRect(QRectF(box["x"] + i * (w + 4), box["y"], w, box["h"]))
            table.addFrame(frame)
        table.refresh()

    def further_page(self):
        page = q.QgsLayoutItemPage(self.layout)
        size = self.content["page"]
        page.setPageSize(q.QgsLayoutSize(size["w"], size["h"]))
        pages = self.layout.pageCollection()
        pages.addPage(page)
        at = pages.pagePositionToLayoutPosition(1, q.QgsLayoutPoint(9, 9))
        return {"x": at.x(), "y": at.y(), "w": size["w"] - 18, "h": size["h"] - 18}

    def bar(self, item, x, y):
        bar = q.QgsLayoutItemScaleBar(self.layout)
        bar.setLinkedMap(item)
        bar.applyDefaultSize()
        self.put(bar, x, y)

    def legend(self, item, x, y):
        legend = q.QgsLayoutItemLegend(self.layout)
        legend.setLinkedMap(item)
        for style in (q.QgsLegendStyle.Group, q.QgsLegendStyle.Subgroup, q.QgsLegendStyle.SymbolLabel):
            legend.setStyleFont(style, face(1.7))
        legend.setSymbolHeight(3)
        legend.setLineSpacing(0.3)
        legend.setWrapString("|")
        legend.setColumnCount(2)
        legend.setSplitLayer(True)
        self.put(legend, x, y)


def map_alone(project, content, layers):
    sheet = _Sheet(project, content)
    view = content["main"]
    item = sheet.map(view["x"], view["y"], view, layers)
    sheet.graticule(item, content["grid_m"])
    sheet.legend(item, content["right"]["x"], content["right"]["y"])
    sheet.bar(item, content["right"]["x"], 150)
    return sheet.layout


def whole_sheet(project, content, layers):
    sheet = _Sheet(project, content)
    view, right, top, bottom = (content[name] for name in ("main", "right", "top", "bottom"))
    item = sheet.map(view["x"], view["y"], view, layers)
    sheet.graticule(item, content["grid_m"])
    for inset in content["insets"]:
        frame = sheet.map(view["x"] + inset["x"], view["y"] + inset["y"], inset, layers)
        sheet.overview(item, frame)
        head = f"{inset['letter']} {inset['title']} {inset['scale']}"
        sheet.text(head, view["x"] + inset["x"] + 1, view["y"] + inset["y"] + 1, 60, 4, bold=True)
    where = content["locator"]
    low = right["y"] + right["h"]
    around = sheet.map(right["x"] + right["w"] - where["w"], low - where["h"], where, locator_layers(content))
    sheet.overview(around, item)
    sheet.legend(item, right["x"], right["y"])
    sheet.bar(item, right["x"], low - where["h"] - 14)
    sheet.picture(content["north"], right["x"] + 60, low - where["h"] - 16, 8, 14)
    sheet.picture(content["qr"], right["x"] + 3, low - 14, 14, 14)
    sheet.text(content["code"], right["x"] + 19, low - 8, 40, 8, 1.9)
    sheet.text(content["title"], top["x"], top["y"], 200, 5, bold=True)
    sheet.text(content["cluster"], top["x"], top["y"] + 6, 300, 8, 5.5, bold=True)
    sheet.text(content["state"], top["x"] + 300, top["y"], 100, 16)
    for index, text in enumerate(content["notes"]):
        sheet.text(text, bottom["x"] + index * 100, bottom["y"] + 3, 96, bottom["h"], 1.7)
    box = content["table"]
    if box["h"] < 5:  # ours has it on a page of its own
        box = sheet.further_page()
    sheet.table(box, 4 if content["page"]["landscape"] else 3)
    return sheet.layout


def main(path, out, runs):
    content = json.loads(Path(path).read_text("utf-8"))
    app = q.QgsApplication([], False)
    app.initQgis()
    project = q.QgsProject.instance()
    project.setCrs(q.QgsCoordinateReferenceSystem(content["main"]["crs"]))
    specs = content["layers"]
    if content["alone"]:
        specs = [spec for spec in specs if spec["id"] == "az-districts"]
    layers = [organisations(content), *map(base_layer, reversed(specs))]
    project.addMapLayers(layers)
    layout = (map_alone if content["alone"] else whole_sheet)(project, content, layers)
    exporter = q.QgsLayoutExporter(layout)
    settings = q.QgsLayoutExporter.PdfExportSettings()
    settings.textRenderFormat = q.QgsRenderContext.TextFormatAlwaysText
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        code = exporter.exportToPdf(out, settings)
        if code != q.QgsLayoutExporter.Success:
            raise SystemExit(f"QGIS export ended with {code}")
        times.append(time.perf_counter() - start)
    print(json.dumps(times), flush=True)
    os._exit(0)  # QGIS crashes in its own clean-up without a desktop


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
