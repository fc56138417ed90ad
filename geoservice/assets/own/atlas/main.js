// The national view: all organisations as points, clusters as signs of their state.

import { debounce, el, icon, VERDICT_ICONS } from "../common/dom.js";
import { numberText, translator } from "../common/text.js";
import { BaseLayers } from "../map/base.js";
import { LabelLayer } from "../map/labels.js";
import { PointLayer, unpack } from "./points.js";

const EDGE_PX = 5;

const json = async (address) => {
  const response = await fetch(address, { credentials: "same-origin" });
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  return response.json();
};

class Atlas extends EventTarget {
  constructor(map, data) {
    super();
    this.map = map;
    this.data = data;
    this.t = translator(data.texts, data.lang);
    this.query = `lang=${data.lang}`;
  }

  changed() {}

  async loadPoints() {
    const response = await fetch(`/atlas/points?v=${this.data.stamp}`, { credentials: "same-origin" });
    const points = unpack(await response.arrayBuffer());
    this.points = new PointLayer(points, this.data.classes.map((item) => item.colour)).addTo(this.map);
    this.showLegend(points);
    document.documentElement.dataset.points = points.count;
  }

  /** Opens the popup of the organisation at a place; false where there is none. */
  answers(latlng) {
    const index = this.points?.nearest(latlng) ?? -1;
    if (index >= 0) this.show(index);
    return index >= 0;
  }

  async show(index) {
    const { lat, lon } = this.points.points;
    const popup = L.popup({ className: "gs-popup", maxWidth: 320 }).setLatLng([lat[index] / 1e6, lon[index] / 1e6])
      .setContent(el("p", { text: "…" })).openOn(this.map);
    try {
      const found = await json(`/atlas/points/${index}?${this.query}&v=${this.data.stamp}`);
      popup.setContent(el("div", { class: "gs-card" },
        el("h2", { class: "gs-card-title" }, el("span", { dir: "auto", text: found.name })),
        el("p", { text: found.type }), found.specialisation ? el("p", { dir: "auto", text: found.specialisation }) : null,
        el("p", { class: "gs-card-links" }, el("a", { href: found.page, target: "_top", text: this.t("organisation_page") })),
        el("p", { class: "gs-note", dir: "auto", text: found.cluster })));
    } catch {
      popup.setContent(el("p", { class: "gs-warning", text: this.t("not_loaded") }));
    }
  }

  /** A flag in the colour of a verdict. */
  dress(sign, { code, title, state, sentence, members }) {
    sign.className = `gs-cluster-flag gs-${state}-flag`;
    sign.title = `${title}. ${sentence}`;
    sign.dataset.code = code;
    sign.replaceChildren(icon(VERDICT_ICONS[state]), el("span", { class: "gs-flag-name", dir: "auto", text: title }),
      el("b", { text: numberText(members, this.data.lang) }));
  }

  /** Asks for the verdicts that were not known yet, one after another: the check of a large cluster takes seconds. */
  async loadStates(pending) {
    for (const [sign, item] of pending) {
      try {
        this.dress(sign, { ...item, ...(await json(`/atlas/clusters/${item.code}?${this.query}`)) });
      } catch {
        sign.title = `${item.title}. ${this.t("not_loaded")}`;
      }
    }
    document.documentElement.dataset.states = "true";
  }

  /** Shows the clusters at once, whatever is known of them. */
  async loadClusters(offset = 0, pending = []) {
    const { clusters, next } = await json(`/atlas/clusters?${this.query}&offset=${offset}`);
    for (const item of clusters) {
      const sign = el("a", { href: item.page, target: "_top" });
      this.dress(sign, item);
      if (item.state === "pending") pending.push([sign, item]);
      L.marker([item.lat, item.lon], { keyboard: false, interactive: false,
        icon: L.divIcon({ className: "gs-flag", html: sign, iconSize: null }) }).addTo(this.map);
    }
    this.partFlags();
    if (next !== null) {
      await this.loadClusters(next, pending);
      return;
    }
    this.map.on("zoomend moveend", () => this.partFlags());
    this.labels.redraw(); // names keep away from flags
    document.documentElement.dataset.clusters = "true";
    this.loadStates(pending);
  }

