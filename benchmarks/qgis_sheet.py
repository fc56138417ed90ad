"""The peer of benchmarks/sheet.py: the same content as a QGIS print layout, run by the system's Python.

Called as ``python3 qgis_sheet.py DISTRICTS.geojson POINTS.geojson OUT.pdf RUNS``; prints one JSON line with
the seconds of each export. 75 polygons with names, points with labels, legend, scale bar, grid.
"""

import json
import os
import sys
import time


def main(districts, points, out, runs):
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from qgis import core as q
    from qgis.PyQt.QtCore import QRectF
    from qgis.PyQt.QtGui import QColor

    app = q.QgsApplication([], False)
    app.initQgis()
    project = q.QgsProject.instance()
    crs = q.QgsCoordinateReferenceSystem("EPSG:32639")
    project.setCrs(crs)
    layers = []
    for path, name, field in ((districts, "districts", "name_az"), (points, "points", "name")):
        layer = q.QgsVectorLayer(path, name, "ogr")
        if not layer.isValid():
            raise SystemExit(f"QGIS cannot read {path}")
        settings = q.QgsPalLayerSettings()
        settings.fieldName = field
        layer.setLabeling(q.QgsVectorLayerSimpleLabeling(settings))
        layer.setLabelsEnabled(True)
        project.addMapLayer(layer)
        layers.insert(0, layer)
    layout = q.QgsPrintLayout(project)
    layout.initializeDefaults()
    page = layout.pageCollection().pages()[0]
    page.setPageSize("A3", q.QgsLayoutItemPage.Landscape)
    item = q.QgsLayoutItemMap(layout)
    item.attemptSetSceneRect(QRectF(12, 30, 298, 154))
    item.setCrs(crs)
    to_crs = q.QgsCoordinateTransform(layers[0].crs(), crs, project)
    item.zoomToExtent(to_crs.transformBoundingBox(layers[0].extent()).buffered(4000))
    item.setLayers(layers)
    item.grid().setEnabled(True)
    item.grid().setIntervalX(20000)
    item.grid().setIntervalY(20000)
    item.setBackgroundColor(QColor("#d9e8f0"))
    layout.addLayoutItem(item)
    legend = q.QgsLayoutItemLegend(layout)
    legend.setLinkedMap(item)
    legend.attemptMove(q.QgsLayoutPoint(320, 30))
    layout.addLayoutItem(legend)
    bar = q.QgsLayoutItemScaleBar(layout)
    bar.setLinkedMap(item)
    bar.applyDefaultSize()
    bar.attemptMove(q.QgsLayoutPoint(320, 150))
    layout.addLayoutItem(bar)
    exporter = q.QgsLayoutExporter(layout)
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        code = exporter.exportToPdf(out, q.QgsLayoutExporter.PdfExportSettings())
        if code != q.QgsLayoutExporter.Success:
            raise SystemExit(f"QGIS export ended with {code}")
        times.append(time.perf_counter() - start)
    print(json.dumps(times), flush=True)
    os._exit(0)  # QGIS crashes in its own clean-up without a desktop


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
