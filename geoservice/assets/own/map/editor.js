// Choosing a place on the map for the form of the framing page: a click, or dragging the pin.

export class Editor {
  constructor(app) {
    this.app = app;
    this.pin = null;
    this.click = ({ latlng }) => this.place(this.id, latlng.lat, latlng.lng, true);
  }

  /** Waits for a click that places organisation `id` (null: a new one). */
  pick(id) {
    this.stop();
    this.id = id;
    this.app.map.getContainer().classList.add("gs-picking");
    this.app.map.on("click", this.click);
    this.app.capturing = true;
    this.app.say(this.app.t("pick_hint"));
  }

  /** Shows the pin at a place; dragging it tells the framing page. */
  place(id, lat, lon, tell = false) {
    this.id = id;
    if (!Number.isFinite(lat) || !Number.isFinite(lon)) return;
    if (!this.pin) {
      this.pin = L.marker([lat, lon], { draggable: true, autoPan: true, zIndexOffset: 10000, keyboard: true,
        icon: L.divIcon({ className: "gs-pin", iconSize: [26, 26] }), alt: this.app.t("pin") }).addTo(this.app.map);
      this.pin.getElement().setAttribute("aria-label", this.app.t("pin"));
      this.pin.on("dragend", () => this.tell());
    }
    this.pin.setLatLng([lat, lon]);
    if (!this.app.map.getBounds().contains([lat, lon])) this.app.map.panTo([lat, lon]);
    if (tell) this.tell();
  }

  tell() {
    const { lat, lng } = this.pin.getLatLng();
    this.app.host.post("moved", { id: this.id, lat: Number(lat.toFixed(6)), lon: Number(lng.toFixed(6)) });
  }

  stop() {
    this.app.map.off("click", this.click);
    this.app.capturing = false;
    this.app.map.getContainer().classList.remove("gs-picking");
    this.pin?.remove();
    this.pin = null;
  }
}
