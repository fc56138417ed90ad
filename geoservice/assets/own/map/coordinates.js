// Where the pointer is, in the coordinate system that the user chooses: as the reader's language writes numbers, and
// such that an import reads what was copied from here (register/coordinates.py, register/crs.py).

import { el } from "../common/dom.js";
import { fixed, placeText } from "../common/text.js";

function sexagesimal(value, [positive, negative], lang) {
  const total = Math.round(Math.abs(value) * 36000) / 10;
  const d = Math.floor(total / 3600);
  const m = Math.floor((total - d * 3600) / 60);
  const s = fixed(total - d * 3600 - m * 60, 1, lang).padStart(4, "0");
  return `${d}°${String(m).padStart(2, "0")}′${s}″ ${value < 0 ? negative : positive}`;
}

/** Metres in a projected system; Azerbaijan lies in the UTM zones 38 and 39, Pulkovo 1942 zones 8 and 9. */
function projected(definition, zone = "") {
  let project = null;
  return ({ lat, lng }) => {
    if (!window.proj4) return "…";
    project ??= window.proj4(definition);
    const [x, y] = project.forward([lng, lat]);
    return `${zone}E ${Math.round(x)}  N ${Math.round(y)}`;
  };
}

const pulkovo = (zone) => `+proj=tmerc +lat_0=0 +lon_0=${zone * 6 - 3} +k=1 +x_0=${zone}500000 +y_0=0 +ellps=krass ` +
  "+towgs84=23.92,-141.27,-80.9,0,-0.35,-0.82,-0.12 +units=m";

export const SYSTEMS = [
  ["WGS 84", placeText],
  ["WGS 84 ° ′ ″", ({ lat, lng }, lang) => `${sexagesimal(lat, "NS", lang)}  ${sexagesimal(lng, "EW", lang)}`],
  ["UTM 38N (EPSG:32638)", projected("+proj=utm +zone=38 +datum=WGS84 +units=m", "38N ")],
  ["UTM 39N (EPSG:32639)", projected("+proj=utm +zone=39 +datum=WGS84 +units=m", "39N ")],
  ["Pulkovo 1942 GK 8 (EPSG:28408)", projected(pulkovo(8))],
  ["Pulkovo 1942 GK 9 (EPSG:28409)", projected(pulkovo(9))],
];

/** Fetches the projection library when a projected system is first chosen; single-file maps hold it already. */
function loadProjections(address, then) {
  if (window.proj4 || !address) {
    then();
    return;
  }
  document.head.append(el("script", { src: address, on: { load: then } }));
}

export class CoordinateReadout extends L.Control {
  constructor(app) {
    super({ position: "bottomleft" });
    this.app = app;
    this.system = 0;
  }

  onAdd(map) {
    const { t } = this.app;
    this.value = el("output", { class: "gs-coordinates-value" });
    const choice = el("select", { "aria-label": t("coordinate_system"), on: { change: () => {
      this.system = choice.selectedIndex;
      loadProjections(this.app.data.links.projections, () => this.show(map.getCenter()));
    } } }, SYSTEMS.map(([name]) => el("option", { text: name })));
    const box = el("div", { class: "gs-coordinates" }, choice, this.value);
    L.DomEvent.disableClickPropagation(box);
    map.on("mousemove", ({ latlng }) => this.show(latlng));
    map.on("moveend", () => this.show(map.getCenter()));
    this.show(map.getCenter());
    return box;
  }

  show(at) {
    this.value.textContent = SYSTEMS[this.system][1](at.wrap(), this.app.data.lang);
  }
}
