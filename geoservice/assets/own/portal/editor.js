// Adding, changing, moving and removing organisations: validated by the server as imports are, undoable, and
// safe when two people work at once (the register's revision goes along as If-Match).

import { el } from "../common/dom.js";
import { pairText } from "../common/text.js";
import { request } from "./api.js";
import { showError, valid } from "./dialogs.js";

const FIELDS = ["name", "legal_form", "organisation_type", "specialisation", "products", "actual_address",
  "legal_address", "website", "tax_number", "employees", "contacts", "representative", "agreement",
  "founding_documents", "state_registration"];
const NOTE_KEY = "geoservice-undo";

/** The form's values of a feature; coordinates as one text. */
export function valuesOf(feature) {
  const { properties, geometry } = feature;
  const values = Object.fromEntries(FIELDS.map((name) => [name, properties[name] ?? ""]));
  values.marks = [...(properties.marks ?? [])].sort();
  values.coordinates = geometry ? pairText([geometry.coordinates[1], geometry.coordinates[0]], document.documentElement.lang) : "";
  return values;
}

const same = (a, b) => String(a) === String(b);

/** What goes to the server: numbers as numbers, an emptied place as no place. */
function bodyOf(values) {
  const body = { ...values };
  if ("employees" in body) body.employees = body.employees === "" ? null : Number(body.employees);
  if ("coordinates" in body && body.coordinates === "") {
    delete body.coordinates;
    body.longitude = null;
    body.latitude = null;
  }
  return body;
}

export class Editor {
  constructor(texts, map) {
    this.texts = texts;
    this.map = map;
    this.page = document.getElementById("cluster");
    this.base = `/api/v1/clusters/${this.page.dataset.code}/participants`;
    this.query = `?lang=${texts.lang}`;
    this.dialog = document.getElementById("organisation");
    this.form = document.getElementById("organisation-form");
    this.saved = document.getElementById("saved");
    this.undoButton = document.getElementById("undo");
    this.wire();
    this.restoreUndo();
  }

