// The concentration check: its answer in the heading, its reasons and evidence in the panel and on the map.

import { el, icon, VERDICT_ICONS } from "../common/dom.js";
import { numberText } from "../common/text.js";

const EDGE_STYLES = {
  line: { color: "#1a6b3c", weight: 5, opacity: 0.85 },
  point: { color: "#7a5200", weight: 5, opacity: 0.9 },
  gap: { color: "#a32218", weight: 4, opacity: 0.9, dashArray: "3 7" },
  overlap: { color: "#6a3d9a", weight: 5, opacity: 0.85 },
};

/** The heading's answer, which the page holds: a click leads to the panel, which says why. */
export function tendVerdict(app) {
  const node = document.querySelector(".gs-verdict");
  if (!node) return; // a page that frames the map has a heading of its own
  node.addEventListener("click", () => app.panel.choose("verdict", true));
  app.addEventListener("register", () => {
    const { state } = app.data.verdict;
    node.className = `gs-verdict gs-${state}`;
    node.replaceChildren(icon(VERDICT_ICONS[state]), el("span", { text: app.t(`verdict_${state}`) }), icon("chevron"));
  });
}

export class Verdict {
  constructor(app) {
    this.app = app;
    this.root = el("div", { class: "gs-evidence" });
    this.lines = L.layerGroup();
    this.evidence = app.data.evidence ?? null;
    this.write();
    app.addEventListener("register", () => {
      this.evidence = null;
      this.write();
      if (this.shown) this.show(true);
    });
  }

  /** Draws the borders that decide while the panel's page is open. */
  show(shown) {
    this.shown = shown;
    if (!shown) {
      this.lines.remove();
      return;
    }
    if (!this.evidence) this.load();
    else this.draw();
  }

  async load() {
    const { links } = this.app.data;
    if (!links.evidence) return;
    const of = async (address) => {
      const response = await fetch(address, { credentials: "same-origin" });
      if (!response.ok) throw new Error(`${address}: ${response.status}`);
      return response.json();
    };
    try {
      const [found, shapes] = await Promise.all([of(links.evidence), of(links.evidence.replace("/concentration", "/concentration.geojson"))]);
      this.evidence = { ...found, edges: found.edges.map((edge) => ({ ...edge, geometry: shapes.features.find(({ properties: p }) =>
        p.layer === "edge" && p.a === edge.a && p.b === edge.b)?.geometry })) };
      this.write();
      if (this.shown) this.draw();
    } catch {
      this.root.append(el("p", { class: "gs-warning", text: this.app.t("not_loaded") }));
    }
  }

  draw() {
    const { map } = this.app;
    this.lines.clearLayers();
    this.renderer ??= L.canvas({ pane: "gs-lines", padding: 0.4 });
    for (const { geometry, kind } of this.evidence.edges) {
      if (!geometry) continue;
      const style = { ...EDGE_STYLES[kind], interactive: false, renderer: this.renderer };
      L.geoJSON(geometry, { style: () => style, pointToLayer: (_, at) => L.circleMarker(at, { ...style, radius: 7, fill: false }) }).addTo(this.lines);
    }
    this.lines.addTo(map);
  }

  section(key, ...content) {
    return el("section", {}, el("h3", { text: this.app.t(key) }), content);
  }

  write() {
    const { data, t } = this.app;
    const { verdict } = data;
    this.root.replaceChildren(
      el("p", { class: `gs-answer gs-${verdict.state}` }, icon(VERDICT_ICONS[verdict.state]), el("b", { text: t(`verdict_${verdict.state}`) })),
      el("p", { text: verdict.sentence, dir: "auto" }),
      verdict.reasons.length ? this.section("verdict_why", el("ul", { class: "gs-reasons" },
        verdict.reasons.map((text) => el("li", { text, dir: "auto" })))) : "",
      ...(this.evidence ? this.details(this.evidence) : []));
  }

  details(found) {
    const { t } = this.app;
    this.names = new Map([...this.app.data.regions, ...found.regions].map(({ code, name }) => [code, name]));
    const name = (code) => this.names.get(code) ?? code;
    const parts = found.components.map((codes) => codes.map((code) => found.regions.find((region) => region.code === code)));
    const several = parts.length > 1;
    return [
      found.regions.length ? this.section("verdict_regions", parts.map((regions, place) => [
        several ? el("h4", { text: t("verdict_part", { n: place + 1 }) }) : "",
        el("ul", { class: "gs-rows" }, [...regions].sort((a, b) => b.count - a.count).map((region) =>
          el("li", {}, this.go(region.name, [region.code]), el("span", { class: "gs-count", text: region.count }))))])) : "",
      this.borders(found, name, several),
      this.near(found.sensitivity?.near_border, name),
      this.firmness(found),
    ].filter(Boolean);
  }

