// Requests to our own API: same origin only; problems come back as one Error with the server's words.

export class ApiError extends Error {
  constructor(status, problem) {
    super(problem.detail);
    this.status = status;
    this.code = problem.code;
    this.invalid = problem.invalid_params ?? [];
  }
}

/** Texts and choices that the page carries as data. */
export function pageData(id) {
  const node = document.getElementById(id);
  return node ? JSON.parse(node.textContent) : null;
}

/** Fetches JSON; `revision` is sent as If-Match. Returns { body, headers }. */
export async function request(method, address, { json, form, revision, failed } = {}) {
  const headers = { Accept: "application/json" };
  if (json !== undefined) headers["Content-Type"] = "application/json";
  if (revision !== undefined && revision !== null) headers["If-Match"] = `"${revision}"`;
  let response;
  try {
    response = await fetch(address, { method, headers, body: json === undefined ? form : JSON.stringify(json), credentials: "same-origin" });
  } catch {
    throw new ApiError(0, { detail: failed, code: "network" });
  }
  const text = await response.text();
  let body = null;
  try {
    body = text ? JSON.parse(text) : null;
  } catch {
    body = { detail: failed, code: "unreadable" };
  }
  if (!response.ok) throw new ApiError(response.status, body ?? { detail: failed, code: "unreadable" });
  return { body, headers: response.headers };
}

/** Sends a form with its progress told: fetch cannot tell how much has been sent. */
export function upload(address, form, { revision, progress, failed }) {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open("POST", address);
    call.setRequestHeader("Accept", "application/json");
    if (revision !== undefined && revision !== null) call.setRequestHeader("If-Match", `"${revision}"`);
    call.upload.onprogress = (event) => progress(event.lengthComputable ? event.loaded / event.total : null);
    call.onerror = () => reject(new ApiError(0, { detail: failed, code: "network" }));
    call.onload = () => {
      let body;
      try {
        body = JSON.parse(call.responseText);
      } catch {
        body = { detail: failed, code: "unreadable" };
      }
      if (call.status >= 200 && call.status < 300 && !("detail" in body && "status" in body)) resolve(body);
      else reject(new ApiError(call.status, body));
    };
    call.send(form);
  });
}
