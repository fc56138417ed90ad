// The live legend: what is in view, how many of each, switches for classes and layers.

import { el, svg } from "../common/dom.js";
import { featuresOf, inView, viewOf } from "./geometry.js";

const SWATCH = { width: 30, height: 20 };

/** A sample of a paint, as it is drawn on the map. */
export function swatch(kind, paint) {
  const box = svg("svg", { class: "gs-swatch", viewBox: "0 0 30 20", width: SWATCH.width, height: SWATCH.height,
    "aria-hidden": "true" });
  const faint = { "stroke-opacity": paint.strokeOpacity };
  const dash = paint.dash.length ? { "stroke-dasharray": paint.dash.join(" ") } : {};
  if (kind === "line") {
    if (paint.casing) {
      box.append(svg("path", { d: "M1 10H29", stroke: paint.casing, "stroke-width": paint.casingWidth, fill: "none", ...faint }));
    }
    box.append(svg("path", { d: "M1 10H29", stroke: paint.stroke, "stroke-width": paint.width, fill: "none", ...faint, ...dash }));
  } else if (kind === "point") {
    const radius = paint.size / 2;
    const common = { fill: paint.fill ?? "none", stroke: paint.stroke ?? "none", "stroke-width": paint.width };
    box.append(paint.shape === "square"
      ? svg("rect", { x: 15 - radius, y: 10 - radius, width: paint.size, height: paint.size, ...common })
      : svg("circle", { cx: 15, cy: 10, r: radius, ...common }));
    if (paint.shape === "ring") box.append(svg("circle", { cx: 15, cy: 10, r: radius * 0.35, fill: paint.stroke }));
  } else {
    box.append(svg("rect", { x: 1.5, y: 2, width: 27, height: 16, fill: paint.fill ?? "none",
      "fill-opacity": paint.fillOpacity, stroke: paint.stroke ?? "none", "stroke-width": paint.width, ...faint, ...dash }));
  }
  return box;
}

export class Legend {
  constructor(app) {
    this.app = app;
    this.rows = [];
    this.root = el("div", { class: "gs-legend" });
    app.afterwards(() => this.fill());
  }

  fill() {
    const { app } = this;
    for (const group of app.data.legend) this.root.append(this.group(group));
    this.numberRow = this.plainRow(el("b", { class: "gs-number-sample", text: "12" }), app.t("legend_number"));
    this.clusterRow = this.plainRow(el("span", { class: "gs-cluster gs-cluster-mixed gs-cluster-sample" },
      el("span", { class: "gs-cluster-count", text: "3" })), app.t("legend_cluster"));
    this.root.insertBefore(el("details", { class: "gs-group", open: true },
      el("summary", {}, el("h3", { text: app.t("legend_reading") })), el("ul", {}, this.numberRow, this.clusterRow)),
    this.root.querySelector('[data-group="marks"], [data-group="regions"], [data-group="base"]'));
    app.map.on("moveend", () => this.soon());
    app.labels.on("drawn", () => this.soon());
    app.addEventListener("change", () => this.soon());
    app.state.addEventListener("change", () => this.soon());
  }

