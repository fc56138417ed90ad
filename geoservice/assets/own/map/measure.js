// Measuring: distances along a line and, from three points on, the area it closes, on the sphere.

import { el } from "../common/dom.js";
import { numberText } from "../common/text.js";

const RADIUS_M = 6371008.8; // mean radius of the Earth (IUGG)
const rad = (value) => (value * Math.PI) / 180;

/** Area of a spherical polygon in square metres (Chamberlain and Duquette, JPL 2007). */
export function sphericalArea(points) {
  let sum = 0;
  for (let i = 0; i < points.length; i++) {
    const a = points[i];
    const b = points[(i + 1) % points.length];
    sum += rad(b.lng - a.lng) * (2 + Math.sin(rad(a.lat)) + Math.sin(rad(b.lat)));
  }
  return Math.abs((sum * RADIUS_M * RADIUS_M) / 2);
}

export class Measure {
  constructor(app) {
    this.app = app;
    this.points = [];
    this.layer = L.layerGroup();
    this.output = el("p", { class: "gs-measure", role: "status", hidden: true });
    app.map.getContainer().append(this.output);
    this.click = (event) => this.add(event.latlng);
  }

  toggle(button) {
    this.active = !this.active;
    button.setAttribute("aria-pressed", String(this.active));
    this.app.map.getContainer().classList.toggle("gs-measuring", this.active);
    this.app.map[this.active ? "on" : "off"]("click", this.click);
    this.app.capturing = this.active;
    this.points = [];
    this.output.hidden = !this.active;
    if (this.active) this.layer.addTo(this.app.map);
    else this.layer.remove();
    this.draw();
  }

  add(point) {
    this.points.push(point);
    this.draw();
  }

  draw() {
    const { t, data } = this.app;
    this.layer.clearLayers();
    const style = { color: "#0b4f8a", weight: 2.5, dashArray: "6 4", interactive: false };
    if (this.points.length > 1) L.polyline(this.points, style).addTo(this.layer);
    for (const point of this.points) {
      L.circleMarker(point, { ...style, dashArray: null, radius: 4, fillColor: "#ffffff", fillOpacity: 1 }).addTo(this.layer);
    }
    let metres = 0;
    this.points.slice(1).forEach((point, place) => { metres += this.points[place].distanceTo(point); });
    const format = (value) => numberText(value, data.lang, value < 10 ? 2 : 1);
    const length = metres < 1000 ? `${format(metres)} m` : `${format(metres / 1000)} km`;
    const area = sphericalArea(this.points);
    const areaText = area < 1e5 ? `${format(area)} m²` : `${format(area / 1e6)} km²`;
    this.output.textContent = this.points.length < 2 ? t("measure_hint")
      : this.points.length < 3 ? t("measure_length", { length }) : t("measure_area", { length, area: areaText });
  }
}
