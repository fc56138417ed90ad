// The organisations: signs with their numbers and marks; signs at one place gather and spread on a click.

import { el } from "../common/dom.js";
import { covered } from "./fit.js";
import { popupContent } from "./popup.js";

const CLUSTER_RADIUS = 48; // px: a sign with its number, so only signs that would overlap gather
const SAME_PLACE_M = 5;
const MANY = 200;
const STILL = 1000; // from so many organisations on, gatherings part without an animation of each sign
const SLICE_MS = 60;
const TIP = { direction: "top", className: "gs-tip" };

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

/** An icon that is drawn when its sign comes on screen: most of a large cluster's never do. */
const MemberIcon = L.DivIcon.extend({
  createIcon() {
    const { app, member } = this.options;
    const node = L.DivIcon.prototype.createIcon.call(this);
    node.append(signElement(member, app.data.signs));
    node.setAttribute("aria-label", `${member.n}. ${member.name}, ${member.typeTitle}`);
    node.dataset.id = member.id;
    node.classList.toggle("gs-selected", app.state.selected === member.id);
    return node;
  },
});

function markerFor(app, member) {
  const size = app.data.signs[member.type].px;
  const marker = L.marker([member.lat, member.lon], {
    icon: new MemberIcon({ app, member, className: "gs-marker", iconSize: [size, size], popupAnchor: [0, -size / 2] }),
    riseOnHover: true,
    keyboard: true,
    draggable: Boolean(app.options.edit),
    autoPan: true,
  });
  marker.member = member;
  if (app.options.edit) {
    marker.on("dragstart", () => app.map.closePopup());
    marker.on("dragend", () => app.mover.dropped(marker, marker.getLatLng()));
  }
  return marker;
}

/** A gathering says in words what it is: it is a button for keyboards and screen readers. */
const GatheringIcon = L.DivIcon.extend({
  createIcon(old) {
    const node = L.DivIcon.prototype.createIcon.call(this, old);
    node.setAttribute("aria-label", this.options.label);
    node.setAttribute("role", "button");
    return node;
  },
});

