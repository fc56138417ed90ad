// The home page: search over the organisations of all clusters, and making a cluster.

import { debounce, el } from "../common/dom.js";
import { fold } from "../common/text.js";
import { request } from "./api.js";
import { showError, valid } from "./dialogs.js";

function wireSearch(texts) {
  const input = document.getElementById("home-search");
  if (!input) return;
  const list = document.getElementById("home-results");
  let latest = 0;
  const show = async () => {
    const query = input.value.trim();
    latest += 1;
    const mine = latest;
    document.getElementById("home-cards").hidden = Boolean(query);
    list.hidden = !query;
    if (!query) return;
    const address = `/atlas/search?${new URLSearchParams({ q: query, lang: texts.lang })}`;
    const { body } = await request("GET", address, { failed: texts.failed });
    if (mine !== latest) return; // a later search has been asked meanwhile
    const rows = body.found.map(({ name, specialisation, cluster, page }) =>
      el("li", {}, el("a", { href: page, text: name, dir: "auto" }),
        el("span", { class: "soft", dir: "auto", text: [specialisation, cluster].filter(Boolean).join(" · ") })));
    const rest = body.total - rows.length;
    if (rest > 0) rows.push(el("li", { class: "soft", text: texts.more.replace("{n}", rest) }));
    list.replaceChildren(...(rows.length ? rows : [el("li", { class: "soft", text: texts.none })]));
  };
  input.addEventListener("input", debounce(show));
  document.getElementById("home-form").addEventListener("submit", (event) => { // without script the server answers
    event.preventDefault();
    show();
  });
}

function wireNewCluster(texts) {
  const form = document.getElementById("new-cluster-form");
  if (!form) return;
  let touched = false;
  form.code.addEventListener("input", () => { touched = true; });
  form.title.addEventListener("input", () => {
    if (!touched) form.code.value = fold(form.title.value).replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 60);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    showError(form, null);
    if (!valid(form)) return;
    const json = { code: form.code.value, title: form.title.value, boundaries: [form.boundaries.value],
      specialised_organisation: form.specialised_organisation.value };
    try {
      await request("POST", `/api/v1/clusters?lang=${texts.lang}`, { json, failed: texts.failed });
      location.assign(`/clusters/${json.code}?lang=${texts.lang}`);
    } catch (error) {
      showError(form, error);
    }
  });
}

/** Asks for the cards whose check was not done yet, one after another, and tells what came of it. */
async function fillCards(texts) {
  const news = document.getElementById("home-news");
  for (const card of document.querySelectorAll(".card[data-pending]")) {
    const address = `/clusters/${encodeURIComponent(card.dataset.code)}/card?lang=${texts.lang}`;
    let current = card;
    while (current.hasAttribute("data-pending")) { // each answer waits for the check as long as it may
      const sent = await fetchCard(address);
      if (!sent) return;
      current.replaceWith(sent);
      current = sent;
    }
    news.textContent = [current.querySelector("h2"), current.querySelector(".verdict")]
      .map((node) => node.textContent.trim()).join(": ");
  }
}

/** A card as the server makes it; null where it cannot be had: then the page stays as it was. */
async function fetchCard(address) {
  try {
    const answer = await fetch(address, { credentials: "same-origin", headers: { Accept: "text/html" } });
    if (!answer.ok) return null;
    const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
    return document.adoptNode(parsed.querySelector(".card"));
  } catch {
    return null;
  }
}

export function home(texts) {
  fillCards(texts);
  wireSearch(texts);
  wireNewCluster(texts);
}