  borders({ edges }, name, several) {
    const { t } = this.app;
    if (!edges.length && !several) return "";
    const rows = edges.map((edge) => el("li", {}, this.go(`${name(edge.a)} – ${name(edge.b)}`, [edge.a, edge.b], edge.geometry),
      el("span", { class: `gs-edge gs-edge-${edge.kind}`, text: this.measure(edge) }),
      el("span", { class: "gs-note", text: this.ground(edge) })));
    return this.section("verdict_borders", el("p", { class: "gs-note", text: t(rows.length ? "verdict_borders_note" : "verdict_no_borders") }),
      el("ul", { class: "gs-rows" }, rows));
  }

  number(value, digits = 1) {
    return numberText(value, this.app.data.lang, digits);
  }

  measure({ kind, shared_km: km, gap_m: gap, overlap_width_m: width }) {
    const value = kind === "line" ? this.number(km) : this.number(kind === "gap" ? gap : width, 0);
    return this.app.t(`edge_${kind}`, { value });
  }

  /** Why an edge counts as a border or does not, and what of the way across is water. */
  ground({ basis, counts, water_share: share }) {
    const { t } = this.app;
    const told = [t(counts ? `edge_basis_${basis}` : "edge_not_counted")];
    if (share !== null && share !== undefined) told.push(t("edge_water_share", { percent: this.number(share * 100, 0) }));
    return told.join(" · ");
  }

  /** What the answer would be with the members near borders on any side that is possible for them, all at once. */
  together({ combinations: every }) {
    if (!every) return null;
    const { satisfied } = this.evidence;
    const key = every.satisfied.length > 1 ? "near_all_open" : every.satisfied[0] === satisfied ? "near_all_same" : "near_all_differs";
    const text = this.app.t(key, { n: every.tried });
    return el("p", { text: every.complete ? text : `${text} ${this.app.t("near_all_partly")}` });
  }

  near(found, name) {
    const { t, state } = this.app;
    if (!found?.members?.length) return "";
    const nearest = new Map();
    for (const item of found.members) {
      const known = nearest.get(item.id);
      if (!known || item.distance_m < known.distance_m || (known.agrees && item.satisfied !== this.evidence.satisfied)) {
        nearest.set(item.id, { ...item, agrees: item.satisfied === this.evidence.satisfied });
      }
    }
    const rows = [...nearest.values()].sort((a, b) => a.distance_m - b.distance_m).map((item) => {
      const member = state.byId.get(item.id);
      return el("li", {}, el("button", { type: "button", class: "gs-link", dir: "auto", text: member ? `${member.n}. ${member.name}` : item.id,
        on: { click: () => { this.app.panel.makeRoom(); state.select(item.id, "verdict"); } } }),
      el("span", { class: "gs-note", text: t(item.agrees ? "near_same" : "near_differs",
        { km: this.number(item.distance_m / 1000), region: name(item.other) }) }));
    });
    return this.section("verdict_near", el("p", { class: "gs-note", text: t("verdict_near_note", { km: this.number(found.accuracy_m / 1000) }) }),
      el("ul", { class: "gs-rows gs-rows-tall" }, rows), this.together(found) ?? "");
  }

  firmness({ sensitivity, verdict }) {
    const { t, state } = this.app;
    if (!sensitivity) return "";
    const { gap_m: gap, point_contact: point, water, other_level: level, flipping_members: leavers = [] } = sensitivity;
    const rows = [
      gap ? t(gap.to_m === null ? "firm_gap_all" : "firm_gap", { from: this.number(gap.from_m, 0), to: this.number(gap.to_m ?? gap.checked_to_m, 0) }) : "",
      point ? t(point.verdict === verdict ? "firm_point_same" : "firm_point_differs") : "",
      water ? t(water.verdict === verdict ? "firm_water_same" : "firm_water_differs") : "",
      level ? t(level.verdict === verdict ? "firm_level_same" : "firm_level_differs") : "",
      leavers.length ? t("firm_leavers", { n: leavers.length, names: leavers.slice(0, 5).map((item) => state.byId.get(item.id ?? item)?.name ?? "").join(", ") })
        : t("firm_no_leavers"),
    ].filter(Boolean);
    return this.section("verdict_firm", el("ul", { class: "gs-reasons" }, rows.map((text) => el("li", { text, dir: "auto" }))));
  }

  /** A button that shows regions, or their common border, on the map. */
  go(text, codes, geometry = null) {
    const { app } = this;
    return el("button", { type: "button", class: "gs-link", text, dir: "auto", on: { click: () => {
      const regions = codes.map((code) => app.data.regions.find((region) => region.code === code)).filter(Boolean);
      const boxes = geometry ? [L.geoJSON(geometry).getBounds()]
        : regions.map((region) => app.base.regionFeature(region)?.box).filter(Boolean).map(([w, s, e, n]) => L.latLngBounds([s, w], [n, e]));
      if (!boxes.length) return;
      app.panel.makeRoom();
      app.map.fitBounds(boxes.reduce((all, box) => all.extend(box), L.latLngBounds(boxes[0])), { padding: [50, 50], maxZoom: 12 });
    } } });
  }
}
