// The map's tools: zoom, fit, full screen, locate, measure, share, picture of the view, scale and coordinates.

import { el, icon } from "../common/dom.js";
import { CoordinateReadout } from "./coordinates.js";
import { Measure } from "./measure.js";
import { MiniMap } from "./minimap.js";
import { saveImage } from "./image.js";
import { Share } from "./share.js";
import { FACETS } from "./state.js";

function toolButton(name, label, run) {
  const button = el("button", { type: "button", class: "gs-tool", title: label, "aria-label": label }, icon(name));
  button.addEventListener("click", () => run(button));
  L.DomEvent.disableClickPropagation(button);
  return button;
}

function bar(position, ...children) {
  const control = new L.Control({ position });
  control.onAdd = () => el("div", { class: "gs-bar" }, ...children);
  return control;
}

function fullScreen(app) {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen().catch(() => app.say(app.t("full_screen_refused")));
}

function locate(app) {
  const { map, t } = app;
  map.once("locationerror", () => app.say(t("locate_failed")));
  map.once("locationfound", ({ latlng, accuracy }) => {
    app.here?.remove();
    app.here = L.circle(latlng, { radius: accuracy, className: "gs-here", interactive: false }).addTo(map);
  });
  map.locate({ setView: true, maxZoom: 13 });
}

/** The layers that are not as the sheet would have them: added ones, and with a "-" those and the classes switched off. */
function layersOf({ added, base }) {
  const off = [...base.on].filter(([id, shown]) => !shown || base.opacity.get(id) === 0).map(([id]) => id);
  const classes = [...base.off].filter((ref) => !off.includes(ref.split("/")[0]));
  return [...added, ...[...off, ...classes].map((ref) => `-${ref}`)];
}

/** Opacities that the reader changed, as a sheet takes them. */
const opacitiesOf = ({ data, base }) => data.layers.map(({ id, opacity }) => [id, base.opacity.get(id), opacity])
  .filter(([, now, own]) => now > 0 && now !== own).map(([id, now]) => `${id}:${now}`).join(",");

/** The filters as a sheet takes them; types switched off in the legend are left out. */
function filtersOf({ query, facets, off }) {
  const chosen = FACETS.flatMap((facet) => [...facets[facet]].map((value) => [facet, value]));
  return [...chosen, ...[...off].map((type) => ["type", `-${type}`]), ...(query.trim() ? [["q", query.trim()]] : [])];
}

/** The A3 sheet of this view, its layers and filters. It accounts for everybody chosen: those outside are listed. */
function printView(app) {
  if (!app.state.shown.length) {
    app.say(app.t("print_nobody"));
    return;
  }
  const bounds = app.map.getBounds();
  const outside = app.state.shown.filter((m) => m.lat !== null && m.lon !== null && !bounds.contains([m.lat, m.lon]));
  const address = new URL(app.data.links.pdf, location.href);
  const layers = layersOf(app);
  address.searchParams.set("extent", bounds.toBBoxString().split(",").map((value) => Number(value).toFixed(4)).join(","));
  for (const [key, value] of new URLSearchParams(app.data.links.query)) address.searchParams.set(key, value);
  if (layers.length) {
    const asked = address.searchParams.get("layers");
    address.searchParams.set("layers", [...(asked ? [asked] : []), ...layers].join(","));
  }
  const opacities = opacitiesOf(app);
  if (opacities) address.searchParams.set("opacity", opacities);
  if (outside.length) address.searchParams.set("beyond", "list");
  for (const [name, value] of filtersOf(app.state)) address.searchParams.append(name, value);
  const said = [...(outside.length ? [app.t("print_outside", { n: outside.length })] : []),
    ...(app.state.filtered ? [app.t("print_extract", { n: app.state.shown.length, all: app.state.members.length })] : [])];
  if (said.length) app.say(said.join(" "));
  window.open(address, "_blank", "noopener");
}

export function addTools(app) {
  const { map, t } = app;
  bar("topleft", toolButton("plus", t("zoom_in"), () => map.zoomIn()),
    toolButton("minus", t("zoom_out"), () => map.zoomOut()),
    toolButton("fit", t("fit"), () => app.fit())).addTo(map);
  const measure = new Measure(app);
  const tools = [toolButton("measure", t("measure"), (button) => measure.toggle(button))];
  if (document.fullscreenEnabled) tools.unshift(toolButton("full", t("full_screen"), () => fullScreen(app)));
  if ("geolocation" in navigator && window.isSecureContext && app.options.locate !== false) {
    tools.push(toolButton("locate", t("locate"), () => locate(app)));
  }
  if (app.data.links.self) {
    const share = new Share(app);
    tools.push(toolButton("share", t("share"), () => share.open()));
  }
  if (app.data.links.pdf) tools.push(toolButton("print", t("print_view"), () => printView(app)));
  tools.push(toolButton("image", t("image"), () => saveImage(app)));
  bar("topleft", ...tools).addTo(map);
  L.control.scale({ position: "bottomleft", imperial: false, maxWidth: 140 }).addTo(map);
  new CoordinateReadout(app).addTo(map);
  if (map.getSize().x > 700 && map.getSize().y > 420) new MiniMap(app).addTo(map);
}
