// The list of organisations with search and facets; those without coordinates are listed apart.

import { debounce, el, icon } from "../common/dom.js";
import { collator, fold } from "../common/text.js";
import { FACETS, valuesOf } from "./state.js";

const ROWS_AT_ONCE = 200; // more of a long list is shown on demand
const VALUES_AT_ONCE = 40;

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
    this.more = el("button", { type: "button", class: "gs-button gs-button-quiet gs-more", hidden: true,
      on: { click: () => this.showMore() } });
    this.unplaced = el("section", { class: "gs-unplaced" });
    this.root = el("div", { class: "gs-organisations" },
      el("div", { class: "gs-search" }, el("label", { for: "gs-search", class: "gs-hidden", text: t("search") }),
        icon("search"), this.search),
      el("details", { class: "gs-filter" }, el("summary", {}, el("span", { text: t("filters") }), icon("chevron")),
        this.facets),
      el("div", { class: "gs-line" }, this.status, this.reset), this.placed, this.more, this.unplaced);
    this.rows = ROWS_AT_ONCE;
    app.state.addEventListener("change", () => {
      this.rows = ROWS_AT_ONCE;
      this.stale = true;
      if (this.shown) this.update();
    });
    app.state.addEventListener("select", ({ detail }) => this.mark(detail.id));
    app.addEventListener("register", () => { this.boxes = null; });
    this.stale = true;
  }

  /** The list is made when it is first looked at: a map's first view does not wait for it. */
  show(shown) {
    this.shown = shown;
    if (shown && this.stale) this.update();
  }

  label(facet, value) {
    const { data, state, t } = this.app;
    if (facet === "role") return t(`role_${value}`);
    if (facet === "type") return data.types.find(([code]) => code === value)?.[1] ?? value;
    if (facet === "region") return data.regionNames[value] ?? value;
    if (facet === "mark") return data.signs[value]?.title ?? state.members.find((m) => m.marks.includes(value))?.markTexts[0] ?? value;
    return value;
  }

  buildFacets() {
    this.facets.replaceChildren();
    this.boxes = FACETS.map((facet) => this.facet(facet)).filter(Boolean);
  }

  /** One facet; a long one is searched rather than scrolled through. */
  facet(name) {
    const { state, data, t } = this.app;
    const order = collator(data.lang);
    const values = [...new Set(state.members.flatMap((member) => valuesOf(member, name)))]
      .map((value) => ({ value, label: this.label(name, value) }));
    if (values.length < 2) return null;
    values.sort((a, b) => order.compare(a.label, b.label));
    const list = el("ul", {});
    const made = { name, values, list, boxes: [], query: "" };
    const narrow = values.length > VALUES_AT_ONCE ? el("input", { type: "search", class: "gs-narrow-facet",
      placeholder: t("search"), "aria-label": `${t("search")}: ${t(`facet_${name}`)}`,
      on: { input: debounce(() => { made.query = narrow.value; this.fillFacet(made); this.updateFacets(); }) } }) : null;
    this.fillFacet(made);
    this.facets.append(el("details", { class: "gs-facet", open: name === "role" },
      el("summary", { text: t(`facet_${name}`) }), narrow, list));
    return made;
  }

  fillFacet(made) {
    const { state } = this.app;
    const words = fold(made.query).split(" ").filter(Boolean);
    const chosen = state.facets[made.name];
    const fitting = made.values.filter(({ value, label }) => chosen.has(value) || words.every((word) => fold(label).includes(word)));
    made.boxes = fitting.slice(0, VALUES_AT_ONCE).map(({ value, label }) => {
      const count = el("span", { class: "gs-count" });
      const box = el("input", { type: "checkbox", on: { change: () => state.toggleFacet(made.name, value, box.checked) } });
      const row = el("li", {}, el("label", {}, box, el("span", { class: "gs-entry-title", text: label, dir: "auto" })), count);
      return { value, box, count, row };
    });
    made.list.replaceChildren(...made.boxes.map(({ row }) => row));
    if (fitting.length > VALUES_AT_ONCE) {
      made.list.append(el("li", { class: "gs-note", text: this.app.t("and_more", { n: fitting.length - VALUES_AT_ONCE }) }));
    }
  }

  updateFacets() {
    const { state } = this.app;
    for (const { name, boxes } of this.boxes) {
      for (const { value, box, count } of boxes) {
        box.checked = state.facets[name].has(value);
        count.textContent = state.counts[name].get(value) ?? 0;
      }
    }
  }

  update() {
    const { state, t } = this.app;
    const { shown } = state;
    this.stale = false;
    if (!this.boxes) this.buildFacets();
    if (document.activeElement !== this.search) this.search.value = state.query;
    this.status.textContent = t("shown_count", { n: shown.length, all: state.members.length });
    this.reset.hidden = !state.filtered;
    this.updateFacets();
    const onMap = shown.filter((member) => member.lat !== null && member.lon !== null);
    const apart = shown.filter((member) => member.lat === null || member.lon === null);
    this.listed = onMap;
    this.placed.replaceChildren(...onMap.slice(0, this.rows).map((member) => this.item(member)));
    this.tellMore();
    this.unplaced.replaceChildren(...(apart.length ? [
      el("h3", { text: t("unplaced_title", { n: apart.length }) }),
      el("p", { class: "gs-note", text: t("unplaced_note") }),
      el("ul", { class: "gs-list" }, apart.slice(0, ROWS_AT_ONCE).map((member) => this.item(member))),
    ] : []));
    this.mark(state.selected);
  }

  tellMore() {
    const left = this.listed.length - this.placed.children.length;
    this.more.hidden = left <= 0;
    this.more.textContent = this.app.t("show_more", { n: left });
  }

  showMore() {
    const from = this.placed.children.length;
    this.rows = from + ROWS_AT_ONCE;
    this.placed.append(...this.listed.slice(from, this.rows).map((member) => this.item(member)));
    this.tellMore();
    this.placed.children[from]?.querySelector("button")?.focus();
  }

  item(member) {
    const { data } = this.app;
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
    for (const item of this.root.querySelectorAll("li.gs-current, li[data-id]")) {
      const current = item.dataset.id === id;
      item.classList.toggle("gs-current", current);
      if (current) item.scrollIntoView({ block: "nearest" });
    }
  }
}
