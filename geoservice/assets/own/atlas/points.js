// Very many points on one canvas: a binary array, projected once, drawn by class, found again by a click.

const HEADER_BYTES = 8;
const MAGIC = 0x31505347; // "GSP1", little endian
const REACH_PX = 9;
const RIMMED_PX = 6; // from this size on points are drawn with a white rim
const PADDING = 0.35; // share of the map drawn beyond each edge, so that dragging shows no blank

/** A colour "#rrggbb" as a little-endian RGBA pixel. */
function packed(colour) {
  const value = Number.parseInt(colour.slice(1), 16);
  return ((255 << 24) | ((value & 255) << 16) | (value & 0xff00) | (value >> 16)) >>> 0;
}

/** Reads the array of render/web_points.py into world coordinates (0 to 1, Web Mercator). */
export function unpack(buffer) {
  const head = new DataView(buffer);
  if (head.getUint32(0, true) !== MAGIC) throw new Error("not an array of points");
  const count = head.getUint32(4, true);
  const lon = new Int32Array(buffer, HEADER_BYTES, count);
  const lat = new Int32Array(buffer, HEADER_BYTES + 4 * count, count);
  const cls = new Uint8Array(buffer, HEADER_BYTES + 8 * count, count);
  const x = new Float64Array(count);
  const y = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const sine = Math.sin((lat[i] / 1e6) * (Math.PI / 180));
    x[i] = 0.5 + lon[i] / 360e6;
    y[i] = 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
  }
  return { count, x, y, cls, lon, lat };
}

