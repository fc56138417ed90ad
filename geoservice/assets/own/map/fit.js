// Fitting a view so that nothing to be seen lies under a tool: wider margins are taken only where one would.

const SIGN = [18, 34, 18, 24]; // px round a place that its sign, badge and number take: left, right, above, below

/** Whether a sign at one of the points would stand under a control, or under one of `nodes`. */
export function covered(map, points, zoom, centre, nodes = map.getContainer().querySelectorAll(".leaflet-control")) {
  const outer = map.getContainer().getBoundingClientRect();
  const controls = [...nodes].map((node) => node.getBoundingClientRect())
    .filter((box) => box.width && box.height);
  const middle = map.project(centre, zoom);
  const half = map.getSize().divideBy(2);
  return points.some((point) => {
    const { x, y } = map.project(point, zoom).subtract(middle).add(half);
    return controls.some((box) => x + SIGN[1] > box.left - outer.left && x - SIGN[0] < box.right - outer.left
      && y + SIGN[3] > box.top - outer.top && y - SIGN[2] < box.bottom - outer.top);
  });
}

/** Shows all points (latitude, longitude) as large as can be with no sign under a tool. */
export function fitBox(map, points, animate) {
  const size = map.getSize();
  const bounds = L.latLngBounds(points);
  const small = size.x < 600;
  const tries = [];
  for (const left of [28, 64]) {
    for (const right of small ? [36] : [48, 190]) {
      for (const bottom of [36, 64, 100, ...(small ? [] : [170])]) {
        for (const top of small ? [36] : [36, 60]) {
          if (left + right > size.x * 0.7 || top + bottom > size.y * 0.7) continue;
          const [from, to] = [L.point(left, top), L.point(right, bottom)];
          const zoom = Math.min(map.getBoundsZoom(bounds, false, from.add(to)), 14);
          // As Leaflet's fitBounds centres within margins.
          const shift = to.subtract(from).divideBy(2);
          const middle = map.project(bounds.getSouthWest(), zoom).add(map.project(bounds.getNorthEast(), zoom)).divideBy(2);
          tries.push({ zoom, centre: map.unproject(middle.add(shift), zoom), waste: left + right + top + bottom });
        }
      }
    }
  }
  tries.sort((a, b) => b.zoom - a.zoom || a.waste - b.waste);
  const best = tries.find(({ zoom, centre }) => !covered(map, points, zoom, centre)) ?? tries.at(-1);
  if (best) map.setView(best.centre, best.zoom, { animate });
  else map.fitBounds(bounds, { animate, maxZoom: 14 }); // a frame too small for any margin
}
