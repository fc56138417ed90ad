// Points of base layers and all labels of the base, on one canvas, thinned so that nothing lies on anything.

/** A grid of boxes that answers "is this place free?". */
class Boxes {
  constructor() {
    this.cells = new Map();
  }

  *keys([x0, y0, x1, y1]) {
    for (let x = Math.floor(x0 / 64); x <= Math.floor(x1 / 64); x++) {
      for (let y = Math.floor(y0 / 64); y <= Math.floor(y1 / 64); y++) yield `${x},${y}`;
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

function boundsOf(geometry) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  const walk = (part) => {
    if (typeof part[0] === "number") {
      box[0] = Math.min(box[0], part[0]);
      box[1] = Math.min(box[1], part[1]);
      box[2] = Math.max(box[2], part[0]);
      box[3] = Math.max(box[3], part[1]);
    } else part.forEach(walk);
  };
  walk(geometry.coordinates);
  return box;
}

export const LabelLayer = L.Layer.extend({
  initialize(app) {
    this.app = app;
    this.items = this.collect();
    this.drawn = new Set();
  },

  /** Everything with a sign or a name, the most important first. */
  collect() {
    const { data } = this.app;
    const items = [];
    const states = new Map(data.regions.map((region) => [region.code, region.state]));
    const painted = data.legend.find((group) => group.code === "regions")?.entries ?? [];
    // A region that matters for the verdict carries its name as its own style says.
    const ruleOf = (code, rule) => {
      const paint = painted.find((entry) => entry.ref === states.get(code))?.paint;
      return paint ? { ...rule, paint } : rule;
    };
    for (const layer of data.layers) {
      layer.features.forEach(([code, name, place, geometry, anchor]) => {
        const rule = layer.rules[place];
        if (layer.kind === "point") {
          items.push({ layer, rule, name, code, at: geometry.coordinates, rank: place, point: true });
        } else if (layer.kind === "area" && rule.paint.label && anchor) {
          items.push({ layer, rule: ruleOf(code, rule), name, code, at: anchor, box: boundsOf(geometry), rank: 2.5 + layer.order / 1000 });
        }
      });
    }
    return items.sort((a, b) => a.rank - b.rank);
  },

  onAdd(map) {
    const pane = map.createPane("gs-labels");
    pane.style.zIndex = 450;
    this.canvas = L.DomUtil.create("canvas", "gs-labels leaflet-zoom-animated", pane);
    this.canvas.setAttribute("aria-hidden", "true");
    map.on("moveend zoomend resize viewreset", this.redraw, this);
    if (map._zoomAnimated) map.on("zoomanim", this.follow, this);
    this.redraw();
  },

  onRemove(map) {
    this.canvas.remove();
    map.off("moveend zoomend resize viewreset", this.redraw, this);
    map.off("zoomanim", this.follow, this);
  },

  follow(event) {
    const scale = this._map.getZoomScale(event.zoom, this._map.getZoom());
    const offset = this._map._latLngBoundsToNewLayerBounds(this._map.getBounds(), event.zoom, event.center).min;
    L.DomUtil.setTransform(this.canvas, offset, scale);
  },

  redraw() {
    const map = this._map;
    if (!map) return;
    const size = map.getSize();
    if (!size.x || !size.y) return;
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(size.x * ratio);
    this.canvas.height = Math.round(size.y * ratio);
    this.canvas.style.width = `${size.x}px`;
    this.canvas.style.height = `${size.y}px`;
    L.DomUtil.setPosition(this.canvas, map.containerPointToLayerPoint([0, 0]));
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    context.textBaseline = "middle";
    context.lineJoin = "round";
    const taken = new Boxes();
    for (const box of this.app.members?.obstacles() ?? []) taken.take(box);
    this.drawn = new Set();
    this.written = new Set();
    const view = map.getBounds().pad(0.02);
    for (const item of this.items) {
      if (!this.app.base.visible(item.layer, item.rule)) continue;
      if (item.point) this.place(context, taken, item, view, size);
      else if (!this.written.has(item.name)) this.placeArea(context, taken, item, view, size);
    }
  },

  place(context, taken, item, view, size) {
    const [lon, lat] = item.at;
    if (!view.contains([lat, lon])) return;
    const at = this._map.latLngToContainerPoint([lat, lon]);
    const { paint } = item.rule;
    const radius = paint.size / 2 + 1;
    const sign = [at.x - radius, at.y - radius, at.x + radius, at.y + radius];
    if (item.rank > 1 && !taken.free(sign)) return;
    drawPoint(context, at, paint);
    taken.take(sign);
    this.drawn.add(`${item.layer.id}/${item.rule.cls}`);
    if (!paint.label || !item.name) return;
    context.font = fontOf(paint);
    const width = context.measureText(item.name).width;
    const half = paint.labelSize * 0.62;
    const gap = radius + 3;
    const places = [
      [at.x + gap, at.y], [at.x - gap - width, at.y],
      [at.x - width / 2, at.y - gap - half], [at.x - width / 2, at.y + gap + half],
    ];
    for (const [x, y] of places) {
      const box = [x - 2, y - half, x + width + 2, y + half];
      if (box[0] < 2 || box[2] > size.x - 2 || !taken.free(box)) continue;
      this.write(context, item.name, x, y, paint);
      this.written.add(item.name);
      taken.take(box);
      return;
    }
  },

  placeArea(context, taken, item, view, size) {
    const [lon, lat] = item.at;
    if (!view.contains([lat, lon])) return;
    const { paint } = item.rule;
    context.font = fontOf(paint);
    const name = paint.labelStyle === "caps" ? item.name.toLocaleUpperCase(this.app.data.lang) : item.name;
    const width = context.measureText(name).width;
    const west = this._map.latLngToContainerPoint([item.box[1], item.box[0]]);
    const east = this._map.latLngToContainerPoint([item.box[3], item.box[2]]);
    if (width > (east.x - west.x) * 0.95) return;
    const at = this._map.latLngToContainerPoint([lat, lon]);
    at.x = Math.min(Math.max(at.x, width / 2 + 6), size.x - width / 2 - 6);
    const half = paint.labelSize * 0.62;
    for (const shift of [0, 16, -16, 32, -32]) {
      const box = [at.x - width / 2 - 3, at.y + shift - half, at.x + width / 2 + 3, at.y + shift + half];
      if (!taken.free(box)) continue;
      this.write(context, name, at.x - width / 2, at.y + shift, paint);
      taken.take(box);
      return;
    }
  },

  write(context, text, x, y, paint) {
    context.lineWidth = 3;
    context.strokeStyle = paint.labelHalo;
    context.strokeText(text, x, y);
    context.fillStyle = paint.labelColour;
    context.fillText(text, x, y);
  },
});
