// The live legend: what is in view, how many of each, switches for classes and layers.

import { el, svg } from "../common/dom.js";

const SWATCH = { width: 30, height: 20 };

/** A sample of a paint, as it is drawn on the map. */
export function swatch(kind, paint) {
  const box = svg("svg", { class: "gs-swatch", viewBox: "0 0 30 20", width: SWATCH.width, height: SWATCH.height,
    "aria-hidden": "true" });
  const dash = paint.dash.length ? { "stroke-dasharray": paint.dash.join(" ") } : {};
  if (kind === "line") {
    if (paint.casing) {
      box.append(svg("path", { d: "M1 10H29", stroke: paint.casing, "stroke-width": paint.casingWidth, fill: "none" }));
    }
    box.append(svg("path", { d: "M1 10H29", stroke: paint.stroke, "stroke-width": paint.width, fill: "none", ...dash }));
  } else if (kind === "point") {
    const radius = paint.size / 2;
    const common = { fill: paint.fill ?? "none", stroke: paint.stroke ?? "none", "stroke-width": paint.width };
    box.append(paint.shape === "square"
      ? svg("rect", { x: 15 - radius, y: 10 - radius, width: paint.size, height: paint.size, ...common })
      : svg("circle", { cx: 15, cy: 10, r: radius, ...common }));
    if (paint.shape === "ring") box.append(svg("circle", { cx: 15, cy: 10, r: radius * 0.35, fill: paint.stroke }));
  } else {
    box.append(svg("rect", { x: 1.5, y: 2, width: 27, height: 16, fill: paint.fill ?? "none",
      "fill-opacity": paint.fillOpacity, stroke: paint.stroke ?? "none", "stroke-width": paint.width, ...dash }));
  }
  return box;
}

export class Legend {
  constructor(app) {
    this.app = app;
    this.rows = [];
    this.root = el("div", { class: "gs-legend" });
    for (const group of app.data.legend) this.root.append(this.group(group));
    this.numberRow = this.plainRow(el("b", { class: "gs-number-sample", text: "12" }), app.t("legend_number"));
    this.clusterRow = this.plainRow(el("span", { class: "gs-cluster gs-cluster-mixed gs-cluster-sample" },
      el("span", { class: "gs-cluster-count", text: "3" })), app.t("legend_cluster"));
    this.root.insertBefore(el("details", { class: "gs-group", open: true },
      el("summary", {}, el("h3", { text: app.t("legend_reading") })), el("ul", {}, this.numberRow, this.clusterRow)),
    this.root.querySelector('[data-group="marks"], [data-group="regions"], [data-group="base"]'));
    app.map.on("moveend zoomend", () => this.update());
    app.addEventListener("change", () => this.update());
    app.state.addEventListener("change", () => this.update());
    this.update();
  }

  group(group) {
    const list = el("ul", {}, group.entries.map((entry) => this.row(group, entry)));
    return el("details", { class: "gs-group", open: true, data: { group: group.code } },
      el("summary", {}, el("h3", { text: group.title })), list);
  }

  plainRow(picture, title) {
    return el("li", { class: "gs-entry" }, el("span", { class: "gs-picture" }, picture),
      el("span", { class: "gs-entry-title", text: title }));
  }

  row(group, entry) {
    const { app } = this;
    if (entry.kind === "abbreviation") {
      return el("li", { class: "gs-entry" }, el("b", { class: "gs-abbreviation", text: entry.ref }),
        el("span", { class: "gs-entry-title", text: entry.title }));
    }
    const sign = app.data.signs[entry.ref];
    const raster = entry.kind === "raster" && app.data.layers.find((layer) => entry.ref === `${layer.id}/raster`);
    const picture = raster
      ? el("img", { src: raster.image.href, alt: "", width: 28, height: 18 })
      : sign ? el("img", { src: sign.uri, alt: "", width: Math.min(sign.px, 28), height: Math.min(sign.px, 28) })
        : entry.paint ? swatch(entry.kind === "region" ? "area" : entry.kind, entry.paint) : null;
    const count = el("span", { class: "gs-count" });
    const title = el("span", { class: "gs-entry-title", text: entry.title });
    const item = el("li", { class: "gs-entry", data: { ref: entry.ref } });
    if (entry.kind === "sign") {
      const box = el("input", { type: "checkbox", checked: !app.state.off.has(entry.ref),
        on: { change: () => app.state.toggleType(entry.ref, box.checked) } });
      item.append(el("label", {}, box, el("span", { class: "gs-picture" }, picture), title), count);
      this.rows.push({ item, entry, count, box });
    } else {
      item.append(el("span", { class: "gs-picture" }, picture), title, count);
      this.rows.push({ item, entry, count });
    }
    return item;
  }

  /** Shows the rows of what is in view now, with counts; a class switched off keeps its row. */
  update() {
    const { app } = this;
    const view = app.map.getBounds();
    const seen = app.state.members.filter((m) => m.lat !== null && m.lon !== null && view.contains([m.lat, m.lon]));
    const shown = seen.filter((member) => app.state.passes(member));
    for (const { item, entry, count, box } of this.rows) {
      let number = null;
      let visible = true;
      if (entry.kind === "sign") {
        number = shown.filter((member) => member.type === entry.ref).length;
        visible = app.state.off.has(entry.ref) || seen.some((member) => member.type === entry.ref);
        box.checked = !app.state.off.has(entry.ref);
      } else if (entry.kind === "mark") {
        number = shown.filter((member) => member.marks.includes(entry.ref)).length;
        visible = number > 0;
      } else if (entry.kind === "region") {
        number = entry.count;
        visible = app.base.on.get("regions");
      } else if (entry.ref.includes("/")) {
        visible = this.baseVisible(entry.ref);
      }
      item.hidden = !visible;
      count.textContent = number === null ? "" : number;
    }
    this.numberRow.hidden = !shown.length;
    this.clusterRow.hidden = !app.map.getPane("markerPane").querySelector(".gs-cluster");
    for (const group of this.root.children) {
      group.hidden = ![...group.querySelectorAll("li")].some((item) => !item.hidden);
    }
  }

  baseVisible(ref) {
    const { app } = this;
    const [id, cls] = ref.split("/");
    const layer = app.data.layers.find((candidate) => candidate.id === id);
    if (!layer) return app.base.on.get(id) ?? true;
    if (layer.kind === "raster") return app.base.on.get(id);
    const place = layer.rules.findIndex((rule) => rule.cls === cls);
    if (!app.base.visible(layer, layer.rules[place])) return false;
    return layer.kind === "point" ? app.labels.drawn.has(ref) : true;
  }
}
