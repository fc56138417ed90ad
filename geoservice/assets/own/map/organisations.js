// The list of organisations with search and facets; those without coordinates are listed apart.

import { debounce, el, icon } from "../common/dom.js";
import { collator } from "../common/text.js";
import { FACETS, valuesOf } from "./state.js";

export class Organisations {
  constructor(app) {
    this.app = app;
    const { t } = app;
    this.search = el("input", { type: "search", id: "gs-search", autocomplete: "off", spellcheck: "false",
      placeholder: t("search_hint"), on: { input: debounce(() => app.state.setQuery(this.search.value)) } });
    this.status = el("p", { class: "gs-status", role: "status" });
    this.reset = el("button", { type: "button", class: "gs-button gs-button-quiet", text: t("clear_filters"),
      on: { click: () => { this.search.value = ""; app.state.clear(); } } });
    this.facets = el("div", { class: "gs-facets" });
    this.placed = el("ul", { class: "gs-list" });
    this.unplaced = el("section", { class: "gs-unplaced" });
    this.root = el("div", { class: "gs-organisations" },
      el("div", { class: "gs-search" }, el("label", { for: "gs-search", class: "gs-hidden", text: t("search") }),
        icon("search"), this.search),
      el("details", { class: "gs-filter" }, el("summary", {}, el("span", { text: t("filters") }), icon("chevron")),
        this.facets),
      el("div", { class: "gs-line" }, this.status, this.reset), this.placed, this.unplaced);
    this.buildFacets();
    app.state.addEventListener("change", () => this.update());
    app.state.addEventListener("select", ({ detail }) => this.mark(detail.id));
    this.update();
  }

  label(facet, value) {
    const { data, t } = this.app;
    if (facet === "role") return t(`role_${value}`);
    if (facet === "type") return data.members.find((m) => m.type === value).typeTitle;
    if (facet === "region") return data.members.find((m) => m.region === value).regionName;
    if (facet === "mark") return data.signs[value]?.title ?? value;
    return value;
  }

  buildFacets() {
    const { state, data, t } = this.app;
    const order = collator(data.lang);
    this.boxes = [];
    for (const facet of FACETS) {
      const values = [...new Set(data.members.flatMap((member) => valuesOf(member, facet)))];
      if (values.length < 2) continue;
      values.sort((a, b) => order.compare(this.label(facet, a), this.label(facet, b)));
      const rows = values.map((value) => {
        const count = el("span", { class: "gs-count" });
        const box = el("input", { type: "checkbox", on: { change: () => state.toggleFacet(facet, value, box.checked) } });
        this.boxes.push({ facet, value, box, count });
        return el("li", {}, el("label", {}, box, el("span", { class: "gs-entry-title", text: this.label(facet, value), dir: "auto" })), count);
      });
      this.facets.append(el("details", { class: "gs-facet", open: facet === "role" },
        el("summary", { text: t(`facet_${facet}`) }), el("ul", {}, rows)));
    }
  }

  update() {
    const { state, t } = this.app;
    const shown = state.shown;
    if (document.activeElement !== this.search) this.search.value = state.query;
    this.status.textContent = t("shown_count", { n: shown.length, all: state.members.length });
    this.reset.hidden = !state.filtered;
    for (const { facet, value, box, count } of this.boxes) {
      box.checked = state.facets[facet].has(value);
      const number = state.members.filter((m) => state.passes(m, facet) && valuesOf(m, facet).includes(value)).length;
      count.textContent = number;
    }
    const onMap = shown.filter((member) => member.lat !== null && member.lon !== null);
    const apart = shown.filter((member) => member.lat === null || member.lon === null);
    this.placed.replaceChildren(...onMap.map((member) => this.item(member)));
    this.unplaced.replaceChildren(...(apart.length ? [
      el("h3", { text: t("unplaced_title", { n: apart.length }) }),
      el("p", { class: "gs-note", text: t("unplaced_note") }),
      el("ul", { class: "gs-list" }, apart.map((member) => this.item(member))),
    ] : []));
    this.mark(state.selected);
  }

  item(member) {
    const { data, state } = this.app;
    const sign = data.signs[member.type];
    const body = [
      sign ? el("img", { src: sign.uri, alt: "", width: 22, height: 22 }) : null,
      el("span", { class: "gs-item-text" },
        el("span", { class: "gs-item-name", text: `${member.n}. ${member.name}`, dir: "auto" }),
        member.spec ? el("span", { class: "gs-item-spec", text: member.spec, dir: "auto" }) : null),
      member.markTexts.map((text) => el("span", { class: "gs-mark", text })),
    ];
    const placed = member.lat !== null && member.lon !== null;
    return el("li", { data: { id: member.id } }, placed
      ? el("button", { type: "button", class: "gs-item", on: { click: () => this.choose(member.id) } }, body)
      : el("div", { class: "gs-item" }, body));
  }

  choose(id) {
    this.app.panel.makeRoom();
    this.app.state.select(id, "list");
  }

  mark(id) {
    for (const item of this.root.querySelectorAll("li[data-id]")) {
      const current = item.dataset.id === id;
      item.classList.toggle("gs-current", current);
      if (current) item.scrollIntoView({ block: "nearest" });
    }
  }
}
