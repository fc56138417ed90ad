// What is shown: filters, classes switched off, selection. One object, one event, everybody listens.

import { fold } from "../common/text.js";

export const FACETS = ["role", "type", "region", "mark", "spec"];

/** The values that an organisation has for a facet. */
export function valuesOf(member, facet) {
  if (facet === "mark") return member.marks;
  const value = member[facet];
  return value ? [value] : [];
}

export class State extends EventTarget {
  constructor(members) {
    super();
    this.members = members;
    this.query = "";
    this.off = new Set(); // organisation types switched off in the legend
    this.facets = Object.fromEntries(FACETS.map((facet) => [facet, new Set()]));
    this.selected = null;
    this.haystack = new Map(members.map((m) => [m.id, fold([m.n, m.name, m.spec, m.regionName].join(" "))]));
  }

  /** Whether an organisation passes all filters, except facet `but`. */
  passes(member, but = "") {
    if (this.off.has(member.type) && but !== "off") return false;
    for (const facet of FACETS) {
      const wanted = this.facets[facet];
      if (facet !== but && wanted.size && !valuesOf(member, facet).some((value) => wanted.has(value))) return false;
    }
    const words = this.words;
    return !words.length || words.every((word) => this.haystack.get(member.id).includes(word));
  }

  get words() {
    return fold(this.query).split(" ").filter(Boolean);
  }

  get filtered() {
    return Boolean(this.query) || this.off.size > 0 || FACETS.some((facet) => this.facets[facet].size > 0);
  }

  get shown() {
    return this.members.filter((member) => this.passes(member));
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
    this.dispatchEvent(new Event("change"));
  }
}
