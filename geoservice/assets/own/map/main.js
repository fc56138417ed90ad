// The web map: folium makes the Leaflet map and hands it over; everything on it comes from one data block.

import { el, pause } from "../common/dom.js";
import { translator } from "../common/text.js";
import { BaseLayers } from "./base.js";
import { BaseMaps } from "./basemaps.js";
import { Editor } from "./editor.js";
import { Host } from "./host.js";
import { FirstPicture, setExactly } from "./first.js";
import { LabelLayer } from "./labels.js";
import { fitBox } from "./fit.js";
import { MembersLayer } from "./members.js";
import { Mover } from "./mover.js";
import { Panel } from "./panel.js";
import { readAddress, writeAddress } from "./share.js";
import { membersOf, State } from "./state.js";
import { addTools } from "./tools.js";
import { tendVerdict } from "./verdict.js";

const NO_FRAME_MS = 400;

class App extends EventTarget {
  constructor(map, data) {
    super();
    this.map = map;
    this.data = data;
    this.options = data.options;
    this.t = translator(data.texts, data.lang);
    this.state = new State(membersOf(data));
    this.added = []; // layers of the catalogue that the reader added
    this.later = [];
  }

  /** Puts off what the first view does not need until the signs are on screen. */
  afterwards(run) {
    if (this.later) this.later.push(run);
    else run();
  }

  /** Does what was put off, a piece at a time. */
  async catchUp() {
    const { later } = this;
    this.later = null;
    for (const run of later) {
      await pause();
      run();
    }
  }

  changed(what) {
    this.dispatchEvent(new CustomEvent("change", { detail: what }));
  }

  /** Shows the whole cluster: all placed organisations that pass the filters, else the Scene's own box. */
  fit(animate = true) {
    const places = this.places();
    if (places.length) fitBox(this.map, places, animate);
  }

  /** Where the organisations stand that pass the filters, else the corners of the Scene's own box. */
  places() {
    const points = this.state.shown.filter((m) => m.lat !== null && m.lon !== null).map((m) => [m.lat, m.lon]);
    const box = this.data.bounds;
    return points.length || !box ? points : [[box[1], box[0]], [box[3], box[2]]];
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
    this.panel.layers.write();
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
  app.message = el("p", { class: "gs-message", role: "status", hidden: true });
  container.parentElement.append(app.message);
  container.setAttribute("role", "application");
  container.setAttribute("aria-label", `${data.title}: ${data.cluster.title}`);
  app.base = new BaseLayers(app);
  app.labels = new LabelLayer(app);
  app.host = new Host(app);
  app.editor = new Editor(app);
  const address = readAddress(app);
  app.basemaps = new BaseMaps(app);
  app.panel = new Panel(app);
  document.querySelector(".gs-first-panel").replaceWith(app.panel.root); // it takes its width before the map is measured
  tendVerdict(app);
  map.invalidateSize({ pan: false });
  const [west, south, east, north] = data.extent;
  const extent = L.latLngBounds([south, west], [north, east]);
  const limit = () => {
    // A narrow screen has to hold the whole cluster, too. (setMinZoom would animate.) Signs that gather nowhere are
    // left out by markercluster where the least zoom is not a whole one.
    const least = Math.min(map.getBoundsZoom(extent, true), map.getBoundsZoom(app.whole(), false, L.point(100, 100)), map.getZoom());
    map.options.minZoom = Math.max(Math.floor(least), 2);
    map.setMaxBounds(extent.extend(map.getBounds())); // the first view stays where it is
  };
  addTools(app);
  app.first = new FirstPicture();
  if (address.view) setExactly(map, ...address.view);
  else if (!app.first.lendView(map, app.places())) app.fit(false);
  app.miniMap?.makeWay(app.places());
  limit();
  if (!map.getSize().x) map.once("resize", () => { limit(); app.fit(false); }); // a frame laid out later
  app.members = new MembersLayer(app);
  if (address.basemap) app.basemaps.choose(address.basemap);
  else app.base.draw();
  if (data.options.edit) app.mover = new Mover(app);
  tendPopups(app);
  writeAddress(app);
  geoservice.app = app;
  app.members.loaded.then(() => onceDrawn(() => finish(app, address)));
}

/** Runs when the next frame is on screen; where there are no frames, as in a hidden tab, all the same. */
function onceDrawn(run) {
  let done = false;
  const once = () => {
    if (done) return;
    done = true;
    performance.mark("signs"); // on screen; what follows is measured apart
    run();
  };
  requestAnimationFrame(() => setTimeout(once));
  setTimeout(once, NO_FRAME_MS);
}

/**
 * What the reader sees a moment after the signs: names, the legend, the mini-map, at last the surroundings. Each is a
 * task of its own, so that a click made meanwhile is answered between two of them.
 */
async function finish(app, { selected, added }) {
  app.first.leave(app);
  await pause();
  app.labels.addTo(app.map);
  app.labels.redraw();
  app.members.group.on("animationend spiderfied unspiderfied", () => app.labels.redraw());
  app.state.addEventListener("change", () => app.labels.redraw());
  app.addEventListener("change", () => app.labels.redraw());
  await app.catchUp();
  app.panel.legend.update();
  if (selected) app.state.select(selected, "address");
  for (const id of added) if (!app.base.on.has(id)) app.addLayer(id);
  app.host.post("ready");
  document.documentElement.dataset.ready = "true";
  app.base.widenSoon();
}

window.geoservice = { start };
const geoservice = window.geoservice;
