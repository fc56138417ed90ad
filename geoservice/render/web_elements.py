"""folium elements of our pages. Importing this module imports folium: do so where a page is rendered.

Text given to these elements is written by fixed, autoescaping templates; nothing given is compiled as one.
"""

from __future__ import annotations

from typing import Any

import folium
from branca.element import Element, Figure, MacroElement
from folium.template import Environment, Template

#: Forbids every request: what a single-file map may do is draw itself.
SINGLE_FILE_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src data: blob:; "
    "base-uri 'none'; form-action 'none'"
)


#: The scripts run when the browser says that the first picture is on screen: begun with the frame, they would
#: take the processor from its drawing, as would fetching them before the frame is laid out. Where no picture
#: is shown, as in a hidden tab, they run soon. A click on the picture is kept for the live map, which answers
#: it (own/map/first.js); if no script comes, its link is followed.
_AFTER_FIRST_PAINT = """
var picture = document.querySelector(".gs-first");
var lost = false;
var giveUp = function () {
  if (lost) return; // each script that is lost says so: the link is followed once
  lost = true;
  var asked = picture && picture.asked;
  var link = asked && document.elementFromPoint(asked.x, asked.y).closest("a");
  if (link) link.click();
};
if (picture) picture.addEventListener("click", function (event) {
  if (lost || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  var box = event.target.getBoundingClientRect();
  picture.asked = event.detail ? { x: event.clientX, y: event.clientY }
    : { x: box.left + box.width / 2, y: box.top + box.height / 2, byKey: true };
  picture.classList.add("gs-first-asked");
});
var begun = false;
var begin = function () {
  if (begun) return;
  begun = true;
  if (!sources.length) { start(); return; }
  sources.forEach(function (source, place) {
    var node = document.createElement("script");
    node.async = false;
    node.src = source;
    node.onerror = giveUp;
    if (place === sources.length - 1) node.onload = start;
    document.head.appendChild(node);
  });
};
// What the first frame needs has been reckoned then: the scripts come while it is drawn.
if (picture) requestAnimationFrame(function () {
  setTimeout(function () {
    sources.forEach(function (source) {
      var link = document.createElement("link");
      link.rel = "preload";
      link.as = "script";
      link.href = source;
      document.head.appendChild(link);
    });
  });
});
var types = window.PerformanceObserver && PerformanceObserver.supportedEntryTypes || [];
var shown = !document.hidden && document.querySelector("html:not(.gs-asked) .gs-first");
if (shown && types.indexOf("paint") >= 0) {
  new PerformanceObserver(function (list) {
    // What was painted first may have been the heading alone, with the picture still on its way.
    if (list.getEntriesByName("first-contentful-paint").length) {
      requestAnimationFrame(function () { setTimeout(begin); });
    }
  }).observe({ type: "paint", buffered: true });
} else {
  requestAnimationFrame(function () { setTimeout(begin); });
}
setTimeout(begin, shown ? 1000 : 300);
"""

#: A view that the address asks for is another one than the picture's, which then is not shown unless
#: own/map/view.js can put it there.
_UNLESS_ASKED = 'if (location.hash.indexOf("=") > 0) document.documentElement.className = "gs-asked";'

_ENVIRONMENT = Environment(autoescape=True)  # type: ignore[no-untyped-call]


def _fixed(source: str) -> Any:
    """A template that escapes what it is given."""
    return _ENVIRONMENT.from_string(source)


def _page(source: str) -> Any:
    """A template of which only values piped through ``|e`` are escaped: it holds whole rendered elements."""
    return Template(source)