function clusterIcon(app, cluster) {
  const members = cluster.getAllChildMarkers().map((marker) => marker.member);
  const participants = members.filter((member) => member.role === "participant").length;
  const kind = participants === 0 ? "infrastructure" : participants === members.length ? "participant" : "mixed";
  const size = members.length < 10 ? 32 : members.length < 100 ? 38 : 44;
  return new GatheringIcon({
    className: `gs-cluster gs-cluster-${kind}`,
    html: el("span", { class: "gs-cluster-count", text: members.length }),
    label: app.t("cluster", { n: members.length }),
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
      animate: app.state.members.length < STILL && !matchMedia("(prefers-reduced-motion: reduce)").matches,
      spiderLegPolylineOptions: { weight: 1.2, color: "#37474f", opacity: 0.9 },
      iconCreateFunction: (cluster) => clusterIcon(app, cluster),
    });
    // The library keeps signs of a whole screen to each side; of thousands that would be hundreds never seen.
    if (app.state.members.length >= STILL) this.group._getExpandedVisibleBounds = () => app.map.getBounds().pad(0.4);
    this.listen();
    this.group.addTo(app.map);
    this.shown = new Set();
    this.loading = true;
    this.loaded = this.load();
    app.state.addEventListener("change", () => this.update());
    app.state.addEventListener("select", ({ detail }) => {
      this.highlight(detail.id);
      if (detail.from !== "map") this.focus(detail.id);
    });
  }

  /** Gathers the signs in slices for the first time; what is filtered meanwhile is taken in at the end. */
  async load() {
    const { options } = this.group;
    this.make();
    const markers = [...this.markers.values()].filter(({ member }) => this.app.state.passing.has(member.id));
    await new Promise((done) => {
      const progress = (made, all) => { if (made === all) done(); };
      Object.assign(options, { chunkedLoading: true, chunkInterval: SLICE_MS, chunkDelay: 0, chunkProgress: progress });
      this.group.addLayers(markers, true);
    });
    Object.assign(options, { chunkedLoading: false, chunkProgress: null });
    this.shown = new Set(markers.map(({ member }) => member.id));
    this.loading = false;
    this.update();
  }

  make() {
    this.markers.clear();
    for (const member of this.app.state.members) {
      if (member.lat !== null && member.lon !== null) this.markers.set(member.id, markerFor(this.app, member));
    }
  }

  /** Takes the organisations anew, as after one was moved. */
  renew() {
    if (this.loading) {
      this.loaded.then(() => this.renew());
      return;
    }
    this.group.clearLayers();
    this.make();
    this.shown = new Set();
    this.update();
  }

  /** One listener for all signs, rather than a popup and a tooltip for each. */
  listen() {
    const { app } = this;
    const choose = ({ layer }) => {
      if (app.capturing) return;
      this.open(layer);
      app.state.select(layer.member.id, "map");
    };
    this.group.on("click", choose);
    this.group.on("keypress", (event) => { if (event.originalEvent.key === "Enter") choose(event); });
    const tip = L.tooltip(TIP);
    const show = ({ layer }) => {
      const { member } = layer;
      tip.options.offset = L.point(0, -layer.options.icon.options.iconSize[1] / 2);
      tip.setContent(el("span", {}, el("b", { text: `${member.n}. ${member.name}`, dir: "auto" }),
        member.spec ? el("span", { class: "gs-tip-spec", text: member.spec, dir: "auto" }) : null));
      tip.setLatLng(layer.getLatLng()).addTo(app.map);
    };
    this.group.on("mouseover", show).on("mouseout clusterclick", () => tip.remove());
    app.map.on("movestart popupopen", () => tip.remove());
  }

  /** Opens an organisation's popup at its sign; `pan`: and moves the map to have it whole in view. */
  open(marker, pan = true) {
    if (this.app.options.popups === false) return null;
    const popup = L.popup({ maxWidth: 340, minWidth: 240, className: "gs-popup", autoPanPadding: [58, 16], autoPan: pan,
      offset: marker.options.icon.options.popupAnchor });
    popup.setContent(popupContent(this.app, marker.member, popup)).setLatLng(marker.getLatLng());
    popup.source = marker;
    return popup.openOn(this.app.map);
  }

  update() {
    if (this.loading) return;
    const wanted = new Set([...this.markers.keys()].filter((id) => this.app.state.passing.has(id)));
    const remove = [...this.shown].filter((id) => !wanted.has(id)).map((id) => this.markers.get(id));
    const add = [...wanted].filter((id) => !this.shown.has(id)).map((id) => this.markers.get(id));
    if (remove.length + add.length > MANY) {
      this.group.clearLayers(); // one by one would take longer than anew
      this.group.addLayers([...wanted].map((id) => this.markers.get(id)));
    } else {
      if (remove.length) this.group.removeLayers(remove);
      if (add.length) this.group.addLayers(add);
    }
    this.shown = wanted;
  }

  /** Signs now on screen with what they stand for, for labels to keep away from. */
  obstacles() {
    const seen = [];
    this.group._featureGroup.eachLayer((layer) => {
      if (!layer.getLatLng) return;
      const point = this.app.map.latLngToContainerPoint(layer.getLatLng());
      // A gathering is its own icon, and holds the one that was made for it; asking the element would lay out the page.
      const size = (layer._iconObj ?? layer.options.icon).options.iconSize?.[0] ?? 30;
      const number = layer.member ? 16 : 0;
      seen.push([point.x - size / 2 - 2, point.y - size / 2 - 2, point.x + size / 2 + number, point.y + size / 2 + 2]);
    });
    return seen;
  }

  /** Brings an organisation into view and opens its popup, spreading what lies over it. */
  focus(id) {
    const marker = this.markers.get(id);
    if (!marker || !this.shown.has(id)) return;
    // Where the place is in view it is answered at once; the map comes closer behind the answer.
    const popup = this.app.map.getBounds().contains(marker.getLatLng()) ? this.open(marker, false) : null;
    const show = () => {
      if (!popup) {
        if (!this.open(marker)) this.centre(marker); // a map without popups
      } else if (popup.isOpen()) {
        popup.options.autoPan = true;
        popup.setLatLng(marker.getLatLng()); // a sign that was spread stands aside
      }
      this.highlight(id);
    };
    const gathering = this.gatheringOf(marker);
    if (gathering) this.spread(gathering, marker, show);
    else this.group.zoomToShowLayer(marker, show);
  }

  /** Moves the map so that a sign stands clear of its edges and tools. */
  centre(marker) {
    const { map } = this.app;
    const place = marker.getLatLng();
    const clear = map.getBounds().pad(-0.12).contains(place) && !covered(map, [place], map.getZoom(), map.getCenter());
    if (!clear) map.panTo(place, { animate: false });
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
    for (const node of this.app.map.getPane("markerPane").querySelectorAll(".gs-marker")) {
      node.classList.toggle("gs-selected", node.dataset.id === id);
    }
  }
}
