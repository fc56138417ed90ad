// A PNG of the view: the canvases of the base, then the signs, as they stand on screen.

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

export async function saveImage(app) {
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
  for (const part of root.querySelectorAll("canvas")) {
    context.drawImage(part, ...inner(part.getBoundingClientRect(), outer));
  }
  await drawMarkers(context, outer, root);
  const blob = await new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${app.data.cluster.code}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
