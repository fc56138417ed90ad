// Elements without innerHTML: every text goes in as text, so no value can become markup.

const SVG = "http://www.w3.org/2000/svg";

/** Makes an element. Keys of `props`: class, text, on (listeners), data, else attributes; null values are left out. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "class") node.className = value;
    else if (key === "text") node.textContent = value;
    else if (key === "on") for (const [type, run] of Object.entries(value)) node.addEventListener(type, run);
    else if (key === "data") Object.assign(node.dataset, value);
    else if (key in node && typeof value === "boolean") node[key] = value;
    else node.setAttribute(key, value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Makes an SVG element with attributes. */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

/** Icons of the controls: one path each on a 24 x 24 grid, drawn for this project. */
const ICONS = {
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  full: "M4 10V4h6M20 14v6h-6M4 4l7 7M20 20l-7-7",
  locate: "M12 2v4M12 18v4M2 12h4M18 12h4M12 7a5 5 0 1 0 0 10a5 5 0 0 0 0-10",
  measure: "M3 16L16 3l5 5L8 21zM7 12l2 2M10 9l3 3M13 6l2 2",
  print: "M7 8V3h10v5M7 17H4V8h16v9h-3M7 14h10v7H7z",
  image: "M4 5h16v14H4zM4 16l5-5l4 4l3-3l4 4M15.5 8.5h.01",
  share: "M8 12h8M13 7l5 5l-5 5M10 5H5v14h5",
  close: "M6 6l12 12M18 6L6 18",
  list: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13M15.5 15.5L21 21",
  check: "M5 12.5l4.5 4.5L19 7.5",
  cross: "M6 6l12 12M18 6L6 18",
  dash: "M6 12h12",
  chevron: "M7 10l5 5l5-5",
  pin: "M12 21s7-6.5 7-12a7 7 0 0 0-14 0c0 5.500 7 12 7 12M12 7.500v3M10.500 9h3",
  map: "M9 4L3 6.500v14L9 18l6 2.500l6-2.500v-14L15 6.500zM9 4v14M15 6.500v14",
};

/** Makes a decorative icon; the control that holds it says in words what it does. */
export function icon(name) {
  return svg("svg", { viewBox: "0 0 24 24", class: "gs-icon", "aria-hidden": "true", focusable: "false" },
    svg("path", { d: ICONS[name] }));
}

/** Lets the browser answer the reader before what follows. */
export const pause = () => new Promise((done) => setTimeout(done));

/** Calls `run` once things have been quiet for `wait` ms. */
export function debounce(run, wait = 120) {
  let timer = 0;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => run(...args), wait);
  };
}

/** The icon of a verdict's state. */
export const VERDICT_ICONS = { met: "check", not_met: "cross", too_few: "cross", not_shown: "dash", pending: "dash" };
