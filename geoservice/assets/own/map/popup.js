// Popups of organisations and regions: every value as text, links only to http and https.

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
  return [el("dt", { text: label }), el("dd", {}, value)];
}

function fieldValue(value, address) {
  const link = address && safeLink(address);
  return link ? el("a", { href: link, target: "_blank", rel: "noopener noreferrer nofollow", text: value }) : value;
}

export function popupContent(app, member) {
  const { t, data } = app;
  const rows = [row(t("type"), member.typeTitle)];
  if (member.spec) rows.push(row(t("specialisation"), member.spec));
  if (member.markTexts.length) rows.push(row(t("marks"), member.markTexts.join(", ")));
  if (member.regionName) rows.push(row(t("region"), member.regionName));
  for (const [label, value, address] of member.fields) rows.push(row(label, fieldValue(value, address)));
  const page = data.links.organisation?.replace("{id}", encodeURIComponent(member.id));
  return el("div", { class: "gs-card", "data-id": member.id },
    el("h2", { class: "gs-card-title" },
      el("img", { src: data.signs[member.type].uri, alt: "", width: 22, height: 22 }),
      el("span", { text: `${member.n}. ${member.name}`, dir: "auto" })),
    el("dl", { class: "gs-fields", dir: "auto" }, rows.flat()),
    member.how ? el("p", { class: "gs-warning", text: member.how }) : null,
    page ? el("p", { class: "gs-card-links" }, el("a", { href: page, target: "_top", text: t("organisation_page") })) : null,
    app.options.edit ? el("button", { class: "gs-button", type: "button", text: t("edit"),
      on: { click: () => app.host.post("edit", { id: member.id }) } }) : null);
}

export function regionContent(app, region) {
  const { t, data } = app;
  const inside = data.members.filter((member) => member.region === region.code);
  const list = el("ul", { class: "gs-region-list" }, inside.map((member) =>
    el("li", {}, el("button", { type: "button", class: "gs-link", text: `${member.n}. ${member.name}`,
      on: { click: () => app.state.select(member.id, "region") } }))));
  return el("div", { class: "gs-card" },
    el("h2", { class: "gs-card-title" }, el("span", { text: region.name })),
    el("p", { text: t(region.state === "occupied" ? "region_occupied" : "region_bordering") }),
    region.state === "occupied" ? el("p", { text: t("region_count", { n: region.count }) }) : null,
    inside.length ? list : null);
}
