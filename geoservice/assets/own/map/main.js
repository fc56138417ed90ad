// The web map: folium makes the Leaflet map and hands it over; everything on it comes from one data block.

import { el } from "../common/dom.js";
import { translator } from "../common/text.js";
import { BaseLayers } from "./base.js";
import { BaseMaps } from "./basemaps.js";
import { Editor } from "./editor.js";
import { Host } from "./host.js";
import { LabelLayer } from "./labels.js";
import { fitBox } from "./fit.js";
import { MembersLayer } from "./members.js";
import { Mover } from "./mover.js";
import { Panel, header } from "./panel.js";
import { readAddress, writeAddress } from "./share.js";
import { membersOf, State } from "./state.js";
import { addTools } from "./tools.js";

class App extends EventTarget {
  constructor(map, data) {
    super();
    this.map = map;
    this.data = data;
    this.options = data.options;
    this.t = translator(data.texts, data.lang);
    this.state = new State(membersOf(data));
    this.added = []; // layers of the catalogue that the reader added
  }

  changed(what) {
    this.dispatchEvent(new CustomEvent("change", { detail: what }));
  }

  /** Shows the whole cluster: all placed organisations that pass the filters, else the Scene's own box. */
  fit(animate = true) {
    const points = this.state.shown.filter((m) => m.lat !== null && m.lon !== null).map((m) => [m.lat, m.lon]);
    const box = this.data.bounds;
    if (!points.length && !box) return;
    fitBox(this.map, points.length ? points : [[box[1], box[0]], [box[3], box[2]]], animate);
  }

  /** The box of the whole cluster, or of the territory while it has nobody. */
  whole() {
    const placed = this.state.members.filter((m) => m.lat !== null && m.lon !== null).map((m) => [m.lat, m.lon]);
    const [west, south, east, north] = this.data.bounds ?? this.data.extent;
    return placed.length ? L.latLngBounds(placed) : L.latLngBounds([south, west], [north, east]);
  }

  /** Takes over a newer state of the register. */
  take(state) {
    Object.assign(this.data, state);
    this.state.take(membersOf(this.data));
    this.members.renew();
    this.labels.collect();
    this.base.draw();
    this.state.changed();
    this.dispatchEvent(new Event("register"));
  }

  /** Fetches a further layer of the catalogue and shows it; false where it has nothing here. */
  async addLayer(id) {
    const { links } = this.data;
    const answer = await fetch(`${links.map}/layers/${encodeURIComponent(id)}${links.query}`, { credentials: "same-origin" });
    const { layer, legend, sources } = answer.ok ? await answer.json() : {};
    if (!layer) {
      this.say(this.t("layer_not_here"));
      return false;
    }
    this.data.sources = [...new Set([...this.data.sources, ...sources])];
    this.added.push(id);
    this.base.insert(layer);
    this.panel.legend.insert(legend);
    return true;
  }

  say(text) {
    this.message.textContent = text;
    this.message.hidden = false;
    clearTimeout(this.silence);
    this.silence = setTimeout(() => { this.message.hidden = true; }, 6000);
  }
}

/** A popup opened by keys takes the focus and gives it back; its close button speaks the reader's language. */
function tendPopups(app) {
  const { map } = app;
  let byKey = false;
  let from = null;
  const usingKeys = (used) => () => {
    byKey = used;
    map.getContainer().classList.toggle("gs-by-key", used);
  };
  document.addEventListener("keydown", usingKeys(true), true);
  document.addEventListener("pointerdown", usingKeys(false), true);
  map.getContainer().addEventListener("keydown", ({ key }) => {
    if (key === "Escape") map.closePopup(); // Leaflet listens only while the map itself has the focus
  });
  map.on("popupopen", ({ popup }) => {
    const close = popup.getElement().querySelector(".leaflet-popup-close-button");
    close?.setAttribute("aria-label", app.t("close"));
    from = byKey ? document.activeElement : null;
    if (byKey) close?.focus({ preventScroll: true });
  });
  map.on("popupclose", () => {
    if (from?.isConnected) from.focus({ preventScroll: true });
    from = null;
  });
}

function start(map) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) map._fadeAnimated = false;
  const data = JSON.parse(document.getElementById("gs-data").textContent);
  const app = new App(map, data);
  const container = map.getContainer();
  const stage = el("main", { class: "gs-stage" });
  app.message = el("p", { class: "gs-message", role: "status", hidden: true });
  document.body.classList.add("gs-body");
  if (data.options.embed) document.body.classList.add("gs-embed");
  document.body.prepend(header(app), stage);
  stage.append(container, app.message);
  container.setAttribute("role", "application");
  container.setAttribute("aria-label", `${data.title}: ${data.cluster.title}`);
  map.invalidateSize({ pan: false });
  app.base = new BaseLayers(app);
  app.labels = new LabelLayer(app);
  app.host = new Host(app);
  app.editor = new Editor(app);
  app.fit(false); // nothing is drawn yet; the panel takes its width before that
  const { view, selected, basemap, added } = readAddress(app);
  app.members = new MembersLayer(app);
  app.labels.addTo(map);
  app.basemaps = new BaseMaps(app);
  app.panel = new Panel(app);
  stage.after(app.panel.root);
  map.invalidateSize({ pan: false });
  const [west, south, east, north] = data.extent;
  const extent = L.latLngBounds([south, west], [north, east]);
  const limit = () => {
    // A narrow screen has to hold the whole cluster, too. (setMinZoom would animate.)
    map.options.minZoom = Math.max(3, Math.min(map.getBoundsZoom(extent, true), map.getBoundsZoom(app.whole(), false, L.point(100, 100))));
    map.setMaxBounds(extent);
  };
  limit();
  if (!map.getSize().x) map.once("resize", () => { limit(); app.fit(false); }); // a frame laid out later
  addTools(app);
  if (!view) app.fit(false);
  app.base.draw();
  if (basemap) app.basemaps.choose(basemap);
  if (data.options.edit) app.mover = new Mover(app);
  tendPopups(app);
  writeAddress(app);
  app.members.group.on("animationend spiderfied unspiderfied", () => app.labels.redraw());
  app.state.addEventListener("change", () => app.labels.redraw());
  app.addEventListener("change", () => app.labels.redraw());
  app.labels.redraw();
  app.panel.legend.update();
  if (selected) app.state.select(selected, "address");
  Promise.all(added.filter((id) => !app.base.on.has(id)).map((id) => app.addLayer(id))).then(() => app.panel.layers.write());
  app.host.post("ready");
  geoservice.app = app;
  document.documentElement.dataset.ready = "true";
}

window.geoservice = { start };
const geoservice = window.geoservice;