class PageFigure(Figure):
    """The page: a language, a title, a viewport that may be zoomed, and a nonce on folium's own script."""

    _template = _page(
        "<!DOCTYPE html>\n"
        '<html lang="{{ this.lang|e }}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "{% if this.policy %}"
        '<meta http-equiv="Content-Security-Policy" content="{{ this.policy|e }}">\n{% endif %}'
        '<meta name="referrer" content="no-referrer">\n'
        '<link rel="icon" href="data:,">\n'
        "<title>{{ this.title|e }}</title>\n"
        '{% if this.whole %}<link rel="expect" href="#{{ this.whole|e }}" blocking="render">\n{% endif %}'
        f'<script nonce="{{{{ this.nonce|e }}}}">{_UNLESS_ASKED}</script>\n'
        "{{ this.header.render(**kwargs) }}\n</head>\n"
        '<body class="{{ this.body_class|e }}">\n'
        "{{ this.before }}{{ this.html.render(**kwargs) }}{{ this.after }}\n"
        "{{ this.data }}\n{{ this.scripts }}\n"
        '<script nonce="{{ this.nonce|e }}">'
        "(function () {\nvar start = function () {\n{{ this.script.render(**kwargs) }}\n};\n"
        "var sources = {{ this.sources|tojson }};\n"
        f"{_AFTER_FIRST_PAINT}"
        "}());</script>\n"
        "</body>\n</html>\n"
    )

    def __init__(self, *, title: str, lang: str, nonce: str, policy: bool) -> None:
        super().__init__(title=title)
        self.header._children.clear()  # the charset stands in the template
        self.lang = lang
        self.nonce = nonce
        self.policy = SINGLE_FILE_POLICY.format(nonce=nonce) if policy else ""
        self.body_class = ""
        self.whole = ""  # id of an element; what stands before it is painted in one frame
        self.before = ""  # markup in front of the map
        self.after = ""  # and behind it
        self.data = ""
        self.scripts = ""  # those of a single file
        self.sources: list[str] = []  # addresses of the others, in the order in which they run


class SchemeMap(folium.Map):
    """A folium map without tiles, CDN addresses, jQuery, Bootstrap or inline styles: ``map.css`` has them."""

    _template = Template(
        """
        {% macro html(this, kwargs) %}
        <div class="folium-map" id={{ this.get_name()|tojson }}></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {
            center: {{ this.location|tojson }}, minZoom: 4, maxZoom: 18,
            ...{{ this.options|tojavascript }} });
        {{ this.entry }}.start({{ this.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, centre: tuple[float, float], entry: str) -> None:
        self.entry = entry
        self.default_js: list[tuple[str, str]] = []
        self.default_css: list[tuple[str, str]] = []
        super().__init__(
            location=centre,
            tiles=None,
            zoom_start=7,
            zoom_control=False,
            attribution_control=False,
            zoom_snap=0.25,
            zoom_delta=1,
            world_copy_jump=False,
        )

    def move_to(self, figure: Figure) -> None:
        """Move the map from the figure that folium made for it into ours."""
        figure.add_child(self)


class DataBlock(Element):
    """JSON that the page's script reads; a data block is not executed, whatever it holds."""

    _template = _page('<script type="application/json" id="{{ this.key|e }}">{{ this.data }}</script>')

    def __init__(self, key: str, data: str) -> None:
        super().__init__()
        self.key = key
        self.data = data


class _Resource(MacroElement):
    def __init__(self, value: str, nonce: str | None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.value = value
        self.nonce = nonce or ""

    def render(self, **kwargs: Any) -> str:
        """Return the tag; unlike a macro's, its text is not compiled again."""
        return str(self._template.render(this=self, kwargs=kwargs))


class Early(_Resource):
    """A script of ours, fetched at once: for pages without a first picture that it would hold up."""

    _template = _fixed('<link rel="preload" href="{{ this.value }}" as="script" nonce="{{ this.nonce }}">')


class Preload(_Resource):
    """Data that a script of ours fetches as soon as it runs: asked for while the scripts come."""

    _template = _fixed('<link rel="preload" href="{{ this.value }}" as="fetch" crossorigin="anonymous">')


class Style(_Resource):
    """A style sheet of ours, by address."""

    _template = _fixed('<link rel="stylesheet" href="{{ this.value }}" nonce="{{ this.nonce }}">')


class InlineScript(_Resource):
    """A script of ours, in the page."""

    _template = _page('<script nonce="{{ this.nonce|e }}">{{ this.value }}</script>')


class InlineStyle(_Resource):
    """A style sheet of ours, in the page."""

    _template = _page('<style nonce="{{ this.nonce|e }}">{{ this.value }}</style>')
