// Base layers and regions on canvas: areas below, lines above them; points and labels are in labels.js.
// What lies at a place is found by geometry, not by the canvas: so every feature answers, however they are stacked.

import { apart, distanceTo, featuresOf, inside, viewOf } from "./geometry.js";
import { placeContent } from "./popup.js";

const PADDING = 0.4; // share of the map drawn beyond each edge, so that dragging shows no blank
const REACH_PX = 9; // how far from a line or a point a click still means it

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

/** An opaque fill is the ground itself: it makes way for a base map of another source. */
const isGround = (paint) => Boolean(paint.fill) && paint.fillOpacity >= 1;

/** The scale denominator of a zoom at a latitude, for screens of 96 dpi (OGC's 0.28 mm pixel). */
export const denominator = (zoom, latitude) => (559082264 * Math.cos((latitude * Math.PI) / 180)) / 2 ** zoom;

/** A canvas that is drawn anew only when a move leaves what it holds: Leaflet's own is after every move. */
const CalmCanvas = L.Canvas.extend({
  getEvents() {
    return { ...L.Canvas.prototype.getEvents.call(this), moveend: this._updateIfLeft };
  },

  _updateIfLeft() {
    const map = this._map;
    const size = map.getSize();
    const view = L.bounds(map.containerPointToLayerPoint([0, 0]), map.containerPointToLayerPoint(size));
    const held = this._bounds && this._zoom === map.getZoom() && this._sizeThen?.equals(size) && this._bounds.contains(view);
    if (!held) this._update();
  },

  _update() {
    L.Canvas.prototype._update.call(this);
    this._sizeThen = this._map.getSize();
  },
});

