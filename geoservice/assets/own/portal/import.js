// The import wizard works by forms alone; this adds dropping a file, and progress while work is under way.

import { request, upload } from "./api.js";

/** Says in place of the form what it is waiting for. */
function busy(progress, label, share) {
  const bar = progress.querySelector("progress");
  progress.hidden = false;
  progress.querySelector("span").textContent = label;
  if (share === null) bar.removeAttribute("value");
  else bar.value = share;
}

function wireUpload(texts, form, progress) {
  const { file } = form.elements;
  const error = form.querySelector(".form-error");
  const largest = Number(document.getElementById("import").dataset.largest);
  const refuse = (message) => {
    progress.hidden = true;
    error.textContent = message;
    error.hidden = !message;
  };
  const send = async () => {
    refuse("");
    if (!form.reportValidity()) return;
    if (file.files[0].size > largest) return refuse(texts.tooLarge);
    try {
      const answer = await upload(form.action, new FormData(form), {
        failed: texts.failed,
        progress: (part) => {
          if (part === null || part >= 1) busy(progress, texts.reading, null);
          else busy(progress, texts.uploading.replace("{percent}", Math.round(part * 100)), part);
        },
      });
      location.assign(answer.next);
    } catch (problem) {
      refuse(problem.message);
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  file.addEventListener("change", send);
  const drop = document.getElementById("drop");
  for (const type of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(type, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", type === "dragover");
      if (type === "drop" && event.dataTransfer.files.length) {
        file.files = event.dataTransfer.files;
        send();
      }
    });
  }
}

/** Follows work that takes longer; each question waits at the server until there is news. */
async function follow(texts, node) {
  const bar = node.querySelector("progress");
  try {
    const { body } = await request("GET", node.dataset.state, { failed: texts.failed });
    bar.value = body.progress;
    if (body.state === "working") setTimeout(() => follow(texts, node), 300);
    else location.replace(node.dataset.next);
  } catch (problem) {
    node.querySelector("[role=status]").textContent = problem.message;
  }
}

export function importWizard(texts) {
  const progress = document.getElementById("progress");
  const form = document.getElementById("import-form");
  if (form) wireUpload(texts, form, progress);
  const working = document.getElementById("working");
  if (working) follow(texts, working);
  for (const one of document.querySelectorAll("form[data-busy]")) {
    one.addEventListener("submit", () => busy(progress, texts.reading, null));
  }
  window.addEventListener("pageshow", () => { progress.hidden = true; }); // back from the next step
}
