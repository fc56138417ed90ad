// Very many points on one canvas: a binary array, projected once, drawn by class, found again by a click.

const HEADER_BYTES = 8;
const MAGIC = 0x31505347; // "GSP1", little endian
const REACH_PX = 9;
const PADDING = 0.35; // share of the map drawn beyond each edge, so that dragging shows no blank

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
    context.scale(ratio, ratio);
    this.paint(context, size);
  },

  /** Draws each class in its colour; of points on the same pixel only the first. */
  paint(context, size) {
    const { count, x, y, cls } = this.points;
    const { world, origin } = this;
    const side = this.side();
    const half = side / 2;
    const taken = new Uint8Array(size.x * size.y);
    const places = this.colours.map(() => []);
    for (let i = 0; i < count; i++) {
      const px = Math.round(x[i] * world - origin.x);
      const py = Math.round(y[i] * world - origin.y);
      if (px < 0 || py < 0 || px >= size.x || py >= size.y || this.off.has(cls[i])) continue;
      const cell = py * size.x + px;
      if (taken[cell]) continue;
      taken[cell] = 1;
      places[cls[i]].push(px, py);
    }
    if (side >= 6) {
      context.fillStyle = "#ffffff";
      for (const list of places) {
        for (let i = 0; i < list.length; i += 2) context.fillRect(list[i] - half - 1, list[i + 1] - half - 1, side + 2, side + 2);
      }
    }
    places.forEach((list, place) => {
      context.fillStyle = this.colours[place];
      for (let i = 0; i < list.length; i += 2) context.fillRect(list[i] - half, list[i + 1] - half, side, side);
    });
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