export const PointLayer = L.Layer.extend({
  initialize(points, colours) {
    this.points = points;
    this.colours = colours;
    this.off = new Set();
  },

  onAdd(map) {
    const pane = map.getPane("gs-points") ?? map.createPane("gs-points");
    pane.style.zIndex = 430;
    pane.style.pointerEvents = "none";
    this.canvas = L.DomUtil.create("canvas", "gs-points leaflet-zoom-animated", pane);
    this.canvas.setAttribute("aria-hidden", "true");
    this.corner = null;
    map.on("moveend resize viewreset", this.refresh, this);
    map.on("zoomanim", this.follow, this);
    this.redraw();
  },

  onRemove(map) {
    this.canvas.remove();
    map.off("moveend resize viewreset", this.refresh, this);
    map.off("zoomanim", this.follow, this);
  },

  toggle(cls, on) {
    this.off[on ? "delete" : "add"](cls);
    this.redraw();
  },

  /** Side of a point's square: small when there are many, larger as one comes closer. */
  side() {
    const zoom = this._map.getZoom();
    return zoom < 8 ? 3 : zoom < 10 ? 4 : zoom < 12 ? 6 : 9;
  },

  follow(event) {
    const scale = this._map.getZoomScale(event.zoom, this.zoom);
    const offset = this._map._latLngToNewLayerPoint(this.corner, event.zoom, event.center);
    L.DomUtil.setTransform(this.canvas, offset, scale);
  },

  /** Whether the view has left what is drawn, or is at another zoom. */
  stale() {
    const map = this._map;
    const view = map.getSize();
    if (!this.corner || this.zoom !== map.getZoom() || !view.equals(this.view)) return true;
    const start = map.latLngToContainerPoint(this.corner);
    return start.x > 0 || start.y > 0 || start.x + this.size.x < view.x || start.y + this.size.y < view.y;
  },

  refresh() {
    if (this.stale()) this.redraw();
  },

  redraw() {
    const map = this._map;
    const view = map.getSize();
    if (!view.x || !view.y) return; // a frame that is not laid out yet: its resize brings us back
    const size = view.multiplyBy(1 + 2 * PADDING).round();
    const start = map.containerPointToLayerPoint(view.multiplyBy(-PADDING).round());
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const [width, height] = [Math.round(size.x * ratio), Math.round(size.y * ratio)];
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
      this.canvas.style.width = `${size.x}px`;
      this.canvas.style.height = `${size.y}px`;
      this.context = this.canvas.getContext("2d");
      this.image = this.context.createImageData(width, height);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    L.DomUtil.setPosition(this.canvas, start);
    this.corner = map.layerPointToLatLng(start);
    this.zoom = map.getZoom();
    this.view = view;
    this.size = size;
    this.world = 256 * 2 ** this.zoom;
    this.origin = map.getPixelOrigin().add(start);
    if (this.side() < RIMMED_PX) this.paintPixels(ratio);
    else this.paintSquares(ratio);
  },

  /** Small and many: written as pixels, which takes a tenth of the time of drawing squares. */
  paintPixels(ratio) {
    const { count, x, y, cls } = this.points;
    const { pixels, image, off } = this;
    const { width, height } = this.canvas;
    const side = Math.round(this.side() * ratio);
    const half = side >> 1;
    const colours = Uint32Array.from(this.colours, packed);
    const shown = Uint8Array.from(this.colours, (_, place) => (off.has(place) ? 0 : 1));
    const scale = this.world * ratio;
    const left = this.origin.x * ratio + half - 0.5;
    const top = this.origin.y * ratio + half - 0.5;
    pixels.fill(0);
    for (let i = 0; i < count; i++) {
      const column = Math.floor(x[i] * scale - left);
      const row = Math.floor(y[i] * scale - top);
      if (column < 0 || row < 0 || column + side > width || row + side > height || !shown[cls[i]]) continue;
      const colour = colours[cls[i]];
      for (let down = 0, at = row * width + column; down < side; down++, at += width) {
        for (let right = 0; right < side; right++) pixels[at + right] = colour;
      }
    }
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.putImageData(image, 0, 0);
  },

  /** Large and few: squares with a white rim. */
  paintSquares(ratio) {
    const { count, x, y, cls } = this.points;
    const { context, world, origin, size, off } = this;
    const side = this.side();
    const seen = [];
    for (let i = 0; i < count; i++) {
      const px = x[i] * world - origin.x;
      const py = y[i] * world - origin.y;
      if (px >= 0 && py >= 0 && px < size.x && py < size.y && !off.has(cls[i])) seen.push([px, py, cls[i]]);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, size.x, size.y);
    const rim = side / 2 + 1;
    context.fillStyle = "#ffffff";
    for (const [px, py] of seen) context.fillRect(px - rim, py - rim, 2 * rim, 2 * rim);
    seen.sort((a, b) => a[2] - b[2]); // a colour is set once
    let colour = -1;
    for (const [px, py, place] of seen) {
      if (place !== colour) context.fillStyle = this.colours[place];
      colour = place;
      context.fillRect(px - side / 2, py - side / 2, side, side);
    }
  },

  /** How many points of each class are in view, whether shown or not. */
  countInView() {
    const { count, x, y, cls } = this.points;
    const box = this._map.getPixelBounds();
    const [west, north, east, south] = [box.min.x, box.min.y, box.max.x, box.max.y].map((value) => value / this.world);
    const counts = new Uint32Array(this.colours.length);
    for (let i = 0; i < count; i++) {
      if (x[i] >= west && x[i] <= east && y[i] >= north && y[i] <= south) counts[cls[i]] += 1;
    }
    return counts;
  },

  /** Index of the nearest point within reach of a place on the map, or -1. */
  nearest(latlng) {
    const { count, x, y, cls } = this.points;
    const at = this._map.project(latlng, this.zoom);
    const wx = at.x / this.world;
    const wy = at.y / this.world;
    const reach = (REACH_PX + this.side() / 2) / this.world;
    let best = -1;
    let least = reach * reach;
    for (let i = 0; i < count; i++) {
      const dx = x[i] - wx;
      if (dx > reach || dx < -reach) continue;
      const dy = y[i] - wy;
      const distance = dx * dx + dy * dy;
      if (distance < least && !this.off.has(cls[i])) {
        least = distance;
        best = i;
      }
    }
    return best;
  },
});
