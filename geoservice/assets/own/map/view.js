// Puts the first picture into the view that the address asks for, before it is painted. What follows # is not sent to
// the server, so this stands in the page (render/web.py). A view that the picture does not hold, or one with filters
// or layers of its own, shows no picture: the live map then comes first.

const PX = 256; // of the world at zoom 0
const rad = (degrees) => (degrees * Math.PI) / 180;

/** The view of an address that holds nothing else but who is selected. */
function askedView() {
  const found = /^#v=(-?\d+(?:\.\d+)?)(?:,|%2C)(-?\d+(?:\.\d+)?)(?:,|%2C)(\d+(?:\.\d+)?)(?:&org=[^&]*)?$/.exec(location.hash);
  if (!found) return null;
  const [lat, lon, zoom] = found.slice(1).map(Number);
  const sine = Math.sin(rad(lat));
  return { x: 0.5 + lon / 360, y: 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI), zoom };
}

/** Whether the picture's ground reaches over a stage with this view, at a zoom for which it has signs. */
function holds({ world: [left, top, right, bottom], zooms: [low, high], reach: [reach] }, { x, y, zoom }, stage) {
  const half = (side) => side / 2 / (PX * 2 ** zoom);
  return zoom >= low && zoom <= high && Math.abs(x - (left + right) / 2) + half(stage.clientWidth) <= reach
    && Math.abs(y - (top + bottom) / 2) + half(stage.clientHeight) <= reach;
}

function place(root, { world: [left, top, right, bottom] }, { x, y, zoom }, stage) {
  const scale = PX * 2 ** zoom;
  const box = root.querySelector(".gs-first-box");
  box.parentElement.style.inset = "0";
  Object.assign(box.style, { position: "absolute", width: `${(right - left) * scale}px`, height: `${(bottom - top) * scale}px`,
    left: `${(left - x) * scale + stage.clientWidth / 2}px`, top: `${(top - y) * scale + stage.clientHeight / 2}px` });
  const level = `gs-z${Math.round(zoom)}`;
  for (const node of root.querySelectorAll(".gs-z")) node.style.display = node.classList.contains(level) ? "block" : "none";
  for (const node of root.querySelectorAll("[data-range]")) {
    const [first, last] = node.dataset.range.split(" ").map(Number);
    node.style.display = zoom >= first && zoom <= last ? "inline" : "none";
  }
}

const root = document.querySelector(".gs-asked .gs-first");
const view = root && askedView();
if (view) {
  const stage = root.parentElement;
  const drawn = Object.fromEntries(["world", "zooms", "reach"].map((name) => [name, root.dataset[name].split(" ").map(Number)]));
  if (holds(drawn, view, stage)) {
    place(root, drawn, view, stage);
    document.documentElement.classList.remove("gs-asked");
  }
}
