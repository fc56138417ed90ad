// What lies where: features' parts as flat arrays, tests against a box and a place, in degrees (EPSG:4326).

/** A geometry's lines or rings, each with its box; a point is a part of one place. */
export function partsOf({ type, coordinates }) {
  const lists = type === "Point" ? [[coordinates]]
    : type === "MultiPoint" ? coordinates.map((point) => [point])
      : type === "LineString" ? [coordinates]
        : type === "Polygon" || type === "MultiLineString" ? coordinates : coordinates.flat();
  return lists.map((points) => {
    const flat = new Float64Array(points.length * 2);
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    points.forEach(([x, y], place) => {
      flat[2 * place] = x;
      flat[2 * place + 1] = y;
      if (x < box[0]) box[0] = x;
      if (y < box[1]) box[1] = y;
      if (x > box[2]) box[2] = x;
      if (y > box[3]) box[3] = y;
    });
    return { flat, box };
  });
}

export const boxOf = (parts) => parts.reduce(([w, s, e, n], { box }) =>
  [Math.min(w, box[0]), Math.min(s, box[1]), Math.max(e, box[2]), Math.max(n, box[3])], [Infinity, Infinity, -Infinity, -Infinity]);

/** Whether two boxes have nothing in common. */
export const apart = (a, b) => a[0] > b[2] || a[2] < b[0] || a[1] > b[3] || a[3] < b[1];

/** Whether a segment meets a box (Liang and Barsky). */
function segmentMeets(x0, y0, x1, y1, [w, s, e, n]) {
  let from = 0;
  let to = 1;
  for (const [step, room] of [[x0 - x1, x0 - w], [x1 - x0, e - x0], [y0 - y1, y0 - s], [y1 - y0, n - y0]]) {
    if (step === 0) {
      if (room < 0) return false;
    } else if (step < 0) from = Math.max(from, room / step);
    else to = Math.min(to, room / step);
    if (from > to) return false;
  }
  return true;
}

/** Whether any line of the parts runs through a box. */
export function linesMeet(parts, view) {
  return parts.some(({ flat, box }) => {
    if (apart(box, view)) return false;
    for (let i = 2; i < flat.length; i += 2) {
      if (segmentMeets(flat[i - 2], flat[i - 1], flat[i], flat[i + 1], view)) return true;
    }
    return false;
  });
}

/** Whether a place lies inside an area, holes left out. */
export function inside(parts, x, y) {
  let odd = false;
  for (const { flat, box } of parts) {
    if (x < box[0] || x > box[2] || y < box[1] || y > box[3]) continue;
    for (let i = 2; i < flat.length; i += 2) {
      const above = flat[i + 1] > y;
      if (above !== flat[i - 1] > y
        && x < flat[i] + ((flat[i - 2] - flat[i]) * (y - flat[i + 1])) / (flat[i - 1] - flat[i + 1])) odd = !odd;
    }
  }
  return odd;
}

/** Distance in px from a place to the nearest line of the parts; `kx` and `ky` are px in a degree. */
export function distanceTo(parts, x, y, kx, ky) {
  let least = Infinity;
  for (const { flat } of parts) {
    if (flat.length === 2) least = Math.min(least, Math.hypot((flat[0] - x) * kx, (flat[1] - y) * ky));
    for (let i = 2; i < flat.length; i += 2) {
      const ax = (flat[i - 2] - x) * kx;
      const ay = (flat[i - 1] - y) * ky;
      const bx = (flat[i] - x) * kx - ax;
      const by = (flat[i + 1] - y) * ky - ay;
      const along = Math.min(1, Math.max(0, -(ax * bx + ay * by) / (bx * bx + by * by || 1)));
      least = Math.min(least, Math.hypot(ax + along * bx, ay + along * by));
    }
  }
  return least;
}

/** The features of a layer with their parts, made once. */
export function featuresOf(layer) {
  layer.made ??= layer.features.map(([code, name, place, geometry, anchor]) => {
    const parts = partsOf(geometry);
    return { code, name, rule: layer.rules[place], place, geometry, anchor, parts, box: boxOf(parts), layer };
  });
  return layer.made;
}

/** Whether what is drawn of a feature is in a view: its lines, or for a filled area its ground. */
export function inView({ parts, box, layer }, view) {
  if (apart(box, view)) return false;
  if (box[0] >= view[0] && box[2] <= view[2] && box[1] >= view[1] && box[3] <= view[3]) return true;
  if (layer.kind === "point") return parts.some((part) => !apart(part.box, view));
  if (linesMeet(parts, view)) return true;
  return layer.kind === "area" && !layer.level && inside(parts, (view[0] + view[2]) / 2, (view[1] + view[3]) / 2);
}

/** A map's bounds as [west, south, east, north]. */
export const viewOf = (map) => {
  const bounds = map.getBounds();
  return [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
};
