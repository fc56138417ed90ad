// The import wizard: check the file, show what was understood and what is wrong, save only on the last button.

import { el } from "../common/dom.js";
import { upload } from "./api.js";
import { showError } from "./dialogs.js";

class Wizard {
  constructor(texts) {
    this.texts = texts;
    this.page = document.getElementById("import");
    this.form = document.getElementById("import-form");
    this.report = document.getElementById("report");
    this.progress = document.getElementById("progress");
    this.commitButton = document.getElementById("commit");
    this.mapping = {};
    this.wire();
  }

  wire() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.mapping = {};
      this.check();
    });
    document.getElementById("recheck").addEventListener("click", () => this.check());
    document.getElementById("again").addEventListener("click", () => this.restart());
    this.commitButton.addEventListener("click", () => this.commit());
    this.form.elements.file.addEventListener("change", () => this.check());
    const drop = document.getElementById("drop");
    for (const type of ["dragover", "dragleave", "drop"]) {
      drop.addEventListener(type, (event) => {
        event.preventDefault();
        drop.classList.toggle("over", type === "dragover");
        if (type === "drop" && event.dataTransfer.files.length) {
          this.form.elements.file.files = event.dataTransfer.files;
          this.check();
        }
      });
    }
  }

  step(name) {
    for (const item of document.querySelectorAll("#steps li")) {
      if (item.dataset.step === name) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    }
  }

  address(dryRun) {
    const { replace, crs } = this.form.elements;
    const query = new URLSearchParams({ lang: this.texts.lang, dry_run: dryRun });
    if (replace.checked) query.set("replace", "true");
    if (crs.value.trim()) query.set("crs", crs.value.trim());
    return `/api/v1/clusters/${this.page.dataset.code}/imports?${query}`;
  }

  async send(dryRun, wait) {
    const form = new FormData();
    form.append("file", this.form.elements.file.files[0]);
    if (Object.keys(this.mapping).length) form.append("mapping", JSON.stringify(this.mapping));
    const bar = this.progress.querySelector("progress");
    const label = this.progress.querySelector("span");
    this.progress.hidden = false;
    try {
      return await upload(this.address(dryRun), form, {
        failed: this.texts.failed,
        revision: dryRun ? null : this.revision,
        progress: (part) => {
          if (part === null || part >= 1) {
            bar.removeAttribute("value");
            label.textContent = wait;
          } else {
            bar.value = part;
            label.textContent = this.texts.uploading.replace("{percent}", Math.round(part * 100));
          }
        },
      });
    } finally {
      this.progress.hidden = true;
    }
  }

  async check() {
    showError(this.form, null);
    if (!this.form.elements.file.files.length) {
      this.form.elements.file.reportValidity();
      return;
    }
    try {
      this.show(await this.send(true, this.texts.reading));
    } catch (error) {
      this.report.hidden = true;
      showError(this.form, error);
      this.step("file");
    }
  }

  show(report) {
    this.revision = report.revision;
    this.step("check");
    this.report.hidden = false;
    this.report.focus({ preventScroll: true });
    this.report.scrollIntoView({ block: "start" });
    for (const name of ["read", "taken", "rejected"]) {
      this.report.querySelector(`[data-count="${name}"]`).textContent = report[name];
    }
    this.showColumns(report.columns);
    this.showProblems(report.problems);
    this.commitButton.disabled = report.taken === 0;
    this.commitButton.textContent = report.taken ? this.texts.commit.replace("{n}", report.taken) : this.texts.nothing;
  }

  showColumns(columns) {
    const recheck = document.getElementById("recheck");
    recheck.hidden = true;
    document.getElementById("columns").replaceChildren(...Object.entries(columns).map(([heading, field]) => {
      const choice = el("select", {}, this.texts.fields.map(([code, title]) =>
        el("option", { value: code, text: title, selected: code === field })));
      if (!this.texts.fields.some(([code]) => code === field)) choice.append(el("option", { value: field, text: field }));
      choice.value = field;
      choice.addEventListener("change", () => {
        this.mapping[heading] = choice.value;
        recheck.hidden = false;
      });
      return el("label", {}, el("span", { text: heading, dir: "auto" }), choice);
    }));
  }

  showProblems(problems) {
    document.getElementById("no-problems").hidden = problems.length > 0;
    document.getElementById("problems-wrap").hidden = problems.length === 0;
    document.querySelector("#problems tbody").replaceChildren(...problems.map((problem) =>
      el("tr", { role: "row", data: { code: problem.code } },
        el("td", { role: "cell", class: "num", text: problem.row ?? this.texts.wholeFile }),
        el("td", { role: "cell", text: problem.column, dir: "auto" }), el("td", { role: "cell", text: problem.value, dir: "auto" }),
        el("td", { role: "cell" }, el("span", { class: `badge badge-${problem.severity}`, text: this.texts[problem.severity] })),
        el("td", { role: "cell", text: problem.message, dir: "auto" }))));
  }

  async commit() {
    this.commitButton.disabled = true;
    try {
      const report = await this.send(false, this.texts.committing);
      this.step("done");
      document.getElementById("commit-bar").hidden = true;
      const done = document.getElementById("done");
      done.textContent = this.texts.done.replace("{n}", report.taken);
      done.hidden = false;
      document.getElementById("done-links").hidden = false;
      done.scrollIntoView({ block: "center" });
    } catch (error) {
      const conflict = error.status === 412;
      showError(this.form, conflict ? Object.assign(error, { message: this.texts.changed }) : error);
      this.form.scrollIntoView({ block: "start" });
    }
  }

  restart() {
    this.form.reset();
    this.report.hidden = true;
    this.step("file");
    this.form.elements.file.focus();
  }
}

export function importWizard(texts) {
  if (document.getElementById("import-form")) new Wizard(texts);
}
