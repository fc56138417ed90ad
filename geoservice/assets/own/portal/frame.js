// The map in its frame: messages to and from it, only within our own origin.

export class MapFrame extends EventTarget {
  constructor(frame) {
    super();
    this.frame = frame;
    window.addEventListener("message", (event) => {
      if (event.origin !== location.origin || event.source !== frame.contentWindow || event.data?.from !== "geoservice-map") return;
      this.dispatchEvent(new CustomEvent(event.data.kind, { detail: event.data }));
    });
    this.send("hello");
  }

  send(kind, body = {}) {
    this.frame.contentWindow.postMessage({ to: "geoservice-map", kind, ...body }, location.origin);
  }
}
