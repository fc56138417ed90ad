"""Pictures of signs that may stand in a page as they are: drawn at once, where an image waits to be read.

A browser reads each SVG image as a document of its own, in a frame of its own. A sign that is nothing but
shapes is written into the page instead; any other, as an operator's own may be, stays an image, where nothing
in it can run or reach the page.
"""

from __future__ import annotations

from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

#: What a sign may be made of to stand in a page.
SHAPES = frozenset({"g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon"})
ATTRIBUTES = frozenset(
    {
        "d", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "width", "height", "points",
        "transform", "opacity", "clip-rule", "fill", "fill-rule", "fill-opacity", "stroke", "stroke-width",
        "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stroke-dasharray", "stroke-opacity",
    }
)  # fmt: skip
_SVG = "{http://www.w3.org/2000/svg}"


@lru_cache(maxsize=256)
def symbol(svg: str, key: str) -> str:
    """Return a sign's document as a <symbol> with an id; "" where it holds more than shapes."""
    from xml.etree import ElementTree

    if "<!DOCTYPE" in svg or "<!ENTITY" in svg:
        return ""
    try:
        root = ElementTree.fromstring(svg)  # noqa: S314 - document types and entities were refused above
    except ElementTree.ParseError:
        return ""
    box = root.get("viewBox", "")
    allowed = {"xmlns", "width", "height", "viewBox"}
    if root.tag != f"{_SVG}svg" or not box or not allowed.issuperset(root.attrib):
        return ""
    parts = [_shape(node) for node in root]
    if not all(parts):
        return ""
    return f'<symbol id="{escape(key)}" viewBox="{escape(box)}">{"".join(parts)}</symbol>'


def _shape(node: Element) -> str:
    """A shape with what it holds; "" where any of it is something else."""
    name = str(node.tag).removeprefix(_SVG)
    whole = name in SHAPES and ATTRIBUTES.issuperset(node.attrib) and not (node.text or "").strip()
    if not whole or any("url(" in value for value in node.attrib.values()):
        return ""
    inner = [_shape(child) for child in node]
    if not all(inner):
        return ""
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in node.attrib.items())
    return f"<{name}{attributes}>{''.join(inner)}</{name}>"
