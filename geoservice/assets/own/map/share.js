// The address holds the view, the filters and the layers, so that a link shows what its sender saw.

import { debounce, el } from "../common/dom.js";
import { FACETS, readFilters, readView } from "./state.js";

const within = (value, least, most) => Number.isFinite(value) && value >= least && value <= most;

export function readAddress(app) {
  const params = new URLSearchParams(location.hash.slice(1));
  const { state, base } = app;
  const list = (key) => params.getAll(key).filter(Boolean);
  readFilters(params, state);
  for (const id of list("hide")) {
    if (base.on.has(id)) base.on.set(id, false);
    else if (id.includes("/")) base.off.add(id);
  }
  for (const [id, value] of list("op").map((text) => text.split(":"))) {
    if (base.opacity.has(id) && within(Number(value), 0, 1)) base.opacity.set(id, Number(value));
  }
  const wanted = { selected: params.get("org"), basemap: params.get("base") ?? "", added: list("add") };
  const view = readView(params);
  return { ...wanted, view: view && [[view.lat, view.lon], view.zoom] };
}

/** What the view, its filters and its layers are, as the part of an address after #. */
export function addressOf(app) {
  const { state, base, map } = app;
  const params = new URLSearchParams();
  const centre = map.getCenter();
  params.set("v", `${centre.lat.toFixed(4)},${centre.lng.toFixed(4)},${map.getZoom()}`);
  if (state.query) params.set("q", state.query);
  if (state.selected) params.set("org", state.selected);
  for (const type of state.off) params.append("off", type);
  for (const facet of FACETS) for (const value of state.facets[facet]) params.append(facet, value);
  for (const [id, shown] of base.on) if (!shown) params.append("hide", id);
  for (const ref of base.off) params.append("hide", ref);
  for (const layer of app.data.layers) {
    if (base.opacity.get(layer.id) !== layer.opacity) params.append("op", `${layer.id}:${base.opacity.get(layer.id)}`);
  }
  for (const id of app.added) params.append("add", id);
  if (app.basemaps?.current) params.set("base", app.basemaps.current);
  return `#${params}`;
}

export function writeAddress(app) {
  const write = debounce(() => {
    const hash = addressOf(app);
    if (location.protocol !== "about:") history.replaceState(null, "", hash);
    app.host.post("view", { hash });
  }, 250);
  app.map.on("moveend", write);
  app.state.addEventListener("change", write);
  app.state.addEventListener("select", write);
  app.addEventListener("change", write);
}

/** A dialog with the address of what is shown, and the snippet that puts it into another page. */
export class Share {
  constructor(app) {
    this.app = app;
    const { t } = app;
    this.link = el("input", { type: "text", readonly: "", id: "gs-share-link" });
    this.snippet = el("textarea", { readonly: "", rows: 3, id: "gs-share-snippet" });
    this.status = el("p", { class: "gs-note", role: "status" });
    const line = (key, field) => [el("label", { for: field.id, text: t(key) }),
      el("div", { class: "gs-share-line" }, field, el("button", { type: "button", class: "gs-button gs-button-quiet", text: t("copy"), "aria-label": `${t("copy")}: ${t(key)}`, on: { click: () => this.copy(field) } }))];
    this.dialog = el("dialog", { class: "gs-dialog", "aria-labelledby": "gs-share-title" },
      el("h2", { id: "gs-share-title", text: t("share") }), line("share_link", this.link), line("share_embed", this.snippet), this.status,
      el("p", { class: "gs-dialog-actions" }, el("button", { type: "button", class: "gs-button", text: t("close"), on: { click: () => this.dialog.close() } })));
    document.body.append(this.dialog);
  }

  open() {
    const { data } = this.app;
    const hash = addressOf(this.app);
    const full = (address) => new URL(address + hash, location.href).href;
    this.link.value = full(data.links.self);
    const frame = el("iframe", { width: "100%", height: "600", title: data.cluster.title });
    frame.setAttribute("loading", "lazy");
    frame.setAttribute("src", full(data.links.embed));
    this.snippet.value = frame.outerHTML;
    this.status.textContent = "";
    this.dialog.showModal();
    this.link.select();
  }

  async copy(field) {
    try {
      await navigator.clipboard.writeText(field.value);
      this.status.textContent = this.app.t("copied");
    } catch {
      field.select();
      this.status.textContent = this.app.t("copy_by_hand");
    }
  }
}
