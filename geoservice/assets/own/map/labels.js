// Points of base layers and all labels of the base, on one canvas: the more important come first, and nothing lies on
// anything. A point that finds no room for its name is left out: a sign without a name says nothing.

import { denominator } from "./base.js";
import { featuresOf, inside, viewOf } from "./geometry.js";

/** A grid of boxes that answers "is this place free?". */
class Boxes {
  constructor() {
    this.cells = new Map();
  }

  *keys([x0, y0, x1, y1]) {
    for (let x = Math.floor(x0 / 64); x <= Math.floor(x1 / 64); x++) {
      for (let y = Math.floor(y0 / 64); y <= Math.floor(y1 / 64); y++) yield x * 4096 + y;
    }
  }

  free(box) {
    for (const key of this.keys(box)) {
      for (const other of this.cells.get(key) ?? []) {
        if (box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]) return false;
      }
    }
    return true;
  }

  take(box) {
    for (const key of this.keys(box)) {
      if (!this.cells.has(key)) this.cells.set(key, []);
      this.cells.get(key).push(box);
    }
  }
}

const FAMILY = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif';
/** From this denominator on, economic regions are named before cities and districts. */
const FAR = 1_200_000;
/** Classes of settlements up to this rank are named before what is smaller. */
const GREAT = 2;
const COVERED_PX = 22; // from the middle of a sign that covers a city to the city's name
const REST_MS = 90;
const GRID = 7; // places tried in an area's box, each way

function fontOf(paint) {
  const style = paint.labelStyle === "italic" ? "italic " : "";
  const weight = paint.labelStyle === "bold" ? "600 " : "";
  return `${style}${weight}${paint.labelSize}px ${FAMILY}`;
}

function drawPoint(context, { x, y }, paint) {
  const radius = paint.size / 2;
  context.beginPath();
  if (paint.shape === "square") context.rect(x - radius, y - radius, paint.size, paint.size);
  else context.arc(x, y, radius, 0, 2 * Math.PI);
  if (paint.fill) {
    context.fillStyle = paint.fill;
    context.fill();
  }
  if (paint.stroke) {
    context.strokeStyle = paint.stroke;
    context.lineWidth = paint.width;
    context.stroke();
  }
  if (paint.shape === "ring") {
    context.beginPath();
    context.arc(x, y, radius * 0.35, 0, 2 * Math.PI);
    context.fillStyle = paint.stroke ?? "#333333";
    context.fill();
  }
}

/** A name in one line, and in two where it has a place to break. */
function linesOf(name) {
  const middle = name.length / 2;
  const breaks = [...name.matchAll(/[\s–-]+/g)].map(({ index, 0: gap }) => [index + (gap.trim() ? gap.length : 0), index + gap.length]);
  const best = breaks.sort((a, b) => Math.abs(a[0] - middle) - Math.abs(b[0] - middle))[0];
  return best ? [[name], [name.slice(0, best[0]), name.slice(best[1])]] : [[name]];
}

/** Places within a box and an area where its name may stand, those nearest to `anchor` first; [lon, lat]. */
function placesOf(parts, box, anchor) {
  const places = [];
  for (let i = 1; i < GRID; i++) {
    for (let j = 1; j < GRID; j++) {
      const x = box[0] + ((box[2] - box[0]) * i) / GRID;
      const y = box[1] + ((box[3] - box[1]) * j) / GRID;
      if (inside(parts, x, y)) places.push([x, y]);
    }
  }
  const far = ([x, y]) => Math.hypot(x - anchor[0], y - anchor[1]);
  return places.sort((a, b) => far(a) - far(b));
}

