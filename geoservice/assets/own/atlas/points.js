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
    map.on("moveend resize", this.redraw, this);
    map.on("zoomanim", this.follow, this);
    this.redraw();
  },

  onRemove(map) {
    this.canvas.remove();
    map.off("moveend resize", this.redraw, this);
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

  redraw() {
    const map = this._map;
    const view = map.getSize();
    if (!view.x || !view.y) return; // a frame that is not laid out yet: its resize brings us back
    const size = view.multiplyBy(1 + 2 * PADDING).round();
    const start = map.containerPointToLayerPoint(view.multiplyBy(-PADDING).round());
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    this.canvas.width = size.x * ratio;
    this.canvas.height = size.y * ratio;
    this.canvas.style.width = `${size.x}px`;
    this.canvas.style.height = `${size.y}px`;
    L.DomUtil.setPosition(this.canvas, start);
    this.corner = map.layerPointToLatLng(start);
    this.zoom = map.getZoom();
    this.world = 256 * 2 ** this.zoom;
    this.origin = map.getPixelOrigin().add(start);
    const context = this.canvas.getContext("2d");
    this.paint(context, size, ratio);
  },

  /** Draws the points: as pixels while they are small and many, as squares with a rim when one is close. */
  paint(context, size, ratio) {
    const { count, x, y, cls } = this.points;
    const { world, origin } = this;
    const side = this.side();
    const hidden = this.colours.map((_, place) => this.off.has(place));
    const seen = [];
    for (let i = 0; i < count; i++) {
      const px = x[i] * world - origin.x;
      const py = y[i] * world - origin.y;
      if (px >= 0 && py >= 0 && px < size.x && py < size.y && !hidden[cls[i]]) seen.push(px, py, cls[i]);
    }
    if (side < RIMMED_PX) this.paintPixels(context, seen, Math.round(side * ratio), ratio);
    else this.paintSquares(context, seen, side, ratio);
  },

  paintPixels(context, seen, side, ratio) {
    const { width, height } = this.canvas;
    const image = context.createImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    const colours = this.colours.map(packed);
    const half = side >> 1;
    for (let i = 0; i < seen.length; i += 3) {
      const left = Math.max(Math.round(seen[i] * ratio) - half, 0);
      const top = Math.max(Math.round(seen[i + 1] * ratio) - half, 0);
      const right = Math.min(left + side, width);
      const bottom = Math.min(top + side, height);
      const colour = colours[seen[i + 2]];
      for (let row = top; row < bottom; row++) pixels.fill(colour, row * width + left, row * width + right);
    }
    context.putImageData(image, 0, 0);
  },

  paintSquares(context, seen, side, ratio) {
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const rim = side / 2 + 1;
    context.fillStyle = "#ffffff";
    for (let i = 0; i < seen.length; i += 3) context.fillRect(seen[i] - rim, seen[i + 1] - rim, 2 * rim, 2 * rim);
    for (let i = 0; i < seen.length; i += 3) {
      context.fillStyle = this.colours[seen[i + 2]];
      context.fillRect(seen[i] - side / 2, seen[i + 1] - side / 2, side, side);
    }
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
