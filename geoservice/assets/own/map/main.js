// The web map: folium makes the Leaflet map and hands it over; everything on it comes from one data block.

import { el } from "../common/dom.js";
import { translator } from "../common/text.js";
import { BaseLayers } from "./base.js";
import { Editor } from "./editor.js";
import { Host } from "./host.js";
import { LabelLayer } from "./labels.js";
import { MembersLayer } from "./members.js";
import { Panel, header } from "./panel.js";
import { readAddress, writeAddress } from "./share.js";
import { State } from "./state.js";
import { addTools } from "./tools.js";

class App extends EventTarget {
  constructor(map, data) {
    super();
    this.map = map;
    this.data = data;
    this.options = data.options;
    this.t = translator(data.texts, data.lang);
    this.state = new State(data.members);
  }

  changed(what) {
    this.dispatchEvent(new CustomEvent("change", { detail: what }));
  }

  /** Shows the whole cluster: all placed organisations that pass the filters, else the Scene's own box. */
  fit(animate = true) {
    const points = this.state.shown.filter((m) => m.lat !== null && m.lon !== null).map((m) => [m.lat, m.lon]);
    const box = this.data.bounds;
    const bounds = points.length ? L.latLngBounds(points)
      : box ? L.latLngBounds([box[1], box[0]], [box[3], box[2]]) : null;
    if (bounds) this.map.fitBounds(bounds, { paddingTopLeft: [62, 40], paddingBottomRight: this.map.getSize().x < 600 ? [34, 40] : [48, 60], maxZoom: 14, animate });
  }

  say(text) {
    this.message.textContent = text;
    this.message.hidden = false;
    clearTimeout(this.silence);
    this.silence = setTimeout(() => { this.message.hidden = true; }, 6000);
  }
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
  const { view, selected } = readAddress(app);
  app.members = new MembersLayer(app);
  app.labels.addTo(map);
  app.panel = new Panel(app);
  stage.after(app.panel.root);
  map.invalidateSize({ pan: false });
  const [west, south, east, north] = data.extent;
  const extent = L.latLngBounds([south, west], [north, east]);
  const limit = () => {
    map.options.minZoom = Math.max(3, map.getBoundsZoom(extent, true)); // setMinZoom would animate
    map.setMaxBounds(extent);
  };
  limit();
  if (!map.getSize().x) map.once("resize", () => { limit(); app.fit(false); }); // a frame laid out later
  if (!view) app.fit(false);
  app.base.draw();
  addTools(app);
  writeAddress(app);
  app.members.group.on("animationend spiderfied unspiderfied", () => app.labels.redraw());
  app.state.addEventListener("change", () => app.labels.redraw());
  app.addEventListener("change", () => app.labels.redraw());
  app.labels.redraw();
  app.panel.legend.update();
  if (selected) app.state.select(selected, "address");
  app.host.post("ready");
  geoservice.app = app;
  document.documentElement.dataset.ready = "true";
}

window.geoservice = { start };
const geoservice = window.geoservice;
