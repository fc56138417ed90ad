// The organisations: signs with their numbers and marks; signs at one place gather and spread on a click.

import { el } from "../common/dom.js";
import { popupContent } from "./popup.js";

const CLUSTER_RADIUS = 48; // px: a sign with its number, so only signs that would overlap gather
const SAME_PLACE_M = 5;

/** The picture of an organisation: its sign, badges of its marks, its number. */
export function signElement(member, signs, numbered = true) {
  const sign = signs[member.type];
  const image = el("img", { class: "gs-sign-image", src: sign.uri, alt: "", width: sign.px, height: sign.px });
  const badges = member.marks.filter((mark) => signs[mark]).map((mark, place) =>
    el("img", { class: `gs-badge gs-badge-${place}`, src: signs[mark].uri, alt: "",
      width: signs[mark].px, height: signs[mark].px }));
  return el("span", { class: "gs-sign" }, image, badges,
    numbered ? el("span", { class: "gs-number", text: member.n, "aria-hidden": "true" }) : null);
}

function markerFor(app, member) {
  const { signs } = app.data;
  const size = signs[member.type].px;
  const marker = L.marker([member.lat, member.lon], {
    icon: L.divIcon({ className: "gs-marker", html: signElement(member, signs), iconSize: [size, size],
      popupAnchor: [0, -size / 2] }),
    riseOnHover: true,
    keyboard: true,
    alt: member.name,
  });
  marker.member = member;
  const label = `${member.n}. ${member.name}, ${member.typeTitle}`;
  marker.on("add", () => {
    const node = marker.getElement();
    if (!node) return;
    node.setAttribute("aria-label", label);
    node.dataset.id = member.id;
    node.classList.toggle("gs-selected", app.state.selected === member.id);
  });
  marker.bindTooltip(() => el("span", {}, el("b", { text: `${member.n}. ${member.name}` }),
    member.spec ? el("span", { class: "gs-tip-spec", text: member.spec }) : null),
  { direction: "top", offset: [0, -size / 2], className: "gs-tip" });
  marker.bindPopup(() => popupContent(app, member), { maxWidth: 340, minWidth: 240, className: "gs-popup" });
  marker.on("click", () => app.state.select(member.id, "map"));
  return marker;
}

function clusterIcon(app, cluster) {
  const members = cluster.getAllChildMarkers().map((marker) => marker.member);
  const participants = members.filter((member) => member.role === "participant").length;
  const kind = participants === 0 ? "infrastructure" : participants === members.length ? "participant" : "mixed";
  const size = members.length < 10 ? 32 : members.length < 100 ? 38 : 44;
  return L.divIcon({
    className: `gs-cluster gs-cluster-${kind}`,
    html: el("span", { class: "gs-cluster-count", text: members.length }),
    iconSize: [size, size],
  });
}

export class MembersLayer {
  constructor(app) {
    this.app = app;
    this.markers = new Map();
    this.group = L.markerClusterGroup({
      maxClusterRadius: CLUSTER_RADIUS,
      showCoverageOnHover: false,
      spiderfyOnMaxZoom: true,
      spiderfyDistanceMultiplier: 1.7,
      zoomToBoundsOnClick: true,
      animate: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      spiderLegPolylineOptions: { weight: 1.2, color: "#37474f", opacity: 0.9 },
      iconCreateFunction: (cluster) => clusterIcon(app, cluster),
    });
    this.nameClusters();
    for (const member of app.data.members) {
      if (member.lat !== null && member.lon !== null) this.markers.set(member.id, markerFor(app, member));
    }
    this.group.addTo(app.map);
    this.shown = new Set();
    this.update();
    app.state.addEventListener("change", () => this.update());
    app.state.addEventListener("select", ({ detail }) => {
      this.highlight(detail.id);
      if (detail.from !== "map") this.focus(detail.id);
    });
  }

  /** Says in words what a gathered sign is: it is a button for keyboards and screen readers. */
  nameClusters() {
    const name = (layer) => {
      const node = layer.getElement?.();
      if (node && layer.getChildCount) {
        node.setAttribute("aria-label", this.app.t("cluster", { n: layer.getChildCount() }));
        node.setAttribute("role", "button");
      }
    };
    this.group.on("layeradd animationend", () => this.group._featureGroup.eachLayer(name));
    this.app.map.on("moveend layeradd", () => this.group._featureGroup.eachLayer(name));
  }

  update() {
    const wanted = new Set(this.app.state.shown.map((member) => member.id).filter((id) => this.markers.has(id)));
    const remove = [...this.shown].filter((id) => !wanted.has(id)).map((id) => this.markers.get(id));
    const add = [...wanted].filter((id) => !this.shown.has(id)).map((id) => this.markers.get(id));
    this.group.removeLayers(remove);
    this.group.addLayers(add);
    this.shown = wanted;
  }

  /** Signs now on screen with what they stand for, for labels to keep away from. */
  obstacles() {
    const seen = [];
    this.group._featureGroup.eachLayer((layer) => {
      if (!layer.getLatLng) return;
      const point = this.app.map.latLngToContainerPoint(layer.getLatLng());
      const size = layer.options.icon?.options.iconSize?.[0] ?? layer._icon?.offsetWidth ?? 30;
      seen.push([point.x - size / 2 - 2, point.y - size / 2 - 2, point.x + size / 2 + 16, point.y + size / 2 + 2]);
    });
    return seen;
  }

  /** Brings an organisation into view and opens its popup, spreading what lies over it. */
  focus(id) {
    const marker = this.markers.get(id);
    if (!marker || !this.shown.has(id)) return;
    if (this.app.options.popups === false) {
      this.highlight(id);
      return;
    }
    const show = () => {
      marker.openPopup();
      this.highlight(id);
    };
    const gathering = this.gatheringOf(marker);
    if (gathering) this.spread(gathering, marker, show);
    else this.group.zoomToShowLayer(marker, show);
  }

  /** The largest gathering whose organisations all stand at one place: it need not be zoomed into to be spread. */
  gatheringOf(marker) {
    const onePlace = (cluster) => {
      const bounds = cluster.getBounds();
      return bounds.getNorthEast().distanceTo(bounds.getSouthWest()) < SAME_PLACE_M;
    };
    let found = null;
    for (let cluster = marker.__parent; cluster?.getBounds && onePlace(cluster); cluster = cluster.__parent) found = cluster;
    return found && found.getChildCount() > 1 ? found : null;
  }

  spread(gathering, marker, done) {
    const { map } = this.app;
    const zoom = Math.max(map.getZoom(), gathering._zoom, 11);
    const open = () => {
      const parent = this.group.getVisibleParent(marker);
      if (parent && parent !== marker) {
        this.group.once("spiderfied", done);
        parent.spiderfy();
      } else done();
    };
    // Gatherings part in an animation of their own, and do not spread while it runs.
    const settled = () => (this.group._inZoomAnimation ? this.group.once("animationend", open) : open());
    if (zoom === map.getZoom() && map.getBounds().pad(-0.1).contains(marker.getLatLng())) open();
    else map.once("moveend", settled).setView(marker.getLatLng(), zoom, { animate: false });
  }

  highlight(id) {
    for (const [key, marker] of this.markers) {
      marker.getElement()?.classList.toggle("gs-selected", key === id);
    }
  }
}