export const LabelLayer = L.Layer.extend({
  initialize(app) {
    this.app = app;
    this.widths = new Map();
    this.drawn = new Map(); // layer/class -> number of its points drawn
    this.points = new Set();
  },

  /** Everything with a sign or a name, and how important it is: near, and far away. */
  collect() {
    const { data } = this.app;
    const states = new Map(data.regions.map((region) => [region.code, region.state]));
    const painted = data.legend.find((group) => group.code === "regions")?.entries ?? [];
    // A country whose regions are shown need not be named among them.
    const countries = new Set(data.layers.filter(({ level }) => level && level !== "country")
      .flatMap(({ features }) => features.map(([code]) => code.split("-")[0])));
    this.items = [];
    for (const layer of data.layers) {
      if (layer.kind !== "point" && layer.kind !== "area") continue;
      const step = { economic_region: [5.5, 0.4], country: [3, 1.4], region: [2.5, 0.5] }[layer.level] ?? [2.5, 2.6];
      featuresOf(layer).forEach((feature, order) => {
        const { rule, place, name } = feature;
        const state = layer.level ? states.get(feature.code) : null;
        // A region that matters for the verdict carries its name as its own style says.
        const paint = painted.find((entry) => entry.ref === state)?.paint ?? rule.paint;
        const [near, far] = state === "occupied" ? [0.5, 0.3] : layer.kind === "area" ? step : [place, place];
        if (layer.kind === "area" && !(paint.label && feature.anchor && name)) return;
        const own = layer.level === "country" && countries.has(feature.code);
        this.items.push({ feature, layer, rule, paint, name, near, far, order, own });
      });
    }
    this.sorted = {};
    for (const key of ["near", "far"]) {
      this.sorted[key] = [...this.items].sort((a, b) => a[key] - b[key] || a.order - b.order);
    }
  },

  onAdd(map) {
    const pane = map.getPane("gs-labels") ?? map.createPane("gs-labels");
    pane.style.zIndex = 450;
    this.canvas = L.DomUtil.create("canvas", "gs-labels leaflet-zoom-animated", pane);
    this.canvas.setAttribute("aria-hidden", "true");
    map.on("moveend", this.moved, this);
    map.on("resize viewreset", this.redraw, this);
    if (map._zoomAnimated) map.on("zoomanim", this.follow, this);
  },

  onRemove(map) {
    this.canvas.remove();
    map.off("moveend", this.moved, this);
    map.off("resize viewreset", this.redraw, this);
    clearTimeout(this.waiting);
    map.off("zoomanim", this.follow, this);
  },

  /** After a zoom at once; a drag takes the names along, and they are placed anew when it rests. */
  moved() {
    clearTimeout(this.waiting);
    if (this.zoom === undefined) return; // not drawn for the first time yet
    if (this.zoom !== this._map.getZoom()) this.redraw();
    else this.waiting = setTimeout(() => this.redraw(), REST_MS);
  },

  follow(event) {
    const scale = this._map.getZoomScale(event.zoom, this.zoom);
    const offset = this._map._latLngToNewLayerPoint(this.corner, event.zoom, event.center);
    L.DomUtil.setTransform(this.canvas, offset, scale);
  },

  /** How many points of a class ("layer/class") are drawn. */
  count(ref) {
    return this.drawn.get(ref) ?? 0;
  },

  shows(feature) {
    return this.points.has(feature);
  },

  redraw() {
    const map = this._map;
    if (!map) return;
    const size = map.getSize();
    if (!size.x || !size.y) return;
    if (!this.items) this.collect();
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(size.x * ratio);
    this.canvas.height = Math.round(size.y * ratio);
    this.canvas.style.width = `${size.x}px`;
    this.canvas.style.height = `${size.y}px`;
    L.DomUtil.setPosition(this.canvas, map.containerPointToLayerPoint([0, 0]));
    this.corner = map.containerPointToLatLng([0, 0]);
    this.context = this.canvas.getContext("2d");
    this.context.scale(ratio, ratio);
    this.context.textBaseline = "middle";
    this.context.lineJoin = "round";
    this.size = size;
    this.zoom = map.getZoom();
    this.taken = new Boxes();
    this.signs = new Boxes();
    for (const box of this.app.members?.obstacles() ?? []) {
      this.taken.take(box);
      this.signs.take(box);
    }
    for (const box of this.controls()) this.taken.take(box);
    this.placed = []; // boxes of names
    this.drawn = new Map();
    this.points = new Set();
    this.written = new Set();
    const view = viewOf(map);
    this.view = view;
    const far = denominator(map.getZoom(), map.getCenter().lat) > FAR;
    for (const item of this.sorted[far ? "far" : "near"]) {
      const { box } = item.feature;
      if (box[0] > view[2] || box[2] < view[0] || box[1] > view[3] || box[3] < view[1]) continue;
      if (!this.app.base.visible(item.layer, item.rule)) continue;
      if (item.layer.kind === "point") this.placePoint(item);
      else if (!this.written.has(item.name) && !item.own) this.placeArea(item);
    }
    this.fire("drawn");
  },

  /** Boxes of what stands over the map: a name half under a panel cannot be read. */
  controls() {
    const outer = this._map.getContainer().getBoundingClientRect();
    return [...this._map.getContainer().querySelectorAll(".leaflet-control, .gs-cluster-flag")].map((node) => {
      const box = node.getBoundingClientRect();
      return [box.left - outer.left - 2, box.top - outer.top - 2, box.right - outer.left + 2, box.bottom - outer.top + 2];
    }).filter(([x0, y0, x1, y1]) => x1 > x0 && y1 > y0);
  },

  widthOf(text, paint) {
    const key = `${paint.labelSize}${paint.labelStyle}${text}`;
    if (!this.widths.has(key)) {
      this.context.font = fontOf(paint);
      this.widths.set(key, this.context.measureText(text).width);
    }
    return this.widths.get(key);
  },

  fits(box) {
    return box[0] >= 2 && box[1] >= 2 && box[2] <= this.size.x - 2 && box[3] <= this.size.y - 2 && this.taken.free(box);
  },

  placePoint({ feature, layer, rule, paint, name, near }) {
    const [[lon, lat]] = feature.parts.map(({ flat }) => flat);
    const at = this._map.latLngToContainerPoint([lat, lon]);
    if (at.x < 0 || at.y < 0 || at.x > this.size.x || at.y > this.size.y) return;
    const radius = paint.size / 2 + 1;
    const sign = [at.x - radius, at.y - radius, at.x + radius, at.y + radius];
    const named = Boolean(paint.label && name);
    const covered = !this.signs.free(sign);
    const free = near === 0 || this.taken.free(sign);
    // A city is named even where organisations stand upon its sign.
    if (!free && !(covered && named && near <= GREAT)) return;
    const box = named ? this.roomBeside(at, covered ? COVERED_PX : radius, name, paint) : null;
    if (named && !box && near > 0) return;
    const { context } = this;
    context.globalAlpha = this.app.base.opacity.get(layer.id);
    if (!covered) drawPoint(context, at, paint);
    if (box) this.write(name, box[0] + 2, (box[1] + box[3]) / 2, paint);
    context.globalAlpha = 1;
    this.taken.take(sign);
    if (box) {
      this.taken.take(box);
      this.placed.push(box);
      this.written.add(name);
    }
    this.points.add(feature);
    const ref = `${layer.id}/${rule.cls}`;
    this.drawn.set(ref, this.count(ref) + 1);
  },

  /** The first free box for a name beside a point: right, left, above, below, and the corners. */
  roomBeside(at, radius, name, paint) {
    const width = this.widthOf(name, paint);
    const half = paint.labelSize * 0.62;
    const gap = radius + 2;
    const up = radius * 0.7 + half;
    for (const [x, y] of [
      [at.x + gap, at.y], [at.x - gap - width, at.y], [at.x - width / 2, at.y - gap - half], [at.x - width / 2, at.y + gap + half],
      [at.x + gap * 0.7, at.y - up], [at.x + gap * 0.7, at.y + up], [at.x - gap * 0.7 - width, at.y - up], [at.x - gap * 0.7 - width, at.y + up],
    ]) {
      const box = [x - 2, y - half, x + width + 2, y + half];
      if (this.fits(box)) return box;
    }
    return null;
  },

  placeArea({ feature, layer, paint, name }) {
    const text = paint.labelStyle === "caps" ? name.toLocaleUpperCase(this.app.data.lang) : name;
    const west = this._map.latLngToContainerPoint([feature.box[1], feature.box[0]]);
    const east = this._map.latLngToContainerPoint([feature.box[3], feature.box[2]]);
    feature.lines ??= linesOf(text);
    const places = this.placesFor(feature);
    for (const lines of feature.lines) {
      const width = Math.max(...lines.map((line) => this.widthOf(line, paint)));
      if (width > (east.x - west.x) * 1.05) continue;
      const half = paint.labelSize * 0.62 * lines.length;
      const boxes = places.map(([lon, lat]) => {
        const at = this._map.latLngToContainerPoint([lat, lon]);
        return [at, [at.x - width / 2 - 3, at.y - half, at.x + width / 2 + 3, at.y + half]];
      }).filter(([, box]) => this.fits(box));
      const found = boxes.find(([at]) => this.within(feature, at, width * 0.5, half)) ?? boxes.find(([at]) => this.within(feature, at, width * 0.4, 0));
      if (found) {
        const [at, box] = found;
        this.context.globalAlpha = Math.max(this.app.base.opacity.get(layer.id), 0.6);
        lines.forEach((line, place) => {
          const y = at.y + (place - (lines.length - 1) / 2) * paint.labelSize * 1.24;
          this.write(line, at.x - this.widthOf(line, paint) / 2, y, paint);
        });
        this.context.globalAlpha = 1;
        this.taken.take(box);
        this.placed.push(box);
        this.written.add(name);
        return;
      }
    }
  },

  /** Where an area's name may stand: what is larger than the view is named in the part that is seen. */
  placesFor(feature) {
    const { anchor, box, parts } = feature;
    const [w, s, e, n] = this.view;
    const seen = [Math.max(w, box[0]), Math.max(s, box[1]), Math.min(e, box[2]), Math.min(n, box[3])];
    if (box[2] - box[0] > e - w || box[3] - box[1] > n - s) {
      return placesOf(parts, seen, [(seen[0] + seen[2]) / 2, (seen[1] + seen[3]) / 2]);
    }
    feature.places ??= [anchor, ...placesOf(parts, box, anchor)];
    return feature.places;
  },

  /** Whether a name written at a place lies within its area, so that it is not read as its neighbour's. */
  within({ parts }, at, aside, above) {
    return [[-aside, -above], [-aside, above], [aside, -above], [aside, above]].every(([dx, dy]) => {
      const { lat, lng } = this._map.containerPointToLatLng([at.x + dx, at.y + dy]);
      return inside(parts, lng, lat);
    });
  },

  write(text, x, y, paint) {
    const { context } = this;
    context.font = fontOf(paint);
    context.lineWidth = 3;
    context.strokeStyle = paint.labelHalo;
    context.strokeText(text, x, y);
    context.fillStyle = paint.labelColour;
    context.fillText(text, x, y);
  },
});
