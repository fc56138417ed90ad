// The panel beside the map, with legend, organisations and layers.

import { el, icon } from "../common/dom.js";
import { Legend } from "./legend.js";
import { Organisations } from "./organisations.js";
import { Verdict } from "./verdict.js";

const NARROW = matchMedia("(max-width: 760px)");

/** The catalogue's layers: those shown with switch and opacity, and further ones that can be added. */
class LayersTab {
  constructor(app) {
    this.app = app;
    this.list = el("ul", { class: "gs-switches" });
    this.sources = el("section", { class: "gs-sources" });
    this.more = el("section", { class: "gs-further" });
    this.root = el("div", { class: "gs-layers" }, app.basemaps.root ?? "", this.list, this.more, this.sources);
    this.write();
    app.addEventListener("change", () => { for (const [id, box] of this.boxes) box.checked = app.base.on.get(id); });
  }

  write() {
    const { data, t, options } = this.app;
    this.boxes = new Map(); // layer id -> its switch
    const rows = [...data.layers].reverse().map((layer) => this.row(layer.id, layer.title, layer.note, layer));
    this.list.replaceChildren(...(data.regions.length ? [this.row("regions", t("regions_layer"), "")] : []), ...rows);
    const further = (options.more ?? []).filter(({ id }) => !data.layers.some((layer) => layer.id === id));
    this.more.hidden = !further.length;
    this.more.replaceChildren(el("h3", { text: t("further_layers") }), el("ul", { class: "gs-switches" }, further.map(({ id, title }) =>
      el("li", {}, el("label", {}, el("input", { type: "checkbox", on: { change: (event) => this.add(id, event.target) } }),
        el("span", { class: "gs-entry-title", text: title, dir: "auto" }))))));
    this.sources.hidden = !data.sources.length;
    this.sources.replaceChildren(el("h3", { text: t("sources") }), ...data.sources.map((text) => el("p", { text, dir: "auto" })));
  }

  row(id, title, note, layer = null) {
    const { base, t } = this.app;
    const box = el("input", { type: "checkbox", checked: base.on.get(id), on: { change: () => base.set(id, box.checked) } });
    this.boxes.set(id, box);
    const opacity = layer ? el("input", { type: "range", min: 0, max: 1, step: 0.05, value: base.opacity.get(id),
      "aria-label": t("opacity_of", { layer: title }), title: t("opacity_of", { layer: title }),
      on: { input: (event) => base.setOpacity(id, Number(event.target.value)) } }) : null;
    return el("li", {}, el("label", {}, box,
      el("span", { class: "gs-entry-title", text: note && !title.includes(note) ? `${title} (${note})` : title, dir: "auto" })), opacity);
  }

  async add(id, box) {
    box.disabled = true;
    if (!await this.app.addLayer(id)) box.checked = false;
  }
}

/** The panel: tabs after the WAI-ARIA pattern, beside the map or, on phones, below it. */
export class Panel {
  constructor(app) {
    this.app = app;
    const { t } = app;
    this.legend = new Legend(app);
    this.organisations = new Organisations(app);
    this.layers = new LayersTab(app);
    this.verdict = new Verdict(app);
    const contents = { legend: this.legend.root, list: this.organisations.root, layers: this.layers.root, verdict: this.verdict.root };
    this.tabs = {};
    this.pages = {};
    const bar = el("div", { class: "gs-tabs", role: "tablist", "aria-label": t("panel"),
      on: { keydown: (event) => this.arrows(event) } });
    const head = el("div", { class: "gs-panel-head" }, bar);
    this.root = el("section", { class: "gs-panel", "aria-label": t("panel") }, head);
    for (const [name, content] of Object.entries(contents)) {
      const tab = el("button", { type: "button", role: "tab", id: `gs-tab-${name}`, "aria-controls": `gs-page-${name}`,
        text: t(`tab_${name}`), on: { click: () => this.choose(name) } });
      const page = el("div", { class: "gs-page", role: "tabpanel", id: `gs-page-${name}`, tabindex: "0",
        "aria-labelledby": `gs-tab-${name}` }, content);
      this.tabs[name] = tab;
      this.pages[name] = page;
      bar.append(tab);
      this.root.append(page);
    }
    this.fold = el("button", { type: "button", class: "gs-fold", "aria-label": t("fold_panel"),
      on: { click: () => this.setFolded(!this.folded) } }, icon("chevron"));
    head.append(this.fold);
    this.show("legend");
    this.setFolded(NARROW.matches || app.options.panel === "folded");
  }

  /** A click on the open tab folds the panel where space is short. */
  choose(name, stay = false) {
    if (!stay && NARROW.matches && !this.folded && this.current === name) {
      this.setFolded(true);
      return;
    }
    this.show(name);
    this.setFolded(false);
  }

  /** On phones the map gets the panel's space when something is to be seen on it. */
  makeRoom() {
    if (NARROW.matches) this.setFolded(true);
  }

  show(name) {
    this.current = name;
    for (const [key, tab] of Object.entries(this.tabs)) {
      tab.setAttribute("aria-selected", String(key === name));
      tab.tabIndex = key === name ? 0 : -1;
      this.pages[key].hidden = key !== name;
    }
    this.tellShown();
  }

  /** What is made when it is first looked at, or drawn on the map, needs to know. */
  tellShown() {
    const seen = (name) => this.current === name && this.folded === false;
    this.verdict.show(seen("verdict"));
    this.organisations.show(seen("list"));
  }

  arrows(event) {
    const names = Object.keys(this.tabs);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || !(event.target.getAttribute("role") === "tab")) return;
    const next = names[(names.indexOf(this.current) + step + names.length) % names.length];
    this.show(next);
    this.tabs[next].focus();
  }

  setFolded(folded) {
    this.folded = folded;
    this.root.classList.toggle("gs-folded", folded);
    document.body.classList.toggle("gs-panel-folded", folded);
    this.fold.setAttribute("aria-expanded", String(!folded));
    this.tellShown();
    if (this.root.isConnected) this.app.map.invalidateSize({ pan: false });
  }
}
