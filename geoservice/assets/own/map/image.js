// A PNG of the view: the base, then the signs as they stand on screen, then what it shows and from which sources.

function load(uri) {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve(image);
    image.onerror = reject;
    image.src = uri;
  });
}

function inner(rect, outer) {
  return [rect.left - outer.left, rect.top - outer.top, rect.width, rect.height];
}

async function drawMarkers(context, outer, root) {
  for (const image of root.querySelectorAll(".leaflet-marker-pane img")) {
    context.drawImage(await load(image.src), ...inner(image.getBoundingClientRect(), outer));
  }
  for (const node of root.querySelectorAll(".leaflet-marker-pane .gs-number, .leaflet-marker-pane .gs-cluster")) {
    const [x, y, width, height] = inner(node.getBoundingClientRect(), outer);
    const style = getComputedStyle(node);
    if (node.classList.contains("gs-cluster")) {
      context.beginPath();
      context.arc(x + width / 2, y + height / 2, width / 2 - 1, 0, 2 * Math.PI);
      context.fillStyle = style.backgroundColor;
      context.fill();
      context.lineWidth = 2.5;
      context.strokeStyle = style.borderTopColor;
      context.stroke();
    }
    context.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    if (node.classList.contains("gs-number")) {
      context.lineWidth = 3;
      context.strokeStyle = "#ffffff";
      context.strokeText(node.textContent, x + width / 2, y + height / 2);
    }
    context.fillStyle = style.color;
    context.fillText(node.textContent, x + width / 2, y + height / 2);
  }
}

/** A picture leaves the page, so it names its cluster, its date and its sources itself. */
function drawSources(context, app, { width, height }) {
  const { cluster, title, asOf, sources } = app.data;
  context.font = "11px system-ui, sans-serif";
  context.textAlign = "left";
  context.textBaseline = "alphabetic";
  const lines = [[title, cluster.title, asOf].join(" · "), ...sources].map((text) => {
    let shown = text;
    while (shown.length > 1 && context.measureText(shown).width > width - 24) shown = `${shown.slice(0, -2)}…`;
    return shown;
  });
  const tall = lines.length * 15 + 8;
  context.fillStyle = "rgb(255 255 255 / 88%)";
  context.fillRect(0, height - tall, width, tall);
  context.fillStyle = "#1c2b36";
  lines.forEach((line, place) => context.fillText(line, 12, height - tall + 16 + place * 15));
}

export async function saveImage(app) {
  if (app.basemaps.current) app.say(app.t("image_without_basemap"));
  const root = app.map.getContainer();
  const outer = root.getBoundingClientRect();
  const ratio = Math.max(2, window.devicePixelRatio || 1);
  const canvas = document.createElement("canvas");
  canvas.width = outer.width * ratio;
  canvas.height = outer.height * ratio;
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.fillStyle = getComputedStyle(root).backgroundColor;
  context.fillRect(0, 0, outer.width, outer.height);
  // Own rasters lie between areas and lines; pictures of other hosts cannot be read back, so a base map stays out.
  const pane = (name) => [...root.querySelectorAll(`.leaflet-${name}-pane > canvas, .leaflet-${name}-pane > img`)];
  for (const part of [...pane("gs-areas"), ...pane("gs-rasters"), ...pane("gs-lines"), ...pane("gs-labels")]) {
    context.globalAlpha = Number(getComputedStyle(part).opacity);
    context.drawImage(part, ...inner(part.getBoundingClientRect(), outer));
  }
  context.globalAlpha = 1;
  await drawMarkers(context, outer, root);
  drawSources(context, app, outer);
  const blob = await new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${app.data.cluster.code}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
