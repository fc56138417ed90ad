// Puts the first picture into the view that the address asks for, with its filters and layers, before it is painted.
// What follows # is not sent to the server, so this stands in the page (render/web.py). Where the picture does not hold
// what is asked for, none is shown: the live map then comes first.

import { FACETS, membersOf, readFilters, readView, State } from "./state.js";

const PX = 256; // of the world at zoom 0
const rad = (degrees) => (degrees * Math.PI) / 180;

function worldOf({ lat, lon, zoom }) {
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

const hide = (nodes) => nodes.forEach((node) => { node.style.display = "none"; });

/**
 * Leaves the signs of those who pass. Where all of a gathering pass or none, the others gather as they did; where some
 * of one do, who gathers with whom is the live map's to say, and the ground is shown alone.
 */
function filter(root, params) {
  const state = new State(membersOf(JSON.parse(document.getElementById("gs-data").textContent)));
  readFilters(params, state);
  const passing = new Set(state.shown.map(({ n }) => String(n)));
  const stands = [...root.querySelectorAll(".gs-first-stand")].filter((node) => node.style.display !== "none");
  const shares = stands.map(({ dataset }) => {
    const who = dataset.who?.split(" ") ?? [];
    return who.length ? who.filter((n) => passing.has(n)).length / who.length : 0.5;
  });
  const whole = shares.every((share) => share === 0 || share === 1);
  hide(stands.filter((_, index) => !whole || !shares[index]));
  hide(root.querySelectorAll('[data-ref="signs/"]'));
}

/** Hides and fades layers and their classes. */
function dress(root, params) {
  const drawn = [...root.querySelectorAll("[data-ref]")];
  const hidden = new Set(params.getAll("hide"));
  hide(drawn.filter(({ dataset: { ref } }) => hidden.has(ref) || hidden.has(ref.split("/")[0])));
  for (const [id, value] of params.getAll("op").map((text) => text.split(":"))) {
    if (!(Number(value) >= 0 && Number(value) <= 1)) continue;
    for (const node of drawn.filter(({ dataset: { ref } }) => ref.startsWith(`${id}/`))) {
      for (const name of ["fill-opacity", "stroke-opacity"]) {
        node.setAttribute(name, Number(node.getAttribute(name) ?? 1) / Number(node.dataset.opacity ?? 1) * Number(value));
      }
    }
  }
}

/** Whether the picture can be made what the address asks for; it then is. */
function take(root) {
  const params = new URLSearchParams(location.hash.slice(1));
  // Districts below regions of the scheme are not drawn, nor is ground over which another map would lie.
  if (params.get("base") || params.getAll("hide").some((ref) => ref.split("/")[0] === "regions")) return false;
  const filtered = ["q", "off", ...FACETS].some((key) => params.get(key));
  const view = readView(params);
  if (filtered && !view) return false; // the live map fits those who pass
  if (view) {
    const stage = root.parentElement;
    const drawn = Object.fromEntries(["world", "zooms", "reach"].map((name) => [name, root.dataset[name].split(" ").map(Number)]));
    const world = worldOf(view);
    if (!holds(drawn, world, stage)) return false;
    place(root, drawn, world, stage);
  }
  if (filtered) filter(root, params);
  dress(root, params);
  return true;
}

const root = document.querySelector(".gs-asked .gs-first");
if (root && take(root)) document.documentElement.classList.remove("gs-asked");
