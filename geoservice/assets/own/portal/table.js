// The table of organisations: sorted by headings, filtered by text and by what the map shows. A table of one page
// is worked on here; of a longer one the server finds, sorts and sends the page, so that every row counts.

import { debounce } from "../common/dom.js";
import { collator, fold } from "../common/text.js";

export class Table {
  constructor(texts, onSelect) {
    this.texts = texts;
    this.root = document.getElementById("organisations");
    this.body = this.root.tBodies[0];
    this.all = Number(this.root.dataset.all);
    const asked = new URLSearchParams(location.search);
    this.remote = Number(this.root.dataset.pages) > 1 || asked.get("q") || asked.get("page");
    this.order = collator(texts.lang);
    this.form = document.getElementById("table-form");
    this.query = document.getElementById("table-search");
    this.onlyView = document.getElementById("table-view");
    this.status = document.getElementById("table-status");
    this.pager = document.getElementById("table-pager");
    this.passing = null; // ids that pass the map's filters
    this.inView = null;
    this.page = 1;
    this.asked = 0;
    this.headings = [...this.root.tHead.rows[0].cells];
    this.take();
    this.wire(onSelect);
    if (!this.remote) this.filter();
  }

  take() {
    this.rows = [...this.body.rows];
    this.folded = new Map(this.rows.map((row) => [row, fold(row.textContent)]));
  }

  wire(onSelect) {
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.headings.forEach((heading, column) => {
      heading.querySelector("button")?.addEventListener("click", (event) => {
        event.preventDefault();
        this.sort(heading, column);
      });
    });
    this.query.addEventListener("input", debounce(() => this.changed()));
    this.onlyView.addEventListener("change", () => this.changed());
    this.body.addEventListener("click", (event) => {
      const row = event.target.closest("tr");
      if (row && !event.target.closest("a, button")) onSelect(row.dataset.id);
    });
    this.pager?.addEventListener("click", (event) => {
      const link = event.target.closest("[data-page]");
      if (!link || !this.remote) return;
      event.preventDefault();
      this.fetch({ page: Number(link.dataset.page) });
    });
  }

  /** Shows what is wanted now; another wish begins at the first page. */
  changed() {
    if (this.remote) this.fetch({ page: 1 });
    else this.filter();
  }

  sort(heading, column) {
    const down = heading.getAttribute("aria-sort") === "ascending";
    for (const other of this.headings) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    if (this.remote) {
      this.fetch({ page: 1 });
      return;
    }
    this.arrange(column, down);
  }

  arrange(column, down) {
    const key = (row) => row.cells[column].textContent.trim();
    this.rows.sort((a, b) => (down ? -1 : 1) * this.order.compare(key(a), key(b)));
    this.body.append(...this.rows);
  }

  filter() {
    const words = fold(this.query.value).split(" ").filter(Boolean);
    let shown = 0;
    for (const row of this.rows) {
      const { id } = row.dataset;
      const wanted = words.every((word) => this.folded.get(row).includes(word))
        && (!this.passing || this.passing.has(id))
        && (!this.onlyView.checked || !this.inView || this.inView.has(id));
      row.hidden = !wanted;
      shown += wanted ? 1 : 0;
    }
    this.say(shown);
  }

  say(shown) {
    this.status.textContent = this.texts.shown.replace("{n}", shown).replace("{all}", this.all);
  }

  /** Ids that the map allows; null when it allows all. */
  allowed() {
    const ids = this.onlyView.checked && this.inView ? this.inView : this.passing;
    return ids && (this.onlyView.checked || ids.size < this.all) ? [...ids] : null;
  }

  /** Asks the server for a page of the table; the last wish counts. */
  async fetch({ page = this.page, at = "" } = {}) {
    this.asked += 1;
    const mine = this.asked;
    const sorted = this.headings.find((heading) => heading.hasAttribute("aria-sort"));
    const wish = { q: this.query.value, page, at, ids: this.allowed(), sort: sorted?.dataset.column ?? "number",
      down: sorted?.getAttribute("aria-sort") === "descending" };
    try {
      const table = await this.ask(wish);
      if (mine !== this.asked) return;
      this.page = page;
      this.body.replaceChildren(...table.tBodies[0].rows);
      this.pager.replaceChildren(...(table.nextElementSibling?.children ?? []));
      this.take();
      this.say(table.dataset.total);
      if (at) this.select(at, true);
    } catch {
      this.status.textContent = this.texts.failed;
    }
  }

  /** The table that answers a wish. */
  async ask(wish) {
    const answer = await fetch(`${location.pathname}/rows?lang=${this.texts.lang}`, {
      method: "POST", credentials: "same-origin", body: JSON.stringify(wish),
      headers: { "Content-Type": "application/json", Accept: "text/html" },
    });
    if (!answer.ok) throw new Error(this.texts.failed);
    return new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("table");
  }

  /** Takes an organisation's row anew: it was moved on the map, and its region followed. */
  async renew(id) {
    const held = () => this.rows.findIndex((row) => row.dataset.id === id);
    if (held() < 0) return;
    try {
      const [sent] = (await this.ask({ ids: [id] })).tBodies[0].rows;
      const place = held(); // another page may have been turned to meanwhile
      if (!sent || place < 0) return;
      const old = this.rows[place];
      const row = document.adoptNode(sent);
      row.hidden = old.hidden;
      row.classList.toggle("current", old.classList.contains("current"));
      if (old.ariaCurrent) row.setAttribute("aria-current", "true");
      old.replaceWith(row);
      this.rows[place] = row;
      this.folded.delete(old);
      this.folded.set(row, fold(row.textContent));
    } catch {
      this.status.textContent = this.texts.failed;
    }
  }

  /** Takes all rows anew from a table that the server sent; what is searched, sorted and shown stays. */
  replace(table) {
    this.all = Number(table.dataset.all);
    if (this.remote) {
      this.fetch();
      return;
    }
    this.body.replaceChildren(...table.tBodies[0].rows);
    this.take();
    const column = this.headings.findIndex((heading) => heading.hasAttribute("aria-sort"));
    if (column >= 0) this.arrange(column, this.headings[column].getAttribute("aria-sort") === "descending");
    this.filter();
  }

  /** Takes over what the map shows. */
  follow({ ids, inView }) {
    const before = this.allowed()?.join();
    this.passing = new Set(ids);
    this.inView = new Set(inView);
    if (!this.remote) this.filter();
    else if (this.allowed()?.join() !== before) this.fetch({ page: 1 });
  }

  select(id, scroll) {
    let found = false;
    for (const row of this.rows) {
      const current = row.dataset.id === id;
      row.classList.toggle("current", current);
      if (current) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
      if (current && scroll) this.bringIntoView(row);
      found = found || current;
    }
    if (!found && id && this.remote && scroll && this.looked !== id) {
      this.looked = id; // it stands on another page
      this.fetch({ at: id });
    }
  }

  /** Scrolls the table, not the page: the reader is at the map. */
  bringIntoView(row) {
    const box = this.root.parentElement;
    const top = row.offsetTop - this.root.tHead.offsetHeight;
    if (top < box.scrollTop || top + row.offsetHeight > box.scrollTop + box.clientHeight) box.scrollTop = top - 20;
  }
}
