// What is shown: filters, classes switched off, selection. One object, one event, everybody listens.

import { fold } from "../common/text.js";

export const FACETS = ["role", "type", "region", "mark", "spec"];

/** The values that an organisation has for a facet. */
export function valuesOf(member, facet) {
  if (facet === "mark") return member.marks;
  const value = member[facet];
  return value ? [value] : [];
}

/** Takes over the filters of an address, see own/map/share.js. */
export function readFilters(params, state) {
  const list = (key) => params.getAll(key).filter(Boolean);
  state.query = params.get("q") ?? "";
  for (const type of list("off")) state.off.add(type);
  for (const facet of FACETS) for (const value of list(facet)) state.facets[facet].add(value);
  state.count();
}

/** The view of an address: latitude, longitude and zoom, or null. */
export function readView(params) {
  const within = (value, least, most) => Number.isFinite(value) && value >= least && value <= most;
  const [lat, lon, zoom, more] = (params.get("v") || "x").split(",").map(Number);
  const whole = more === undefined && within(lat, -90, 90) && within(lon, -180, 180) && within(zoom, 0, 24);
  return whole ? { lat, lon, zoom } : null;
}

/** Organisations as objects, from the rows of render/web_data.py. */
export function membersOf({ members, types, regionNames, markTexts }) {
  return members.map(([id, n, name, spec, type, marks, lat, lon, region, how, fields]) => {
    const [code, typeTitle, role] = types[type];
    return { id, n, name, spec, type: code, typeTitle, role, marks, lat, lon, region, how, fields,
      regionName: regionNames[region] ?? "", markTexts: marks.map((mark) => markTexts[mark] ?? mark) };
  });
}

export class State extends EventTarget {
  constructor(members) {
    super();
    this.query = "";
    this.off = new Set(); // organisation types switched off in the legend
    this.facets = Object.fromEntries(FACETS.map((facet) => [facet, new Set()]));
    this.selected = null;
    this.take(members);
  }

  take(members) {
    this.members = members;
    this.byId = new Map(members.map((member) => [member.id, member]));
    this.texts = new Map();
    this.count();
  }

  /** What an organisation is searched by; made when it is first searched. */
  textOf(m) {
    let text = this.texts.get(m.id);
    if (text === undefined) this.texts.set(m.id, text = fold([m.n, m.name, m.spec, m.regionName].join(" ")));
    return text;
  }

  /** Filters once for each change: who passes, and how many would for each value of each facet. */
  count() {
    const words = fold(this.query).split(" ").filter(Boolean);
    const wanted = FACETS.filter((facet) => this.facets[facet].size > 0);
    this.shown = [];
    this.counts = Object.fromEntries(FACETS.map((facet) => [facet, new Map()]));
    const tally = (member, facet) => {
      for (const value of valuesOf(member, facet)) this.counts[facet].set(value, (this.counts[facet].get(value) ?? 0) + 1);
    };
    for (const member of this.members) {
      if (this.off.has(member.type)) continue;
      if (words.length && !words.every((word) => this.textOf(member).includes(word))) continue;
      const failed = wanted.filter((facet) => !valuesOf(member, facet).some((value) => this.facets[facet].has(value)));
      if (!failed.length) {
        this.shown.push(member);
        for (const facet of FACETS) tally(member, facet);
      } else if (failed.length === 1) tally(member, failed[0]); // its other values may be chosen besides
    }
    this.passing = new Set(this.shown.map((member) => member.id));
  }

  /** Ids of the organisations in whose texts an abbreviation stands as a word of its own. */
  membersWith(form) {
    const whole = new RegExp(`(^|[^\\p{L}\\p{N}_])${form.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}($|[^\\p{L}\\p{N}_])`, "mu");
    const found = this.members.filter((m) => {
      const text = `${m.name}\n${m.spec}\n${m.markTexts.join("\n")}`;
      return text.includes(form) && whole.test(text);
    });
    return new Set(found.map((m) => m.id));
  }

  get filtered() {
    return Boolean(this.query) || this.off.size > 0 || FACETS.some((facet) => this.facets[facet].size > 0);
  }

  setQuery(query) {
    this.query = query;
    this.changed();
  }

  toggleFacet(facet, value, on) {
    this.facets[facet][on ? "add" : "delete"](value);
    this.changed();
  }

  toggleType(type, on) {
    this.off[on ? "delete" : "add"](type);
    this.changed();
  }

  clear() {
    this.query = "";
    this.off.clear();
    for (const facet of FACETS) this.facets[facet].clear();
    this.changed();
  }

  select(id, from = "") {
    this.selected = id;
    this.dispatchEvent(new CustomEvent("select", { detail: { id, from } }));
  }

  changed() {
    this.count();
    this.dispatchEvent(new Event("change"));
  }
}