  /** Counts once for whatever happens until the next frame. */
  soon() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.update());
  }

  /** Takes in the entries of a layer that was added. */
  insert(entries) {
    let list = this.root.querySelector('[data-group="base"] ul');
    if (!list) {
      const made = this.group({ code: "base", title: this.app.t("tab_layers"), entries: [] });
      this.root.append(made);
      list = made.querySelector("ul");
    }
    list.prepend(...entries.map((entry) => this.row(entry)));
    this.update();
  }

  group(group) {
    const list = el("ul", {}, group.entries.map((entry) => this.row(entry)));
    return el("details", { class: "gs-group", open: true, data: { group: group.code } },
      el("summary", {}, el("h3", { text: group.title })), list);
  }

  plainRow(picture, title) {
    return el("li", { class: "gs-entry" }, el("span", { class: "gs-picture" }, picture),
      el("span", { class: "gs-entry-title", text: title }));
  }

  row(entry) {
    const { app } = this;
    if (entry.kind === "abbreviation") {
      const line = el("li", { class: "gs-entry" }, el("b", { class: "gs-abbreviation", text: entry.ref }),
        el("span", { class: "gs-entry-title", text: entry.title }));
      this.rows.push({ item: line, entry, users: app.state.membersWith(entry.ref) });
      return line;
    }
    const count = el("span", { class: "gs-count" });
    const title = el("span", { class: "gs-entry-title", text: entry.title, dir: "auto" });
    const picture = el("span", { class: "gs-picture" }, this.picture(entry));
    const item = el("li", { class: "gs-entry", data: { ref: entry.ref } });
    const run = this.switchOf(entry);
    const box = run ? el("input", { type: "checkbox", on: { change: () => run(box.checked) } }) : null;
    item.append(box ? el("label", {}, box, picture, title) : el("span", { class: "gs-entry-plain" }, picture, title), count);
    this.rows.push({ item, entry, count, box, picture });
    return item;
  }

  picture(entry) {
    const { data } = this.app;
    const sign = data.signs[entry.ref];
    if (entry.kind === "raster") {
      const layer = data.layers.find(({ id }) => entry.ref === `${id}/raster`);
      return layer ? el("img", { src: layer.image.href, alt: "", width: 28, height: 18 }) : null;
    }
    if (sign) return el("img", { src: sign.uri, alt: "", width: Math.min(sign.px, 28), height: Math.min(sign.px, 28) });
    return entry.paint ? swatch(entry.kind === "region" ? "area" : entry.kind, entry.paint) : null;
  }

  /** What switching an entry does; marks are chosen among the filters. */
  switchOf({ kind, ref }) {
    const { state, base } = this.app;
    if (kind === "sign") return (shown) => state.toggleType(ref, shown);
    if (kind === "region") return (shown) => base.setClass(`regions/${ref}`, shown);
    if (kind === "raster") return (shown) => base.set(ref.split("/")[0], shown);
    return ref.includes("/") ? (shown) => base.setClass(ref, shown) : null;
  }

  /** Shows the rows of what is in view now, with counts; a class switched off keeps its row. */
  update() {
    const { app } = this;
    const view = viewOf(app.map);
    const { types, marks, seen, here } = this.members(view);
    for (const { item, entry, count, box, users, picture } of this.rows) {
      if (users) {
        item.hidden = users.size > 0 && ![...here].some((id) => users.has(id));
        continue;
      }
      let found = { number: null, there: true, on: true };
      if (entry.kind === "sign") {
        const on = !app.state.off.has(entry.ref);
        found = { number: types.get(entry.ref) ?? 0, there: !on || seen.has(entry.ref), on };
      } else if (entry.kind === "mark") found = { number: marks.get(entry.ref) ?? 0, there: marks.has(entry.ref), on: true };
      else if (entry.kind === "region") found = this.regions(entry.ref, view);
      else found = this.features(entry.ref, view);
      item.hidden = !found.there;
      if (box) box.checked = found.on;
      count.textContent = found.number === null ? "" : found.number;
      picture.style.opacity = app.base.opacity.get(entry.ref.split("/")[0]) ?? ""; // as faint as on the map
    }
    this.numberRow.hidden = !types.size;
    this.clusterRow.hidden = !app.map.getPane("markerPane").querySelector(".gs-cluster");
    for (const group of this.root.children) {
      group.hidden = ![...group.querySelectorAll("li")].some((item) => !item.hidden);
    }
  }

  /** Organisations in view by type and mark, as far as they pass the filters; `seen`: all types in view, `here`: who. */
  members([west, south, east, north]) {
    const { state } = this.app;
    const types = new Map();
    const marks = new Map();
    const seen = new Set();
    const here = new Set();
    for (const member of state.members) {
      if (member.lat === null || member.lat < south || member.lat > north || member.lon < west || member.lon > east) continue;
      seen.add(member.type);
      if (!state.passing.has(member.id)) continue;
      here.add(member.id);
      types.set(member.type, (types.get(member.type) ?? 0) + 1);
      for (const mark of member.marks) marks.set(mark, (marks.get(mark) ?? 0) + 1);
    }
    return { types, marks, seen, here };
  }

  regions(state, view) {
    const { base, data } = this.app;
    const on = !base.off.has(`regions/${state}`);
    if (!base.on.get("regions")) return { number: 0, there: false, on };
    const filled = { kind: "area" }; // a region's tint explains itself wherever one is inside it
    const number = data.regions.filter((region) => region.state === state).map((region) => base.regionFeature(region))
      .filter((feature) => feature && inView({ ...feature, layer: filled }, view)).length;
    return { number, there: number > 0, on };
  }

  /** Features of a class that can be seen in view: of points those that found a place, as others are not drawn. */
  features(ref, view) {
    const { base, data, labels } = this.app;
    const [id, cls] = ref.split("/");
    const layer = data.layers.find((candidate) => candidate.id === id);
    if (!layer) return { number: null, there: false, on: true };
    if (layer.kind === "raster") {
      const there = L.latLngBounds(layer.image.bounds).intersects([[view[1], view[0]], [view[3], view[2]]]);
      return { number: null, there, on: base.on.get(id) };
    }
    const on = !base.off.has(ref);
    const rule = layer.rules.find((candidate) => candidate.cls === cls);
    if (!base.on.get(id) || !base.inScale(rule)) return { number: 0, there: false, on };
    // The outline of an occupied or bordering region is that state's: its own border is painted over.
    const states = new Set(layer.level ? data.regions.filter((region) => base.regionShown(region)).map(({ code }) => code) : []);
    const inside = featuresOf(layer).filter((feature) => feature.rule === rule && !states.has(feature.code)
      && inView(feature, view)).length;
    const number = layer.kind === "point" && on ? labels.count(ref) : inside;
    return { number, there: on ? number > 0 : inside > 0, on };
  }
}
