// The first picture, which the server drew (render/web_picture.py): the live map takes over its view, then its place.

const CLOSEST_ZOOM = 14; // as render/web_picture.py has it
const THINNEST_PX = 64;
const REACH_PX = 8; // from a dot's middle, as far as a click still means it

/** The box of places in world px of zoom 0, no thinner than the picture's. */
function boxOf(map, places) {
  const least = THINNEST_PX / 2 ** CLOSEST_ZOOM;
  const bounds = L.bounds(places.map((place) => map.project(place, 0)));
  const more = L.point(...["x", "y"].map((axis) => Math.max(least - (bounds.max[axis] - bounds.min[axis]), 0) / 2));
  return L.bounds(bounds.min.subtract(more), bounds.max.add(more));
}

/** The organisation whose dot is at a place of the map, in px. */
function nearest({ map, state }, at) {
  let found = null;
  let least = REACH_PX;
  for (const member of state.shown) {
    if (member.lat === null || member.lon === null) continue;
    const away = map.latLngToContainerPoint([member.lat, member.lon]).distanceTo(at);
    if (away <= least) [found, least] = [member, away];
  }
  return found;
}

/** Sets a view without rounding its zoom to a step: as the picture fits, or as an address says. */
export function setExactly(map, centre, zoom) {
  const { zoomSnap } = map.options;
  map.options.zoomSnap = 0;
  map.setView(centre, zoom, { animate: false });
  map.options.zoomSnap = zoomSnap;
}

export class FirstPicture {
  constructor() {
    this.root = document.querySelector(".gs-first");
  }

  /** Gives the map the picture's view; false where there is none to be seen. */
  lendView(map, places) {
    const area = this.root?.querySelector(".gs-first-area").getBoundingClientRect();
    if (!area?.width || !area.height || !places.length) return false;
    const box = boxOf(map, places);
    const size = box.getSize();
    const zoom = Math.min(Math.log2(area.width / size.x), Math.log2(area.height / size.y), CLOSEST_ZOOM);
    const outer = map.getContainer().getBoundingClientRect();
    const aside = L.point(area.left + area.width / 2 - outer.left, area.top + area.height / 2 - outer.top).subtract(map.getSize().divideBy(2));
    map.options.minZoom = Math.min(map.options.minZoom, zoom);
    setExactly(map, map.unproject(box.getCenter().multiplyBy(2 ** zoom).subtract(aside), zoom), zoom);
    return true;
  }

  /** Leaves the place to the live map, which answers what was asked of the picture. */
  leave(app) {
    const { root } = this;
    this.root = null;
    root?.remove();
    if (root?.asked) this.answer(app, root.asked, !root.querySelector(".gs-first-stand"));
  }

  /** Answers a click that the page's own script kept (render/web_elements.py). */
  answer(app, { x, y, byKey }, dots) {
    const outer = app.map.getContainer().getBoundingClientRect();
    const member = dots ? nearest(app, L.point(x - outer.left, y - outer.top)) : null;
    if (member) app.state.select(member.id, "picture");
    else document.elementFromPoint(x, y)?.dispatchEvent(new MouseEvent("click",
      { bubbles: true, cancelable: true, view: window, clientX: x, clientY: y }));
    if (byKey) document.querySelector(".leaflet-popup-close-button")?.focus({ preventScroll: true });
  }
}
