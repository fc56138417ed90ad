// Base maps of the sources that the operator configured; without any, this adds nothing and asks nobody.

import { el } from "../common/dom.js";

const FAILURES = 4; // tiles that must fail, with none arriving, before a source counts as out of reach

function tileLayer({ kind, url, layers, format, maxZoom, opacity }) {
  const common = { maxNativeZoom: maxZoom, maxZoom: 18, opacity, zIndex: 1, className: "gs-basemap-tiles" };
  return kind === "wms"
    ? L.tileLayer.wms(url, { ...common, layers, format, transparent: true, version: "1.1.1" })
    : L.tileLayer(url, common);
}

/** One source or none; a chosen one replaces the ground of our own layers, unless it does not answer. */
export class BaseMaps {
  constructor(app) {
    this.app = app;
    this.sources = app.options.basemaps ?? [];
    this.current = "";
    this.credit = el("p", { class: "gs-credit", dir: "auto", hidden: true });
    this.warning = el("p", { class: "gs-warning", role: "status", hidden: true });
    if (!this.sources.length) return;
    this.select = el("select", { id: "gs-basemap", on: { change: () => this.choose(this.select.value) } },
      el("option", { value: "", text: app.t("basemap_none") }),
      this.sources.map(({ id, title }) => el("option", { value: id, text: title })));
    this.root = el("div", { class: "gs-basemap" }, el("label", { for: "gs-basemap", text: app.t("basemap") }), this.select, this.warning);
    const control = new L.Control({ position: "bottomright" });
    control.onAdd = () => this.credit;
    control.addTo(app.map);
  }

  choose(id) {
    const source = this.sources.find((candidate) => candidate.id === id);
    this.tiles?.remove();
    this.current = source?.id ?? "";
    if (this.select) this.select.value = this.current;
    this.credit.textContent = source?.attribution ?? "";
    this.credit.hidden = !source?.attribution;
    this.warning.hidden = true;
    this.tiles = source ? tileLayer(source) : null;
    if (source) this.watch(source);
    this.tiles?.addTo(this.app.map);
    this.app.base.setBackground(Boolean(source));
  }

  /** Where the source does not answer our own ground comes back, and the reader is told. */
  watch(source) {
    let failed = 0;
    let arrived = false;
    this.tiles.on("tileload", () => {
      if (!arrived && failed >= FAILURES) {
        this.warning.hidden = true;
        this.app.base.setBackground(true);
      }
      arrived = true;
    });
    this.tiles.on("tileerror", () => {
      failed += 1;
      if (arrived || failed !== FAILURES) return;
      this.warning.textContent = this.app.t("basemap_failed", { title: source.title });
      this.warning.hidden = false;
      this.app.say(this.warning.textContent);
      this.app.base.setBackground(false);
    });
  }
}
