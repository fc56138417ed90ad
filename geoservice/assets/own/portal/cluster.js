// The cluster's page: map and table in step; for editors the form.

import { Editor } from "./editor.js";
import { MapFrame } from "./frame.js";
import { Live } from "./live.js";
import { Table } from "./table.js";

export function cluster(texts) {
  const node = document.getElementById("map");
  const map = node ? new MapFrame(node) : null;
  if (map) {
    const table = new Table(texts, (id) => {
      table.select(id, false);
      map.send("select", { id });
    });
    map.addEventListener("shown", ({ detail }) => table.follow(detail));
    const live = new Live(texts, table);
    map.addEventListener("changed", ({ detail }) => live.renew(detail.id));
    map.addEventListener("select", ({ detail }) => table.select(detail.id, true));
  }
  if (document.getElementById("organisation-form")) {
    new Editor(texts, map);
  }
}
