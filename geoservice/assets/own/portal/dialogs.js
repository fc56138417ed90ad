// Dialogs opened and closed by buttons; errors of forms said where they are.

export function wireDialogs() {
  for (const button of document.querySelectorAll("[data-open]")) {
    button.addEventListener("click", () => document.getElementById(button.dataset.open).showModal());
  }
  for (const button of document.querySelectorAll("[data-close]")) {
    button.addEventListener("click", () => button.closest("dialog").close());
  }
}

/** Shows what is wrong with a form and marks the fields that the server named. */
export function showError(form, error) {
  const box = form.querySelector(".form-error");
  box.textContent = error ? error.message : "";
  box.hidden = !error;
  const named = new Set((error?.invalid ?? []).map((item) => item.name.split(".").pop()));
  for (const field of form.elements) {
    if (field.name) field.toggleAttribute("aria-invalid", false);
    if (field.name && named.has(field.name)) field.setAttribute("aria-invalid", "true");
  }
}

/** Checks the browser's own constraints and puts the focus on the first field that fails. */
export function valid(form) {
  const failing = [...form.elements].find((field) => field.willValidate && !field.checkValidity());
  if (!failing) return true;
  failing.setAttribute("aria-invalid", "true");
  failing.reportValidity();
  return false;
}