  /** Flags of clusters that stand close together go above each other; none is cut by the map's edge. */
  partFlags() {
    const taken = [];
    const flags = [...this.map.getContainer().querySelectorAll(".gs-cluster-flag")];
    const room = this.map.getContainer().getBoundingClientRect();
    for (const flag of flags) {
      flag.style.margin = "";
      const { left, right } = flag.getBoundingClientRect();
      const stands = (left + right) / 2;
      if (stands < room.left || stands > room.right) continue; // it is out of view
      flag.style.marginLeft = `${Math.max(room.left + EDGE_PX - left, 0) - Math.max(right - room.right + EDGE_PX, 0)}px`;
    }
    for (const flag of flags.sort((a, b) => b.getBoundingClientRect().top - a.getBoundingClientRect().top)) {
      let box = flag.getBoundingClientRect();
      const over = () => taken.find((other) => box.left < other.right && box.right > other.left
        && box.top < other.bottom + 3 && box.bottom + 3 > other.top);
      let shift = 0;
      for (let other = over(); other && shift < 400; other = over()) {
        shift += box.bottom - other.top + 4;
        flag.style.marginTop = `-${shift}px`;
        box = flag.getBoundingClientRect();
      }
      taken.push(box);
    }
  }

  /** The classes that occur, with switches and how many of each are in view. */
  showLegend({ cls }) {
    const occurring = new Set(cls);
    this.rows = this.data.classes.map((item, index) => ({ item, index })).filter(({ index }) => occurring.has(index)).map(({ item, index }) => {
      const box = el("input", { type: "checkbox", checked: true, on: { change: () => this.points.toggle(index, box.checked) } });
      const dot = el("span", { class: "gs-dot" });
      dot.style.backgroundColor = item.colour;
      const count = el("span", { class: "gs-count" });
      const row = el("li", { class: "gs-entry" }, el("label", {}, box, dot, el("span", { class: "gs-entry-title", text: item.title })), count);
      return { index, count, row, box };
    });
    const control = new L.Control({ position: "topright" });
    control.onAdd = () => {
      const box = el("details", { class: "gs-atlas-legend", open: this.map.getSize().x > 1280 },
        el("summary", { text: this.t("tab_legend") }), el("ul", {}, this.rows.map(({ row }) => row)));
      L.DomEvent.disableClickPropagation(box).disableScrollPropagation(box);
      return box;
    };
    control.addTo(this.map);
    this.countLegend();
    this.map.on("moveend", debounce(() => this.countLegend(), 100));
  }

  /** A class that is not in view leaves the legend, unless it was switched off. */
  countLegend() {
    const counts = this.points.countInView();
    for (const { index, count, row, box } of this.rows) {
      count.textContent = numberText(counts[index], this.data.lang);
      row.hidden = !counts[index] && box.checked;
    }
  }
}

function start(map) {
  const data = JSON.parse(document.getElementById("gs-data").textContent);
  const app = new Atlas(map, data);
  document.body.classList.add("gs-atlas");
  const [west, south, east, north] = data.extent;
  const extent = L.latLngBounds([south, west], [north, east]);
  map.invalidateSize({ pan: false });
  const fit = () => {
    const wide = map.getSize().x > 1280; // the legend stands open on the right
    const box = L.latLngBounds([data.bounds[1], data.bounds[0]], [data.bounds[3], data.bounds[2]]);
    const whole = map.getBoundsZoom(box, false, L.point(24, 80)); // a narrow screen has to hold the country, too
    map.options.minZoom = Math.min(map.getBoundsZoom(extent, true), whole); // setMinZoom would animate
    map.setMaxBounds(extent.pad(0.1)).fitBounds(box,
      { animate: false, paddingTopLeft: [wide ? 60 : 12, 44], paddingBottomRight: [wide ? 300 : 12, 36] });
    document.body.classList.toggle("gs-compact", map.getSize().x < 700);
  };
  fit();
  if (!map.getSize().x) map.once("resize", fit); // a frame that is laid out later
  map.getContainer().setAttribute("role", "application");
  map.getContainer().setAttribute("aria-label", document.title);
  const points = app.loadPoints(); // asked for before anything is drawn
  app.base = new BaseLayers(app);
  map.on("popupopen", ({ popup }) => popup.getElement().querySelector(".leaflet-popup-close-button")?.setAttribute("aria-label", app.t("close")));
  L.control.zoom({ position: "topleft", zoomInTitle: app.t("zoom_in"), zoomOutTitle: app.t("zoom_out") }).addTo(map);
  L.control.scale({ position: "bottomleft", imperial: false }).addTo(map);
  geoserviceAtlas.app = app;
  document.documentElement.dataset.ready = "true";
  // The organisations first: the base is drawn when they are on screen.
  points.then(() => requestAnimationFrame(() => setTimeout(() => {
    performance.mark("signs"); // on screen; what follows is measured apart
    app.base.widen();
    app.labels = new LabelLayer(app).addTo(map);
    app.labels.redraw();
    app.loadClusters();
  })));
}

window.geoserviceAtlas = { start };
const { geoserviceAtlas } = window;
