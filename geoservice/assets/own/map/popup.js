// Popups of organisations, regions and whatever else lies at a place: every value as text, links only to http(s).

import { el } from "../common/dom.js";

/** An address fit for a link, or "" (javascript:, data: and the like). */
export function safeLink(value) {
  try {
    const url = new URL(value, location.origin === "null" ? "https://localhost" : location.href);
    return url.protocol === "http:" || url.protocol === "https:" ? value : "";
  } catch {
    return "";
  }
}

function row(label, value) {
  return [el("dt", { text: label }), el("dd", { dir: "auto" }, value)];
}

function fieldValue(value, address) {
  const link = address && safeLink(address);
  return link ? el("a", { href: link, target: "_blank", rel: "noopener noreferrer nofollow", text: value }) : value;
}

const fieldRows = (fields) => fields.flatMap(([label, value, address]) => row(label, fieldValue(value, address)));

/** Fetches what a large map leaves out of its page, and writes it into an open popup. */
async function fetchFields(app, member, list, popup) {
  const address = `${app.data.links.map}/members/${encodeURIComponent(member.id)}${app.data.links.query}`;
  try {
    const response = await fetch(address, { credentials: "same-origin" });
    if (!response.ok) throw new Error(`${response.status}`);
    member.fields = (await response.json()).fields;
    list.append(...fieldRows(member.fields));
  } catch {
    list.append(...row("", app.t("not_loaded")));
  }
  popup?.update();
}

export function popupContent(app, member, popup = null) {
  const { t, data } = app;
  const rows = [row(t("type"), member.typeTitle)];
  if (member.spec) rows.push(row(t("specialisation"), member.spec));
  if (member.markTexts.length) rows.push(row(t("marks"), member.markTexts.join(", ")));
  if (member.regionName) rows.push(row(t("region"), member.regionName));
  const list = el("dl", { class: "gs-fields" }, rows.flat());
  if (member.fields) list.append(...fieldRows(member.fields));
  else fetchFields(app, member, list, popup);
  const page = data.links.organisation?.replace("{id}", encodeURIComponent(member.id));
  return el("div", { class: "gs-card", "data-id": member.id },
    el("h2", { class: "gs-card-title" },
      el("img", { src: data.signs[member.type].uri, alt: "", width: 22, height: 22 }),
      el("span", { text: `${member.n}. ${member.name}`, dir: "auto" })),
    list,
    member.how ? el("p", { class: "gs-warning", text: member.how }) : null,
    page ? el("p", { class: "gs-card-links" }, el("a", { href: page, target: "_top", text: t("organisation_page") })) : null,
    app.options.edit ? el("p", { class: "gs-card-actions" },
      el("button", { class: "gs-button gs-button-quiet", type: "button", text: t("move"),
        on: { click: () => app.mover.start(member.id) } }),
      app.host.framed ? el("button", { class: "gs-button", type: "button", text: t("edit"),
        on: { click: () => app.host.post("edit", { id: member.id }) } }) : null) : null);
}

const MOST_NAMES = 50;

function regionSection(app, region) {
  const { t, state } = app;
  const within = state.members.filter((member) => member.region === region.code);
  const names = within.slice(0, MOST_NAMES).map((member) =>
    el("li", {}, el("button", { type: "button", class: "gs-link", dir: "auto", text: `${member.n}. ${member.name}`,
      on: { click: () => app.state.select(member.id, "region") } })));
  const more = within.length > MOST_NAMES
    ? el("p", { class: "gs-note", text: t("and_more", { n: within.length - MOST_NAMES }) }) : null;
  return el("section", { class: "gs-found" },
    el("h2", { class: "gs-card-title", text: region.name, dir: "auto" }),
    el("p", { text: t(region.state === "occupied" ? "region_occupied" : "region_bordering") }),
    region.state === "occupied" ? el("p", { text: t("region_count", { n: region.count }) }) : null,
    within.length ? el("ul", { class: "gs-region-list" }, names) : null, more);
}

function featureSection({ name, layer, rule }) {
  const kind = (layer.level ? [layer.title] : [rule?.title, layer.title]).filter((text, place, all) => text && text !== name && all.indexOf(text) === place);
  return el("section", { class: "gs-found" },
    el("h2", { class: "gs-card-title", text: name || rule?.title || layer.title, dir: "auto" }),
    kind.length && name ? el("p", { class: "gs-note", text: kind.join(" · "), dir: "auto" }) : null,
    layer.note && !layer.level ? el("p", { class: "gs-note", text: layer.note }) : null);
}

/** What lies at a place, each thing with its heading. */
export function placeContent(app, found) {
  return el("div", { class: "gs-card" }, found.map((item) =>
    (item.region ? regionSection(app, item.region) : featureSection(item))));
}
