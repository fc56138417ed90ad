"""What stands in the page of a web map before its script runs: heading, first picture, room for the panel.

Written by fixed templates that escape every value; the script takes these elements over.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from geoservice import i18n
from geoservice.render.web_data import sign_uri
from geoservice.render.web_picture import Picture, Stand
from geoservice.render.web_symbols import symbol

if TYPE_CHECKING:
    from jinja2 import Environment

    from geoservice.scheme.scene import Scene

#: More organisations than this are listed on the cluster's page only, where there is no script.
LISTED_UP_TO = 200

#: Icons of own/common/dom.js that the heading needs.
_ICONS = {
    "check": "M5 12.5l4.5 4.5L19 7.5",
    "cross": "M6 6l12 12M18 6L6 18",
    "dash": "M6 12h12",
    "chevron": "M7 10l5 5l5-5",
    "print": "M7 8V3h10v5M7 17H4V8h16v9h-3M7 14h10v7H7z",
}
_VERDICT_ICONS = {"met": "check", "not_met": "cross", "too_few": "cross", "not_shown": "dash"}


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("geoservice.render", "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined)


class Frame:
    """The parts of a page around and under the live map.

    Args:
        scene: what the map shows.
        picture: of the scene, see :func:`geoservice.render.web_picture.picture`.
        links: see :func:`geoservice.render.web.render_map`.
        options: see :func:`geoservice.render.web.render_map`.
    """

    def __init__(
        self, scene: Scene, picture: Picture | None, links: Mapping[str, str], options: Mapping[str, Any]
    ) -> None:
        self.scene = scene
        self.picture = picture
        self.links = links
        self.options = options
        self.signs = {code: f"i{place}" for place, code in enumerate(scene.signs)}
        made = {code: symbol(sign.svg, f"gs-s-{self.signs[code]}") for code, sign in scene.signs.items()}
        self.symbols = {code: text for code, text in made.items() if text}

    @property
    def body_class(self) -> str:
        """The classes of <body>, as the script would set them."""
        embed = " gs-embed" if self.options.get("embed") else ""
        folded = " gs-panel-folded" if self._folded else ""
        return f"gs-body{embed}{folded}"

    @property
    def css(self) -> str:
        """The page's own style sheet: the pictures of signs, and where the first picture's stand."""
        rules = []
        for code, sign in self.scene.signs.items():
            image = "" if code in self.symbols else f';background:url("{sign_uri(sign)}") center/100% 100%'
            size = f"width:{sign.size_px:g}px;height:{sign.size_px:g}px"
            rules.append(f".gs-first-{self.signs[code]}{{display:block;{size}{image}}}")
        return "".join(rules) + (self.picture.css if self.picture else "")

    @property
    def before(self) -> str:
        """What stands in front of the map."""
        return self._write("heading", heading=self.options.get("header") is not False) + (
            '<main class="gs-stage">'
        )

    @property
    def after(self) -> str:
        """What stands behind it."""
        picture = self._write("picture") if self.picture else ""
        listed = self.scene.members if len(self.scene.members) <= LISTED_UP_TO else self.scene.unplaced
        said = "" if self.scene.placed else self._write("vacant")
        return f"{picture}{said}</main>" + self._write("panel", listed=listed[:LISTED_UP_TO])

    @property
    def _folded(self) -> bool:
        return self.options.get("panel") == "folded"

    def _write(self, name: str, **more: Any) -> str:
        made = _environment().get_template(f"map_{name}.html").render(
            scene=self.scene, picture=self.picture, links=_Links(self.links), signs=self.signs,
            symbols=self.symbols, state=self.scene.verdict.state, icons=_ICONS, verdict_icons=_VERDICT_ICONS,
            t=self._text,
            address_of=self._address, page_of=self._page, label_of=self._label,
            title_of=self._title, kind_of=_kind, size_of=_size, numbered=self._numbered, **more,
        )  # fmt: skip
        # A template that should take this text for its own source finds nothing to run in it.
        return str(made).replace("{{", "&#123;{").replace("{%", "&#123;%").replace("{#", "&#123;#")

    def _text(self, key: str, **params: Any) -> str:
        return i18n.text(self.scene.lang, f"web.map.{key}", **params)

    def _page(self, member: Any) -> str:
        pattern = self.links.get("organisation", "")
        return pattern.replace("{id}", quote(member.id, safe=""))

    @property
    def _numbered(self) -> bool:
        """Whether the picture says who is in a gathering: own/map/view.js needs it for filters."""
        return len(self.scene.members) <= LISTED_UP_TO

    def _address(self, stand: Stand) -> str:
        return self._page(stand.members[0]) if len(stand.members) == 1 else self.links.get("page", "")

    def _label(self, stand: Stand) -> str:
        if len(stand.members) > 1:
            return self._text("cluster", n=len(stand.members))
        member = stand.members[0]
        return f"{member.number}. {member.name}, {member.type_title}"

    def _title(self, stand: Stand) -> str:
        first = stand.members[:MOST_NAMED]
        names = [
            f"{m.number}. {m.name}" + (f" · {m.specialisation}" if m.specialisation else "") for m in first
        ]
        return "\n".join([*names, *(["…"] if len(stand.members) > MOST_NAMED else [])])


#: A gathering's tip names so many.
MOST_NAMED = 8


class _Links(dict[str, str]):
    """Addresses that a page may lack."""

    def __missing__(self, key: str) -> str:
        return ""


def _kind(stand: Stand) -> str:
    """As own/map/members.js dresses a gathering."""
    participants = sum(member.role == "participant" for member in stand.members)
    if participants == 0:
        return "infrastructure"
    return "participant" if participants == len(stand.members) else "mixed"


def _size(stand: Stand) -> str:
    count = len(stand.members)
    return "small" if count < 10 else "middle" if count < 100 else "large"