export class BaseLayers {
  constructor(app) {
    this.app = app;
    const { map } = app;
    for (const [name, zIndex] of [["gs-areas", 210], ["gs-rasters", 260], ["gs-lines", 320]]) {
      map.createPane(name).style.zIndex = zIndex;
    }
    this.renderers = {
      area: new CalmCanvas({ pane: "gs-areas", padding: 0 }),
      line: new CalmCanvas({ pane: "gs-lines", padding: 0 }),
    };
    this.on = new Map(); // layer id -> shown
    this.off = new Set(); // classes switched off: "layer/class", "regions/state"
    this.opacity = new Map();
    for (const layer of app.data.layers) this.know(layer);
    this.on.set("regions", true);
    this.narrow = true; // only what is in view is drawn, until `widen`
    this.background = false; // whether a base map of another source lies below
    this.drawn = [];
    map.on("zoomend", () => this.redrawIfClassesChange());
    map.on("click", ({ latlng }) => this.answer(latlng));
    // A map that is moved by keys answers for its middle, where a cross is shown.
    map.getContainer().addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target !== map.getContainer()) return;
      map.fire("click", { latlng: map.getCenter(), containerPoint: map.getSize().divideBy(2), byKey: true });
    });
  }

  know(layer) {
    this.on.set(layer.id, true);
    this.opacity.set(layer.id, layer.opacity);
  }

  /** Takes in a layer of the catalogue that the page did not hold. */
  insert(layer) {
    this.know(layer);
    const { layers } = this.app.data;
    const above = layers.findIndex((other) => other.order > layer.order);
    layers.splice(above < 0 ? layers.length : above, 0, layer);
    this.app.labels.collect();
    this.draw();
    this.app.changed("layers");
  }

  inScale(rule) {
    if (!rule.scale) return true;
    const now = denominator(this.app.map.getZoom(), this.app.map.getCenter().lat);
    return now >= rule.scale[0] * 0.8 && now <= rule.scale[1] * 1.25;
  }

  /** Whether a class of a layer is drawn now: it and its layer are on and the scale is in its range. */
  visible(layer, rule) {
    return this.on.get(layer.id) && !this.off.has(`${layer.id}/${rule.cls}`) && this.inScale(rule);
  }

  set(id, shown) {
    this.on.set(id, shown);
    this.draw();
    this.app.changed("layers");
  }

  /** Switches one class of a layer, or one state of regions. */
  setClass(ref, shown) {
    this.off[shown ? "delete" : "add"](ref);
    this.draw();
    this.app.changed("layers");
  }

  setOpacity(id, value) {
    this.opacity.set(id, value);
    cancelAnimationFrame(this.frame); // a slider tells more often than can be drawn
    this.frame = requestAnimationFrame(() => {
      this.draw();
      this.app.changed("layers");
    });
  }

  /** Over a base map our own ground shows its borders only, and regions a light tint. */
  setBackground(shown) {
    this.background = shown;
    this.draw();
    this.app.changed("background");
  }

  style(paint, opacity = 1, tint = 0) {
    const style = pathStyle(paint, opacity);
    if (!this.background || !isGround(paint)) return style;
    return { ...style, fillOpacity: style.fillOpacity * tint, fill: style.fill && tint > 0 };
  }

  classesNow() {
    return this.app.data.layers.flatMap((layer) => layer.rules.map((rule) => this.visible(layer, rule))).join();
  }

  redrawIfClassesChange() {
    if (this.classes && this.classesNow() !== this.classes) this.draw();
  }

  /** Draws beyond the view when there is time for that, and before the view is left at the latest. */
  widenSoon() {
    const { map } = this.app;
    const once = () => {
      map.off("movestart", once);
      if (this.narrow) this.widen();
    };
    map.on("movestart", once);
    if (window.requestIdleCallback) requestIdleCallback(once, { timeout: 2000 });
    else setTimeout(once, 200);
  }

  /** From now on draws beyond the view, too: the first picture does not wait for that. */
  widen() {
    this.narrow = false;
    this.clear(); // or what is drawn would be reckoned anew just before it goes
    for (const renderer of Object.values(this.renderers)) {
      renderer.options.padding = PADDING;
      if (renderer._map) renderer._update();
    }
    this.draw();
  }

  clear() {
    for (const item of this.drawn) item.remove();
    this.drawn = [];
  }

  draw() {
    this.classes = this.classesNow();
    this.clear();
    const { layers } = this.app.data;
    const areas = layers.filter((layer) => layer.kind === "area");
    // Regions are tinted above the filled areas and below the first that is nothing but borders, and what follows.
    const first = areas.findIndex((layer) => layer.rules.every(({ paint }) => !paint.fill || !paint.fillOpacity));
    const below = first < 0 ? areas.length : first;
    const covered = this.covered();
    for (const layer of areas.slice(0, below)) this.drawAreas(layer, layer.level ? covered : null);
    for (const layer of layers) {
      if (layer.kind === "raster" && this.on.get(layer.id)) this.drawRaster(layer);
      if (layer.kind === "line") this.drawLines(layer);
    }
    this.drawRegions();
    for (const layer of areas.slice(below)) this.drawAreas(layer);
  }

  add(features, style, kind) {
    if (!features.length) return;
    const data = features.map(([, , , geometry]) => ({ type: "Feature", properties: null, geometry }));
    this.drawn.push(L.geoJSON(data, { style: () => style, renderer: this.renderers[kind], interactive: false,
      smoothFactor: 0.8 }).addTo(this.app.map));
  }

  byRule(layer) {
    const view = this.narrow ? viewOf(this.app.map) : null;
    const near = view ? layer.features.filter((_, place) => !apart(featuresOf(layer)[place].box, view)) : layer.features;
    return layer.rules
      .map((rule, place) => [rule, near.filter((feature) => feature[2] === place)])
      .filter(([rule]) => this.visible(layer, rule));
  }

  drawAreas(layer, covered) {
    const opacity = this.opacity.get(layer.id);
    for (const [rule, features] of this.byRule(layer)) {
      this.add(covered ? features.filter(([code]) => !covered.has(code)) : features, this.style(rule.paint, opacity), "area");
    }
  }

  /** Codes of the areas that lie whole below a region's tint: drawing them would be for nothing. */
  covered() {
    const opaque = (region) => this.regionShown(region) && isGround(this.regionPaint(region.state) ?? {});
    return new Set(this.background ? [] : this.app.data.regions.filter(opaque).map(({ code }) => code));
  }

  regionPaint(state) {
    return this.app.data.legend.find(({ code }) => code === "regions")?.entries.find(({ ref }) => ref === state)?.paint;
  }

  drawRaster(layer) {
    const options = { pane: "gs-rasters", opacity: this.opacity.get(layer.id), alt: layer.title };
    this.drawn.push(L.imageOverlay(layer.image.href, layer.image.bounds, options).addTo(this.app.map));
  }

  drawLines(layer) {
    const opacity = this.opacity.get(layer.id);
    const rules = this.byRule(layer).reverse(); // the first rule matters most and lies on top
    for (const [rule, features] of rules) {
      if (rule.paint.casing) this.add(features, casingStyle(rule.paint, opacity), "line");
    }
    for (const [rule, features] of rules) this.add(features, pathStyle(rule.paint, opacity), "line");
  }

  regionShown({ state }) {
    return this.on.get("regions") && !this.off.has(`regions/${state}`);
  }

  drawRegions() {
    const { regions } = this.app.data;
    for (const state of ["bordering", "occupied"]) {
      const paint = this.regionPaint(state);
      const shown = regions.filter((region) => region.state === state && this.regionShown(region));
      const outlines = shown.map((region) => [region.code, region.name, 0, this.outline(region)]).filter((item) => item[3]);
      if (paint) this.add(outlines, this.style(paint, 1, 0.35), "area");
    }
  }

  /** A region's geometry: that of its layer, which holds it already, unless it was sent by itself. */
  outline(region) {
    return region.geometry ?? this.regionFeature(region)?.geometry;
  }

  regionFeature({ code, name, geometry }) {
    if (geometry) {
      this.apart ??= new Map();
      if (!this.apart.has(code)) {
        const layer = { id: "regions", kind: "area", level: "region", rules: [{}], features: [[code, name, 0, geometry, null]] };
        this.apart.set(code, featuresOf(layer)[0]);
      }
      return this.apart.get(code);
    }
    for (const layer of this.app.data.layers) {
      const found = layer.kind === "area" && featuresOf(layer).find((feature) => feature.code === code);
      if (found) return found;
    }
    return null;
  }

  /** Opens a popup on what lies at a place, unless the click measures or chooses a place. */
  answer(latlng) {
    if (this.app.capturing || this.app.answers?.(latlng)) return;
    const found = this.at(latlng);
    if (!found.length) return;
    L.popup({ maxWidth: 320, className: "gs-popup", autoPanPadding: [60, 20] }).setLatLng(latlng)
      .setContent(placeContent(this.app, found)).openOn(this.app.map);
  }

  /** Features, rasters and the region at a place, the uppermost first. */
  at({ lat, lng }) {
    const { map, data } = this.app;
    const size = map.getSize();
    const [west, south, east, north] = viewOf(map);
    const kx = size.x / (east - west);
    const ky = size.y / (north - south);
    const shown = [...data.layers].reverse().filter((layer) => this.on.get(layer.id));
    const meets = (feature) => (feature.layer.kind === "area" ? inside(feature.parts, lng, lat)
      : distanceTo(feature.parts, lng, lat, kx, ky) <= REACH_PX);
    const features = (kind) => shown.filter((layer) => layer.kind === kind).flatMap((layer) => featuresOf(layer)
      .filter((feature) => this.visible(layer, feature.rule) && meets(feature)));
    const rasters = shown.filter(({ kind, image }) => kind === "raster" && L.latLngBounds(image.bounds).contains([lat, lng]));
    const regions = data.regions.filter((region) => this.regionShown(region)
      && inside(this.regionFeature(region)?.parts ?? [], lng, lat));
    const codes = new Set(regions.map(({ code }) => code));
    const areas = features("area").filter(({ code, layer }) => !(layer.level && codes.has(code)));
    const ranked = [...areas].sort((a, b) => Boolean(a.layer.level) - Boolean(b.layer.level));
    const found = [
      ...features("point").filter((feature) => this.app.labels?.shows(feature) ?? true),
      ...features("line").filter(({ name }) => name), ...ranked.filter(({ layer }) => !layer.level),
      ...rasters.map((layer) => ({ name: layer.title, layer, rule: null })),
      ...regions.map((region) => ({ region })), ...ranked.filter(({ layer }) => layer.level),
    ];
    return found.filter(({ layer }) => layer?.level !== "country" || found.length === 1); // the smaller says it
  }
}
