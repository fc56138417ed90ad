// Base maps of the sources that the operator configured; without any, this adds nothing and asks nobody.

import { el } from "../common/dom.js";

function tileLayer({ kind, url, layers, format, attribution, maxZoom, opacity }) {
  const text = document.createElement("span");
  text.textContent = attribution;
  const common = { attribution: text.innerHTML, maxNativeZoom: maxZoom, maxZoom: 18, opacity, zIndex: 1 };
  return kind === "wms"
    ? L.tileLayer.wms(url, { ...common, layers, format, transparent: true, version: "1.1.1" })
    : L.tileLayer(url, common);
}

/** A choice of one source or none; a chosen one replaces the fills of our own areas. */
export function baseMapChoice(app) {
  const sources = app.options.basemaps ?? [];
  if (!sources.length) return null;
  let current = null;
  let credit = null;
  const choose = (id) => {
    current?.remove();
    credit?.remove();
    const source = sources.find((candidate) => candidate.id === id);
    current = source ? tileLayer(source).addTo(app.map) : null;
    if (source) credit = L.control.attribution({ prefix: false, position: "bottomright" }).addAttribution(current.options.attribution).addTo(app.map);
    app.base.setBackground(Boolean(source));
  };
  const select = el("select", { id: "gs-basemap", on: { change: () => choose(select.value) } },
    el("option", { value: "", text: app.t("basemap_none") }),
    sources.map(({ id, title }) => el("option", { value: id, text: title })));
  return el("p", { class: "gs-basemap" }, el("label", { for: "gs-basemap", text: app.t("basemap") }), select);
}
