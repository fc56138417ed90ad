// The address holds the view, the filters and the layers, so that a link shows what its sender saw.

import { debounce } from "../common/dom.js";
import { FACETS } from "./state.js";

export function readAddress(app) {
  const params = new URLSearchParams(location.hash.slice(1));
  const { state, base, map } = app;
  const list = (key) => params.getAll(key).filter(Boolean);
  state.query = params.get("q") ?? "";
  for (const type of list("off")) state.off.add(type);
  for (const facet of FACETS) for (const value of list(facet)) state.facets[facet].add(value);
  for (const id of list("hide")) if (base.on.has(id)) base.on.set(id, false);
  const view = (params.get("v") ?? "").split(",").map(Number);
  if (view.length === 3 && view.every(Number.isFinite)) {
    map.setView([view[0], view[1]], view[2], { animate: false });
    return { view: true, selected: params.get("org") };
  }
  return { view: false, selected: params.get("org") };
}

export function writeAddress(app) {
  const write = debounce(() => {
    const { state, base, map } = app;
    const params = new URLSearchParams();
    const centre = map.getCenter();
    params.set("v", `${centre.lat.toFixed(4)},${centre.lng.toFixed(4)},${map.getZoom()}`);
    if (state.query) params.set("q", state.query);
    if (state.selected) params.set("org", state.selected);
    for (const type of state.off) params.append("off", type);
    for (const facet of FACETS) for (const value of state.facets[facet]) params.append(facet, value);
    for (const [id, shown] of base.on) if (!shown) params.append("hide", id);
    if (location.protocol !== "about:") history.replaceState(null, "", `#${params}`);
    app.host.post("view", { hash: `#${params}` });
  }, 250);
  app.map.on("moveend", write);
  app.state.addEventListener("change", write);
  app.state.addEventListener("select", write);
  app.addEventListener("change", write);
}