  wire() {
    document.getElementById("add")?.addEventListener("click", () => this.open(null));
    document.addEventListener("click", (event) => {
      const button = event.target.closest("[data-edit]");
      if (button) this.open(button.dataset.edit);
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.save();
    });
    this.form.addEventListener("input", () => {
      this.touched = true;
      this.state("unsaved", "busy");
    });
    this.dialog.addEventListener("cancel", (event) => { // the Escape key
      if (!this.mayClose()) event.preventDefault();
    });
    document.getElementById("organisation-cancel").addEventListener("click", () => {
      if (this.mayClose()) this.dialog.close();
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.touched && this.dialog.open) event.preventDefault();
    });
    this.dialog.addEventListener("close", () => {
      if (this.moving) return; // only changing from modal to docked
      this.map?.send("stop");
      this.dock(false);
      this.touched = false;
      this.state("idle");
    });
    document.getElementById("remove").addEventListener("click", () => this.remove());
    document.getElementById("pick").addEventListener("click", () => this.pick());
    document.getElementById("pick").hidden = !this.map;
    this.form.coordinates.addEventListener("change", () => this.showPlace());
    this.undoButton?.addEventListener("click", () => this.undo(this.pending));
    document.addEventListener("click", (event) => {
      const undo = event.target.closest("[data-undo]")?.dataset.undo;
      if (undo && window.confirm(this.texts.confirmUndo.replace("{number}", undo))) this.undo(Number(undo));
    });
    document.addEventListener("geoservice-renewed", () => { // what was saved here is no longer the latest
      if (this.undoButton) this.undoButton.hidden = true;
    });
    this.map?.addEventListener("edit", ({ detail }) => this.open(detail.id));
    this.map?.addEventListener("moved", ({ detail }) => {
      this.form.coordinates.value = pairText([detail.lat, detail.lon], document.documentElement.lang);
      this.touched = true;
      this.state("unsaved", "busy");
    });
  }

  /** Whether the form may be closed: what was typed and not saved is given up only knowingly. */
  mayClose() {
    return !this.touched || window.confirm(this.texts.confirmClose);
  }

  state(key, mark = "") {
    if (!this.saved) return;
    this.saved.textContent = this.texts[key];
    this.saved.className = `saved ${mark}`;
  }

  call(method, id, options = {}) {
    const address = `${this.base}${id ? `/${encodeURIComponent(id)}` : ""}${this.query}`;
    return request(method, address, { failed: this.texts.failed, ...options });
  }

  /** Reads an organisation and the revision it was read at; a new one is added to the register as it is now. */
  async read(id) {
    if (!id) {
      const { body } = await request("GET", `/api/v1/clusters/${this.page.dataset.code}${this.query}`, { failed: this.texts.failed });
      return { feature: null, revision: body.register_revision };
    }
    try {
      const { body, headers } = await this.call("GET", id);
      return { feature: body, revision: Number(headers.get("X-Register-Revision")) };
    } catch (error) {
      if (error.status !== 404) throw error;
      return { feature: null, revision: null };
    }
  }

  async open(id) {
    showError(this.form, null);
    this.conflict(null);
    this.id = id;
    this.touched = false;
    document.getElementById("organisation-title").textContent = id ? this.texts.editTitle : this.texts.addTitle;
    document.getElementById("remove").hidden = !id;
    try {
      const { feature, revision } = await this.read(id);
      this.revision = revision;
      this.before = id && feature ? valuesOf(feature) : null;
      this.fill(this.before ?? { organisation_type: this.form.organisation_type.options[0].value, marks: [] });
      if (id && !feature) throw new Error(this.texts.gone);
    } catch (error) {
      showError(this.form, error);
    }
    if (!this.dialog.open) this.dialog.showModal();
  }

  fill(values) {
    for (const name of [...FIELDS, "coordinates"]) this.form.elements[name].value = values[name] ?? "";
    for (const box of this.form.querySelectorAll('[name="marks"]')) box.checked = values.marks.includes(box.value);
  }

  values() {
    const values = Object.fromEntries([...FIELDS, "coordinates"].map((name) => [name, this.form.elements[name].value.trim()]));
    values.marks = [...this.form.querySelectorAll('[name="marks"]:checked')].map((box) => box.value).sort();
    return values;
  }

  /** Makes way for the map: the form moves to the corner while a place is chosen. */
  pick() {
    this.moving = true;
    this.dialog.addEventListener("close", () => { this.moving = false; }, { once: true });
    this.dialog.close();
    this.dock(true);
    document.getElementById("map").scrollIntoView({ block: "start" });
    this.map.send("pick", { id: this.id });
    this.showPlace();
  }

  dock(docked) {
    this.dialog.classList.toggle("docked", docked);
    if (docked) this.dialog.show();
  }

  showPlace() {
    const { value } = this.form.coordinates;
    const match = /^\s*(-?\d+(?:[.]\d+)?)\s*[,;\s]\s*(-?\d+(?:[.]\d+)?)\s*$/.exec(value)
      ?? /^\s*(-?\d+(?:[,]\d+)?)\s*[;\s]\s*(-?\d+(?:[,]\d+)?)\s*$/.exec(value);
    if (!match || !this.map) return;
    const [lat, lon] = match.slice(1).map((text) => Number(text.replace(",", ".")));
    this.map.send("place", { id: this.id, lat, lon });
  }

  async save() {
    showError(this.form, null);
    if (!valid(this.form)) return;
    const now = this.chosen(this.values());
    const changed = Object.fromEntries(Object.entries(now).filter(([name, value]) =>
      !this.before || !same(value, this.before[name])));
    if (this.before && !Object.keys(changed).length) {
      showError(this.form, new Error(this.texts.unchanged));
      return;
    }
    this.state("saving", "busy");
    try {
      await this.send(changed);
    } catch (error) {
      this.state("unsaved", "failed");
      if (error.status === 412) await this.meet(now);
      else if (error.status === 404 && this.id) await this.lost();
      else showError(this.form, error);
    }
  }

  async send(changed) {
    if (this.id) {
      await this.call("PATCH", this.id, { json: bodyOf(changed), revision: this.revision });
      this.finish();
    } else {
      const filled = Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== "" && value.length !== 0));
      await this.call("POST", "", { json: bodyOf(filled), revision: this.revision });
      this.finish();
    }
  }

  /** Somebody saved first. If they left this organisation alone, the change goes in; else the user chooses. */
  async meet(mine) {
    const { feature, revision } = await this.read(this.id);
    if (this.id && !feature) return this.lost();
    this.revision = revision;
    if (!this.id) return this.save();
    const theirs = valuesOf(feature);
    const base = this.before;
    this.before = theirs;
    const differing = Object.keys(theirs).filter((name) =>
      !same(theirs[name], base[name]) && !same(mine[name], base[name]) && !same(mine[name], theirs[name]));
    const taken = Object.keys(theirs).filter((name) => !same(theirs[name], base[name]) && same(mine[name], base[name]));
    const merged = Object.fromEntries(Object.keys(mine).map((name) =>
      [name, same(mine[name], base[name]) ? theirs[name] : mine[name]]));
    this.fill(merged);
    if (!differing.length) return this.save();
    return this.conflict(differing.map((name) => ({ name, before: base[name], mine: mine[name], theirs: theirs[name] })),
      taken.filter((name) => name !== "marks").map((name) => `${this.labelOf(name)}: ${theirs[name] || "—"}`));
  }

  /** Somebody removed the organisation: what was typed stays and can go in as a new one. */
  async lost() {
    const { revision } = await this.read(null);
    Object.assign(this, { id: null, before: null, revision });
    document.getElementById("organisation-title").textContent = this.texts.addTitle;
    document.getElementById("remove").hidden = true;
    showError(this.form, new Error(this.texts.goneAdd));
  }

  /** Both versions side by side, field by field; one's own is chosen until the other is. */
  conflict(fields, taken = []) {
    const box = this.form.querySelector(".conflict");
    box.hidden = !fields;
    this.conflicts = fields;
    if (!fields) return box.replaceChildren();
    const shown = (name, value) => (name === "organisation_type"
      ? [...this.form.organisation_type.options].find((option) => option.value === value)?.text ?? value
      : name === "marks" ? value.map((mark) => this.texts.marks[mark] ?? mark).join(", ") : value) || "—";
    const choice = (name, whose, value) => el("label", { class: "check version" },
      el("input", { type: "radio", name: `conflict-${name}`, value: whose, checked: whose === "mine" }),
      el("span", {}, el("b", { text: this.texts[whose] }), el("span", { dir: "auto", text: shown(name, value) })));
    box.replaceChildren(el("p", { text: this.texts.conflict }), ...fields.map(({ name, before, mine, theirs }) =>
      el("fieldset", {}, el("legend", { text: this.labelOf(name) }),
        el("p", { class: "soft", dir: "auto", text: this.texts.was.replace("{value}", () => shown(name, before)) }),
        choice(name, "mine", mine), choice(name, "theirs", theirs))),
    taken.length ? el("details", {}, el("summary", { text: this.texts.taken }),
      el("ul", {}, taken.map((text) => el("li", { text, dir: "auto" })))) : "");
    box.scrollIntoView({ block: "nearest" });
    return box.querySelector("input").focus();
  }

  labelOf(name) {
    return this.form.querySelector(`label:has([name="${name}"]), fieldset:has([name="${name}"]) legend`).firstChild.textContent.trim();
  }

  /** The form's values after the choices made in a conflict. */
  chosen(values) {
    for (const { name, theirs } of this.conflicts ?? []) {
      if (this.form.elements[`conflict-${name}`].value === "theirs") values[name] = theirs;
    }
    return values;
  }

  async remove() {
    if (!window.confirm(this.texts.confirmRemove)) return;
    try {
      await this.call("DELETE", this.id, { revision: this.revision });
      this.finish();
    } catch (error) {
      showError(this.form, error.status === 412 ? Object.assign(error, { message: this.texts.changedRemove }) : error);
      if (error.status === 412) this.revision = (await this.read(this.id)).revision ?? this.revision;
    }
  }

  /** The page is made anew by the server: its numbers, its map and its verdict follow from the register. */
  finish() {
    this.touched = false;
    this.leave({ note: "saved", undo: this.revision + 1 }); // each change makes exactly one revision
  }

  leave(note) {
    sessionStorage.setItem(NOTE_KEY, JSON.stringify({ cluster: this.page.dataset.code, ...note }));
    location.reload();
  }

  restoreUndo() {
    const held = JSON.parse(sessionStorage.getItem(NOTE_KEY) ?? "null");
    if (!held || held.cluster !== this.page.dataset.code) return;
    const latest = held.undo === Number(this.page.dataset.revision);
    this.state(held.note);
    this.pending = held.undo;
    if (this.undoButton) this.undoButton.hidden = !latest;
  }

  /** The server takes the whole revision back, with every column; refused when somebody changed the register since. */
  async undo(revision) {
    const address = `/api/v1/clusters/${this.page.dataset.code}/history/${revision}/undo${this.query}`;
    try {
      await request("POST", address, { failed: this.texts.failed });
      this.leave({ note: "undone", undo: null });
    } catch (error) {
      this.saved.textContent = error.message;
      this.saved.className = "saved failed";
      this.saved.scrollIntoView({ block: "center" });
    }
  }
}
