"""Scene -> web map: a folium map whose every script and style is ours, safe against what registers hold.

folium and branca write Jinja templates twice (a macro's output is compiled as a template again), name CDN
addresses and put scripts inline. So the data of a scene never passes through a macro: it is one JSON data
block, written by an element whose template is fixed; scripts and styles are ours and carry the nonce.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from geoservice.render import web_assets, web_data, web_layers

if TYPE_CHECKING:
    from geoservice.render.web_frame import Frame
    from geoservice.scheme.scene import Scene

DATA_ID = "gs-data"
SCRIPTS = ("leaflet.js", "markercluster.js", "map.js")
#: Fetched when a reader chooses a projected coordinate system.
PROJECTIONS = "proj4.js"
STYLES = ("map.css",)
#: Id of what follows the first picture: a frame with the heading alone would put the picture off.
REST = "gs-rest"
#: Puts the first picture into the view of the address; in the page, as it runs before the first paint.
VIEW = "view.js"


def render_map(
    scene: Scene,
    *,
    asset_base: str | None = "/assets",
    nonce: str | None = None,
    inline: bool = False,
    links: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    evidence: Mapping[str, Any] | None = None,
) -> str:
    """Return the scene as one HTML page, fit to stand alone or in an iframe.

    Args:
        scene: what is shown; every member is on the map or in its list of those without coordinates.
        asset_base: path or address under which the built assets are served; needed unless ``inline``.
        nonce: value of the Content-Security-Policy's nonce; put on each script and style.
        inline: write scripts and styles into the page, which then needs no server and no network, and carries
            a policy of its own that forbids every request.
        links: addresses offered by the page: ``pdf``, ``page``, ``organisation`` (holding ``{id}``) …
        options: switches for the page's script (see own/map/main.js), such as ``{"embed": True}``.
        evidence: of the verdict (see web_data.evidence), where the page cannot fetch it.

    Raises:
        RenderError: code "web.assets_missing", the assets have not been built.
    """
    from geoservice.render.web_frame import Frame
    from geoservice.render.web_picture import picture

    late = {} if inline else {"projections": web_assets.address(PROJECTIONS, asset_base or "")}
    frame = Frame(scene, picture(scene), links or {}, options or {})
    data = web_data.payload(scene, {**(links or {}), **late}, options, whole=inline, held=evidence)
    title = f"{scene.cluster_title} · {scene.title}"
    west, south, east, north = scene.bounds or web_layers.HOME_BOX
    centre = ((south + north) / 2, (west + east) / 2)
    return render_page(
        data,
        title=title,
        lang=scene.lang,
        centre=centre,
        asset_base=asset_base,
        nonce=nonce,
        inline=inline,
        scripts=(PROJECTIONS, *SCRIPTS) if inline else SCRIPTS,
        frame=frame,
    )


def render_page(
    data: bytes,
    *,
    title: str,
    lang: str,
    centre: tuple[float, float] = (40.3, 47.7),
    asset_base: str | None = "/assets",
    nonce: str | None = None,
    inline: bool = False,
    scripts: Sequence[str] = SCRIPTS,
    entry: str = "geoservice",
    preload: Sequence[str] = (),
    frame: Frame | None = None,
) -> str:
    """Return a folium page around a JSON document that the page's script draws; see :func:`render_map`.

    Args:
        data: JSON bytes for the page's script.
        title: of the page.
        lang: of the page.
        centre: latitude and longitude to start from until the script fits its content.
        asset_base: see :func:`render_map`.
        nonce: see :func:`render_map`.
        inline: see :func:`render_map`.
        scripts: names of the built scripts, in the order in which they run.
        entry: global object of ours whose ``start`` takes the map.
        preload: addresses of data that the script fetches at once.
        frame: what stands around the map before the script runs, and the first picture.
    """
    elements = _elements()
    if inline and nonce is None:
        nonce = web_assets.asset(scripts[-1]).sha256[:24]
    figure = elements["Figure"](title=title, lang=lang, nonce=nonce or "", policy=inline)
    figure.data = str(elements["Data"](DATA_ID, script_safe(data)).render())
    if frame:
        figure.body_class, figure.before, figure.after = frame.body_class, frame.before, frame.after
        if frame.picture:
            figure.whole = REST
            figure.data += elements["InlineScript"](web_assets.inline_script(VIEW), nonce).render()
    for address in preload:
        figure.header.add_child(elements["Preload"](address, None), name=address)
    for name in STYLES:
        if inline or frame:  # a first picture waits for no further answer
            style = elements["InlineStyle"](web_assets.inline_style(name), nonce)
        else:
            style = elements["Style"](web_assets.address(name, asset_base or ""), nonce)
        figure.header.add_child(style, name=name)
    if frame:
        figure.header.add_child(elements["InlineStyle"](frame.css, nonce), name="frame.css")
    for name in scripts:
        if inline:
            figure.scripts += elements["InlineScript"](web_assets.inline_script(name), nonce).render()
        else:
            address = web_assets.address(name, asset_base or "")
            if not (frame and frame.picture):
                figure.header.add_child(elements["Early"](address, nonce), name=name)
            figure.sources.append(address)
    elements["Map"](centre, entry).move_to(figure)
    return str(figure.render())


_UNSAFE = re.compile(rb"[<>&\xe2]")
_ESCAPES = {b"<": b"\\u003c", b">": b"\\u003e", b"&": b"\\u0026"}


def script_safe(data: bytes) -> str:
    r"""Return JSON that can stand in a <script> element and in a Jinja template without ending or feeding it.

    ``<``, ``>``, ``&``, U+2028 and U+2029 become escapes; so do braces that could open a template expression,
    which in JSON occur only inside strings.
    """
    text = _UNSAFE.sub(lambda m: _ESCAPES.get(m[0], m[0]), data).decode("utf-8")
    text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return text.replace("{{", "{\\u007b").replace("{%", "{\\u0025").replace("{#", "{\\u0023")


@cache
def _elements() -> Mapping[str, Any]:
    """The page's elements, subclasses of folium's; made on first use because folium takes 0.9 s to import."""
    from geoservice.render import web_elements

    return {
        "Figure": web_elements.PageFigure,
        "Map": web_elements.SchemeMap,
        "Data": web_elements.DataBlock,
        "Preload": web_elements.Preload,
        "Early": web_elements.Early,
        "Style": web_elements.Style,
        "InlineScript": web_elements.InlineScript,
        "InlineStyle": web_elements.InlineStyle,
    }
