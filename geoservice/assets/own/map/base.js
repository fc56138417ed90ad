// Base layers and regions on canvas: areas below, lines above them; points and labels are in labels.js.

import { regionContent } from "./popup.js";
import { el } from "../common/dom.js";

/** Leaflet's path options of a paint. */
function pathStyle(paint, opacity = 1) {
  return {
    stroke: Boolean(paint.stroke) && paint.width > 0,
    color: paint.stroke ?? "#000000",
    weight: paint.width,
    opacity: paint.strokeOpacity * opacity,
    dashArray: paint.dash.length ? paint.dash.join(" ") : null,
    fill: Boolean(paint.fill) && paint.fillOpacity > 0,
    fillColor: paint.fill ?? "#000000",
    fillOpacity: paint.fillOpacity * opacity,
    lineJoin: "round",
    lineCap: "butt",
  };
}

const casingStyle = (paint, opacity) => ({
  ...pathStyle(paint, opacity), color: paint.casing, weight: paint.casingWidth, dashArray: null, fill: false,
});

/** The scale denominator of a zoom at a latitude, for screens of 96 dpi (OGC's 0.28 mm pixel). */
export const denominator = (zoom, latitude) => (559082264 * Math.cos((latitude * Math.PI) / 180)) / 2 ** zoom;

export class BaseLayers {
  constructor(app) {
    this.app = app;
    const { map } = app;
    // The lowest canvas takes the clicks: those above it are made deaf in map.css.
    for (const [name, zIndex] of [["gs-areas", 210], ["gs-rasters", 260], ["gs-lines", 320]]) {
      map.createPane(name).style.zIndex = zIndex;
    }
    this.renderers = {
      area: L.canvas({ pane: "gs-areas", padding: 0.4 }),
      line: L.canvas({ pane: "gs-lines", padding: 0.4 }),
    };
    this.on = new Map(); // layer id -> shown
    this.opacity = new Map();
    for (const layer of app.data.layers) {
      this.on.set(layer.id, true);
      this.opacity.set(layer.id, layer.opacity);
    }
    this.on.set("regions", true);
    this.background = false; // whether a base map of another source lies below
    this.drawn = [];
    map.on("zoomend", () => this.redrawIfClassesChange());
  }

  /** Whether a class of a layer is drawn now: its layer is on and the scale is in its range. */
  visible(layer, rule) {
    if (!this.on.get(layer.id)) return false;
    if (!rule.scale) return true;
    const now = denominator(this.app.map.getZoom(), this.app.map.getCenter().lat);
    return now >= rule.scale[0] * 0.8 && now <= rule.scale[1] * 1.25;
  }

  set(id, shown) {
    this.on.set(id, shown);
    this.draw();
    this.app.changed("layers");
  }

  setOpacity(id, value) {
    this.opacity.set(id, value);
    this.draw();
  }

  /** Over a base map our own areas show their borders only, and regions a light tint. */
  setBackground(shown) {
    this.background = shown;
    this.draw();
    this.app.changed("background");
  }

  style(paint, opacity = 1, tint = 0) {
    const style = pathStyle(paint, opacity);
    return this.background ? { ...style, fillOpacity: style.fillOpacity * tint, fill: style.fill && tint > 0 } : style;
  }

  classesNow() {
    return this.app.data.layers.flatMap((layer) => layer.rules.map((rule) => this.visible(layer, rule))).join();
  }

  redrawIfClassesChange() {
    if (this.classes && this.classesNow() !== this.classes) this.draw();
  }

  draw() {
    this.classes = this.classesNow();
    for (const item of this.drawn) item.remove();
    this.drawn = [];
    const { layers } = this.app.data;
    const areas = layers.filter((layer) => layer.kind === "area");
    // Regions are tinted above the filled areas and below the first that is nothing but borders, and what follows.
    const first = areas.findIndex((layer) => layer.rules.every(({ paint }) => !paint.fill || !paint.fillOpacity));
    const below = first < 0 ? areas.length : first;
    for (const layer of areas.slice(0, below)) this.drawAreas(layer);
    for (const layer of layers) {
      if (layer.kind === "raster" && this.on.get(layer.id)) this.drawRaster(layer);
      if (layer.kind === "line") this.drawLines(layer);
    }
    this.drawRegions();
    for (const layer of areas.slice(below)) this.drawAreas(layer);
  }

  add(features, style, kind, options = {}) {
    if (!features.length) return null;
    const item = L.geoJSON(
      features.map(([code, name, , geometry]) => ({ type: "Feature", properties: { code, name }, geometry })),
      { style: () => style, renderer: this.renderers[kind], interactive: false, smoothFactor: 0.8, ...options },
    ).addTo(this.app.map);
    this.drawn.push(item);
    return item;
  }

  byRule(layer) {
    return layer.rules
      .map((rule, place) => [rule, layer.features.filter((feature) => feature[2] === place)])
      .filter(([rule]) => this.visible(layer, rule));
  }

  drawAreas(layer) {
    const opacity = this.opacity.get(layer.id);
    for (const [rule, features] of this.byRule(layer)) {
      const own = layer.id.startsWith("user") || layer.note === "user";
      const item = this.add(features, this.style(rule.paint, opacity, own ? 1 : 0), "area", { interactive: own });
      if (item && own) this.answer(item, (feature) => this.areaContent(layer, feature));
    }
  }

  drawRaster(layer) {
    const options = { pane: "gs-rasters", opacity: this.opacity.get(layer.id), alt: layer.title };
    this.drawn.push(L.imageOverlay(layer.image.href, layer.image.bounds, options).addTo(this.app.map));
  }

  /** Opens a popup on a click, unless the click measures or chooses a place. */
  answer(item, content) {
    item.on("click", ({ latlng, sourceTarget }) => {
      if (this.app.capturing) return;
      L.popup({ maxWidth: 320, className: "gs-popup" }).setLatLng(latlng).setContent(content(sourceTarget)).openOn(this.app.map);
    });
  }

  areaContent(layer, { feature }) {
    return el("div", { class: "gs-card" }, el("h2", { class: "gs-card-title", text: feature.properties.name }),
      el("p", { text: layer.title }));
  }

  drawLines(layer) {
    const opacity = this.opacity.get(layer.id);
    const rules = this.byRule(layer).reverse(); // the first rule matters most and lies on top
    for (const [rule, features] of rules) {
      if (rule.paint.casing) this.add(features, casingStyle(rule.paint, opacity), "line");
    }
    for (const [rule, features] of rules) this.add(features, pathStyle(rule.paint, opacity), "line");
  }

  drawRegions() {
    const { regions, legend } = this.app.data;
    if (!this.on.get("regions")) return;
    const entries = legend.find((group) => group.code === "regions")?.entries ?? [];
    for (const state of ["bordering", "occupied"]) {
      const paint = entries.find((entry) => entry.ref === state)?.paint;
      if (!paint) continue;
      for (const region of regions.filter((candidate) => candidate.state === state)) {
        const item = this.add([[region.code, region.name, 0, this.outline(region)]], this.style(paint, 1, 0.35), "area",
          { interactive: true });
        this.answer(item, () => regionContent(this.app, region));
      }
    }
  }

  /** A region's geometry: that of its layer, which holds it already, unless it was sent by itself. */
  outline({ code, geometry }) {
    if (geometry) return geometry;
    for (const layer of this.app.data.layers) {
      const found = layer.features.find((feature) => feature[0] === code);
      if (layer.kind === "area" && found) return found[3];
    }
    return null;
  }
}
