// Moving an organisation on the map: drag its sign, or move a pin by mouse, finger or arrow keys; saved at once, with
// undo. The register's revision goes along, so that nobody's change is overwritten unseen.

import { el } from "../common/dom.js";
import { placeText } from "../common/text.js";

const STEP_PX = 2;
const STRIDE_PX = 20;
const MOST_UNDO = 50;
const STEPS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const same = (a, b) => a[0] === b[0] && a[1] === b[1];
const rounded = ({ lat, lng }) => [Number(lat.toFixed(6)), Number(lng.toFixed(6))];
const written = ([lat, lng], lang) => (lat === null ? "—" : placeText({ lat, lng }, lang));

export class Mover {
  constructor(app) {
    this.app = app;
    this.done = []; // moves that can be undone: { id, from, to }
    this.box = el("div", { class: "gs-saving", hidden: true });
    this.status = el("p", { role: "status" });
    this.actions = el("div", { class: "gs-saving-actions" });
    this.box.append(this.status, this.actions);
    L.DomEvent.disableClickPropagation(this.box);
    app.map.getContainer().append(this.box);
    this.listen();
  }

  listen() {
    this.app.map.getContainer().addEventListener("keydown", (event) => {
      const id = event.target.closest?.(".gs-marker")?.dataset.id;
      if (id && event.key.toLowerCase() === "m" && !event.ctrlKey && !event.metaKey && !event.altKey) this.start(id);
    });
  }

  /** A sign dropped at another place. */
  dropped({ member }, at) {
    this.save(member.id, [member.lat, member.lon], rounded(at));
  }

  tell(key, state, buttons = [], params = {}) {
    this.status.textContent = this.app.t(key, params);
    this.actions.replaceChildren(...buttons.map(([name, run, quiet]) =>
      el("button", { type: "button", class: `gs-button${quiet ? " gs-button-quiet" : ""}`, text: this.app.t(name), on: { click: run } })));
    this.box.className = `gs-saving gs-${state}`;
    this.box.hidden = false;
  }

  // -- a pin, for fingers and keys ----------------------------------------------------------------------

  start(id) {
    this.cancel();
    const { map } = this.app;
    const member = this.app.state.byId.get(id);
    const at = member.lat === null ? map.getCenter() : L.latLng(member.lat, member.lon);
    map.closePopup();
    this.app.capturing = true;
    this.id = id;
    if (!map.getBounds().contains(at)) map.panTo(at, { animate: false });
    this.pin = L.marker(at, { draggable: true, autoPan: true, zIndexOffset: 10000, icon: L.divIcon({ className: "gs-pin", iconSize: [26, 26] }) }).addTo(map);
    const node = this.pin.getElement();
    node.setAttribute("aria-label", this.app.t("pin"));
    node.addEventListener("keydown", (event) => this.key(event));
    this.put = ({ latlng }) => this.pin.setLatLng(latlng);
    map.on("click", this.put);
    this.tell("move_hint", "busy", [["save", () => this.drop()], ["cancel", () => this.cancel(), true]], { name: member.name });
    node.focus();
  }

  key(event) {
    const { map } = this.app;
    const step = STEPS[event.key];
    if (step) {
      const by = event.shiftKey ? STRIDE_PX : STEP_PX;
      const at = map.latLngToContainerPoint(this.pin.getLatLng()).add([step[0] * by, step[1] * by]);
      this.pin.setLatLng(map.containerPointToLatLng(at));
      if (!L.bounds([20, 20], map.getSize().subtract([20, 20])).contains(at)) map.panTo(this.pin.getLatLng(), { animate: false });
    } else if (event.key === "Enter") this.drop();
    else if (event.key === "Escape") this.cancel();
    else return;
    event.preventDefault();
    event.stopPropagation(); // the map would pan
  }

  drop() {
    const { lat, lon } = this.app.state.byId.get(this.id);
    const [id, to] = [this.id, rounded(this.pin.getLatLng())];
    this.cancel();
    this.save(id, [lat, lon], to);
  }

  cancel() {
    if (!this.pin) return;
    this.app.map.off("click", this.put);
    this.pin.remove();
    this.pin = null;
    this.app.capturing = false;
    this.box.hidden = true;
    this.app.map.getContainer().focus({ preventScroll: true });
  }

  // -- saving ------------------------------------------------------------------------------------------

  async save(id, from, to, undoing = false) {
    const name = this.app.state.byId.get(id).name;
    if (same(from, to)) return;
    this.tell("saving", "busy", [], { name });
    const answer = await this.send(id, to);
    if (answer.ok) {
      if (!undoing) this.done = [...this.done, { id, from, to }].slice(-MOST_UNDO);
      await this.renew(id);
      this.tell(undoing ? "undone" : "saved", "saved", this.undoButton(), { name });
    } else if (answer.status === 412) await this.meet(id, from, to, undoing);
    else {
      const { detail } = await answer.json().catch(() => ({}));
      this.app.members.renew(); // the sign goes back to where the register has it
      this.tell("not_saved", "failed", [["try_again", () => this.save(id, from, to, undoing)], ...this.undoButton()],
        { name, why: detail ?? this.app.t("no_answer") });
    }
  }

  undoButton() {
    return this.done.length ? [["undo", () => this.undo(), true]] : [];
  }

  async undo() {
    const { id, from, to } = this.done.at(-1);
    this.done = this.done.slice(0, -1);
    await this.save(id, to, from, true);
  }

  async send(id, [latitude, longitude]) {
    const { data } = this.app;
    try {
      return await fetch(`${data.links.participants}/${encodeURIComponent(id)}?lang=${data.lang}`, {
        method: "PATCH", credentials: "same-origin", body: JSON.stringify({ latitude, longitude }),
        headers: { "Content-Type": "application/json", Accept: "application/json", "If-Match": `"${data.revision}"` },
      });
    } catch {
      return { ok: false, status: 0, json: async () => ({}) };
    }
  }

  /** Takes over the register's state: places, regions and the verdict follow from it. */
  async renew(id) {
    const { links } = this.app.data;
    const response = await fetch(`${links.map}/state${links.query}`, { credentials: "same-origin" });
    if (!response.ok) throw new Error(`${links.map}/state: ${response.status}`);
    this.app.take(await response.json());
    const member = this.app.state.byId.get(id);
    if (member) this.app.host.post("changed", { id, lat: member.lat, lon: member.lon, region: member.regionName, how: member.how });
  }

  /** Somebody changed the register meanwhile. If they left this place alone the move goes in; else the user chooses. */
  async meet(id, from, to, undoing) {
    await this.renew(id);
    const now = this.app.state.byId.get(id);
    if (!now) {
      this.tell("move_gone", "failed", this.undoButton());
      return;
    }
    const theirs = [now.lat, now.lon];
    if (same(theirs, from)) await this.save(id, theirs, to, undoing);
    else if (same(theirs, to)) this.tell("saved", "saved", this.undoButton(), { name: now.name });
    else {
      const { lang } = this.app.data;
      this.tell("move_conflict", "failed", [["keep_mine", () => this.save(id, theirs, to, undoing)],
        ["take_theirs", () => { this.box.hidden = true; }, true]], { name: now.name, mine: written(to, lang), theirs: written(theirs, lang) });
    }
  }
}
