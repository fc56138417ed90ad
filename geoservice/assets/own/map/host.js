// Talking to the page that frames the map: only to our own origin, only plain messages.

export class Host {
  constructor(app) {
    this.app = app;
    this.framed = window.parent !== window;
    if (!this.framed) return;
    window.addEventListener("message", (event) => {
      if (event.origin === location.origin && event.source === window.parent && event.data?.to === "geoservice-map") {
        this.receive(event.data);
      }
    });
    app.state.addEventListener("change", () => this.shown());
    app.state.addEventListener("select", ({ detail }) => {
      if (detail.from !== "host") this.post("select", { id: detail.id });
    });
    app.map.on("moveend", () => this.shown());
  }

  post(kind, body = {}) {
    if (this.framed) window.parent.postMessage({ from: "geoservice-map", kind, ...body }, location.origin);
  }

  /** Tells which organisations pass the filters, and which of them are in view. */
  shown() {
    const view = this.app.map.getBounds();
    const shown = this.app.state.shown;
    this.post("shown", {
      ids: shown.map((member) => member.id),
      inView: shown.filter((m) => m.lat !== null && m.lon !== null && view.contains([m.lat, m.lon])).map((m) => m.id),
    });
  }

  receive({ kind, id, query, lat, lon }) {
    const { state, app } = { state: this.app.state, app: this.app };
    if (kind === "select") state.select(id, "host");
    else if (kind === "query") state.setQuery(query);
    else if (kind === "pick") app.editor.pick(id ?? null);
    else if (kind === "place") app.editor.place(id ?? null, lat, lon);
    else if (kind === "stop") app.editor.stop();
    else if (kind === "hello") this.shown();
  }
}
