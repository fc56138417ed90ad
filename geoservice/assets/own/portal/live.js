// What a cluster's page says of the register, brought up to it after a change on the map: the page is fetched once
// and its parts marked `data-live` are replaced, so every text is the server's.

export class Live {
  constructor(texts, table) {
    this.texts = texts;
    this.table = table;
    this.page = document.getElementById("cluster");
    this.news = document.getElementById("cluster-news");
    this.asked = 0;
  }

  async renew(id) {
    this.asked += 1;
    const mine = this.asked;
    let sent;
    try {
      sent = await this.fetch();
    } catch {
      this.news.textContent = this.texts.failed;
      return;
    }
    if (mine !== this.asked) return; // another change has been made meanwhile
    const page = sent.getElementById("cluster");
    this.page.dataset.revision = page.dataset.revision;
    for (const part of this.page.querySelectorAll("[data-live]")) {
      const now = page.querySelector(`[data-live="${part.dataset.live}"]`);
      if (now && now.innerHTML !== part.innerHTML) this.replace(part, now);
    }
    document.dispatchEvent(new CustomEvent("geoservice-renewed"));
    this.news.textContent = this.page.querySelector("[data-live=news]").textContent;
    const table = sent.getElementById("organisations");
    if (table && Number(table.dataset.all) !== this.table.all) this.table.replace(table); // others changed it, too
    else await this.table.renew(id);
  }

  async fetch() {
    const address = new URL(location.href);
    address.hash = "";
    const answer = await fetch(address, { credentials: "same-origin", headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(this.texts.failed);
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }

  /** Puts a part in place; how far its lists were scrolled and where the focus stood stays. */
  replace(part, now) {
    const scrolled = [...part.querySelectorAll(".scroll, .table-wrap")].map((box) => box.scrollTop);
    const focused = part.contains(document.activeElement) ? [...part.querySelectorAll("a, button, [tabindex]")].indexOf(document.activeElement) : -1;
    part.replaceChildren(...now.childNodes);
    part.querySelectorAll(".scroll, .table-wrap").forEach((box, place) => { box.scrollTop = scrolled[place] ?? 0; });
    if (focused >= 0) [...part.querySelectorAll("a, button, [tabindex]")][focused]?.focus();
  }
}
