// The table of organisations: sorted by headings, filtered by text and by what the map shows.

import { debounce } from "../common/dom.js";
import { collator, fold } from "../common/text.js";

export class Table {
  constructor(texts, onSelect) {
    this.texts = texts;
    this.root = document.getElementById("organisations");
    this.body = this.root.tBodies[0];
    this.rows = [...this.body.rows];
    this.folded = new Map(this.rows.map((row) => [row, fold(row.textContent)]));
    this.order = collator(texts.lang);
    this.query = document.getElementById("table-search");
    this.onlyView = document.getElementById("table-view");
    this.status = document.getElementById("table-status");
    this.passing = null; // ids that pass the map's filters
    this.inView = null;
    this.headings = [...this.root.tHead.rows[0].cells];
    this.headings.forEach((heading, column) => {
      heading.querySelector("button")?.addEventListener("click", () => this.sort(heading, column));
    });
    this.query.addEventListener("input", debounce(() => this.filter()));
    this.onlyView.addEventListener("change", () => this.filter());
    this.body.addEventListener("click", (event) => {
      const row = event.target.closest("tr");
      if (row && !event.target.closest("a, button")) onSelect(row.dataset.id);
    });
    this.filter();
  }

  sort(heading, column) {
    const down = heading.getAttribute("aria-sort") === "ascending";
    for (const other of this.headings) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
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
    this.status.textContent = this.texts.shown.replace("{n}", shown).replace("{all}", this.rows.length);
  }

  /** Takes over what the map shows. */
  follow({ ids, inView }) {
    this.passing = new Set(ids);
    this.inView = new Set(inView);
    this.filter();
  }

  select(id, scroll) {
    for (const row of this.rows) {
      const current = row.dataset.id === id;
      row.classList.toggle("current", current);
      if (current) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
      if (current && scroll) this.bringIntoView(row);
    }
  }

  /** Scrolls the table, not the page: the reader is at the map. */
  bringIntoView(row) {
    const box = this.root.parentElement;
    const top = row.offsetTop - this.root.tHead.offsetHeight;
    if (top < box.scrollTop || top + row.offsetHeight > box.scrollTop + box.clientHeight) box.scrollTop = top - 20;
  }
}
