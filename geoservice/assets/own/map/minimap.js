// Where the view lies: outlines of the base with a rectangle, and a click that goes there.

import { el } from "../common/dom.js";
import { covered } from "./fit.js";

const WIDTH = 140;
const MARGIN_DEG = 2.2; // of the three degrees around the territory: the overview needs less

function ringsOf({ type, coordinates }) {
  if (type === "Polygon") return coordinates;
  return type === "MultiPolygon" ? coordinates.flat() : [];
}

export class MiniMap extends L.Control {
  constructor(app) {
    super({ position: "bottomright" });
    this.app = app;
    app.miniMap = this;
    const [west, south, east, north] = app.data.extent.map((value, side) => value + (side < 2 ? MARGIN_DEG : -MARGIN_DEG));
    this.box = { west, north, scale: WIDTH / (east - west), stretch: 1 / Math.cos((((south + north) / 2) * Math.PI) / 180) };
    this.height = Math.round((north - south) * this.box.scale * this.box.stretch);
  }

  /** Stands in the upper corner where organisations of the first view would lie under it. */
  makeWay(points) {
    const map = this._map;
    if (covered(map, points, map.getZoom(), map.getCenter(), [this.getContainer()])) this.setPosition("topright");
  }

  place([lon, lat]) {
    const { west, north, scale, stretch } = this.box;
    return [(lon - west) * scale, (north - lat) * scale * stretch];
  }

  onAdd(map) {
    const ratio = window.devicePixelRatio || 1;
    const canvas = el("canvas", { width: WIDTH * ratio, height: this.height * ratio });
    this.view = el("span", { class: "gs-mini-view" });
    const box = el("div", { class: "gs-mini", "aria-hidden": "true" }, canvas, this.view);
    box.style.width = `${WIDTH}px`;
    box.style.height = `${this.height}px`;
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    this.app.afterwards(() => this.draw(context));
    L.DomEvent.disableClickPropagation(box);
    box.addEventListener("click", (event) => {
      const { west, north, scale, stretch } = this.box;
      map.panTo([north - event.offsetY / (scale * stretch), west + event.offsetX / scale]);
    });
    map.on("move", () => this.follow());
    this.follow();
    return box;
  }

  draw(context) {
    for (const layer of this.app.data.layers.filter((item) => item.kind === "area")) {
      for (const [, , place, geometry] of layer.features) {
        const { paint } = layer.rules[place];
        context.beginPath();
        for (const ring of ringsOf(geometry)) {
          ring.forEach((point, index) => context[index ? "lineTo" : "moveTo"](...this.place(point)));
        }
        if (paint.fill && paint.fillOpacity > 0) {
          context.globalAlpha = paint.fillOpacity;
          context.fillStyle = paint.fill;
          context.fill();
        }
        context.globalAlpha = 0.5;
        context.lineWidth = 0.4;
        context.strokeStyle = paint.stroke ?? "#888888";
        context.stroke();
        context.globalAlpha = 1;
      }
    }
    context.fillStyle = "#a32218";
    for (const { lat, lon } of this.app.state.members) {
      if (lat !== null && lon !== null) context.fillRect(this.place([lon, lat])[0] - 1, this.place([lon, lat])[1] - 1, 2, 2);
    }
  }

  follow() {
    const bounds = this.app.map.getBounds();
    const [left, top] = this.place([bounds.getWest(), bounds.getNorth()]);
    const [right, bottom] = this.place([bounds.getEast(), bounds.getSouth()]);
    Object.assign(this.view.style, { left: `${Math.max(left, 0)}px`, top: `${Math.max(top, 0)}px`,
      width: `${Math.max(Math.min(right, WIDTH) - Math.max(left, 0), 4)}px`,
      height: `${Math.max(Math.min(bottom, this.height) - Math.max(top, 0), 4)}px` });
  }
}
