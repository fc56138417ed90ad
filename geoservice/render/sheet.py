"""Scene -> sheet: an A4 to A0 page as PDF, PNG or SVG.

The maps are laid out in millimetres (:mod:`sheet_layout`), their geometry drawn as SVG (:mod:`sheet_base`,
:mod:`sheet_overlay`), and Typst sets texts, tables and the page from a template in ``styles/sheet/``.
"""

from __future__ import annotations

import datetime as dt
import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Literal
from weakref import finalize

from msgspec import Struct
from msgspec.structs import replace

from geoservice.errors import InvalidInputError, LimitExceededError, RenderError
from geoservice.render import sheet_kept
from geoservice.scheme.scene import Frame, Member, Scene

if TYPE_CHECKING:
    from geoservice.catalog import Catalog
    from geoservice.render.sheet_geo import MapView
    from geoservice.render.sheet_layout import SheetLayout
    from geoservice.render.sheet_text import FontSet

Format = Literal["pdf", "png", "svg"]
FORMATS: tuple[Format, ...] = ("pdf", "png", "svg")
#: Archive standards -> what the file is made to. PDF/UA-1 builds on PDF 1.7, PDF/A-4 on PDF 2.0: not both.
STANDARDS = {"a-2a": ["a-2a", "ua-1"], "a-4": ["a-4"]}
#: The parts that every template shares, in this order before its own file.
SHARED = ("lib.typ", "legend.typ", "table.typ", "pages.typ", "details.typ")
DETAILS = ("auto", "no")
DPI_RANGE = (36, 600)
MOST_MEMBERS = 5_000
_COMPILING = Lock()  # a Typst compiler is not shared between threads


class SheetOptions(Struct, frozen=True):
    """How a sheet is to be made; paper, orientation and scale belong to the scene's frame.

    ``template`` is the id of ``styles/sheet/<id>.toml``; ``page`` (from 1) chooses the page of PNG and SVG;
    ``appendix6`` and ``verdict_page`` add pages; ``url`` is the scheme's address for the QR code; ``code``
    ties the sheet to the register's state and is reckoned from the scene when empty. ``standard`` is the
    archive standard of a PDF: PDF/A-2a (with PDF/UA-1) or PDF/A-4. ``details``: whether what is too crowded
    on the first page gets pages of its own.
    """

    format: Format = "pdf"
    template: str = "scheme"
    dpi: int = 150
    page: int = 1
    appendix6: bool = False
    verdict_page: bool = False
    code: str = ""
    url: str = ""
    georeference: bool = True
    details: Literal["auto", "no"] = "auto"
    standard: Literal["a-2a", "a-4"] = "a-2a"


class DrawnSheet(Struct, frozen=True):
    """A sheet's file, why it has its scale, and how many of its pages are detail maps."""

    body: bytes
    reason: str
    details: int


def render_sheet(scene: Scene, *, options: SheetOptions | None = None, catalog: Catalog) -> bytes:
    """Make the file of a sheet, as :func:`draw_sheet` does."""
    return draw_sheet(scene, options=options, catalog=catalog).body


def draw_sheet(scene: Scene, *, options: SheetOptions | None = None, catalog: Catalog) -> DrawnSheet:
    """Make the sheet of a scene: the same scene and options give the same bytes.

    Args:
        scene: composed with a frame (``scene.frame``).
        options: format, template, further pages.
        catalog: layers, styles, fonts.

    Raises:
        InvalidInputError: format, resolution or page is out of range.
        LimitExceededError: more organisations than a sheet can hold.
        RenderError: a letter no font has, a layer that cannot be drawn, a legend or table that disagrees with
            the map; the culprit is named.
        CatalogError: the template's files are wrong or missing.
    """
    from geoservice.render.sheet_details import pages_said

    options = options or SheetOptions()
    _check_options(scene, options)
    inputs, texts = prepare(scene, options, catalog)
    if not sheet_kept.lasting:
        sheet_kept.forget()
    source = template_source(catalog, options.template)
    if options.format == "pdf":
        Thread(target=_ready_to_finish, daemon=True).start()  # Typst leaves the interpreter free meanwhile
    pages = _compile(source, inputs, texts.folder, options, scene)
    data = _read(inputs["data"])
    if options.format == "pdf":
        body = _finished(pages[0], scene, options, data)
    elif 1 <= options.page <= len(pages):
        body = pages[options.page - 1]
    else:
        raise InvalidInputError("sheet.page", page=options.page, pages=len(pages))
    details = len(data["details"])
    reason = scene.frame.reason if scene.frame else ""
    return DrawnSheet(body, f"{reason} {pages_said(details, scene.lang)}".rstrip(), details)


def _check_options(scene: Scene, options: SheetOptions) -> None:
    if options.format not in FORMATS:
        raise InvalidInputError("sheet.format", format=options.format, known=", ".join(FORMATS))
    if options.standard not in STANDARDS:
        raise InvalidInputError("sheet.standard", standard=options.standard, known=", ".join(STANDARDS))
    if options.details not in DETAILS:
        raise InvalidInputError("sheet.details", details=options.details, known=", ".join(DETAILS))
    if not DPI_RANGE[0] <= options.dpi <= DPI_RANGE[1]:
        raise InvalidInputError("sheet.dpi", dpi=options.dpi, least=DPI_RANGE[0], most=DPI_RANGE[1])
    if len(scene.members) > MOST_MEMBERS:
        raise LimitExceededError("sheet.too_many", most=MOST_MEMBERS, members=len(scene.members))


def prepare(scene: Scene, options: SheetOptions, catalog: Catalog) -> tuple[dict[str, str], Any]:
    """Return the template's inputs (JSON and SVG texts by name) and the faces.

    Raises:
        RenderError: as :func:`render_sheet`.
    """
    from geoservice.render.sheet_data import Stamp, sheet_data, texts_of
    from geoservice.render.sheet_details import detail_room
    from geoservice.render.sheet_layout import lay_out
    from geoservice.render.sheet_text import font_set
    from geoservice.scheme.sheet_metrics import read_metrics

    fonts = font_set(catalog)
    metrics = read_metrics(catalog.resource(f"styles/sheet/{options.template}.toml"))
    scene = _normalised(scene)
    _check_letters(scene, options, fonts)
    code = sheet_code(scene, options)
    paper = scene.frame.paper if scene.frame else "A3"
    covered = metrics.covered(paper, scene.frame.height_mm) if scene.frame else ()
    room = detail_room(metrics, scene.frame) if scene.frame and options.details == "auto" else None
    layout = lay_out(scene, catalog, fonts, metrics.unit(paper), covered, room)
    stamp = Stamp(code, options.url, _qr(options.url or code))
    data = sheet_data(
        scene, layout, metrics, catalog, stamp,
        fonts=fonts, appendix6=options.appendix6, verdict_page=options.verdict_page,
    )  # fmt: skip
    fonts.check(texts_of(data))
    return {
        "data": _written(data),
        **_drawings(scene, layout, fonts),
    }, fonts


def _written(data: dict[str, Any]) -> str:
    import orjson

    return orjson.dumps(data, option=orjson.OPT_SERIALIZE_NUMPY).decode()


def _read(data: str) -> dict[str, Any]:
    import orjson

    found: dict[str, Any] = orjson.loads(data)
    return found


def _check_letters(scene: Scene, options: SheetOptions, fonts: FontSet) -> None:
    """Refuse organisations whose letters no face has, by name, before anything is laid out."""
    from geoservice.render.sheet_text import normal

    def texts(member: Member) -> list[str]:
        further = [normal(text) for text in member.fields.values()] if options.appendix6 else []
        return [member.name, member.specialisation, *further]

    printed = scene.everyone if options.appendix6 or options.verdict_page else scene.members
    if not fonts.missing(text for member in printed for text in texts(member)):
        return
    for member in printed:
        if missing := fonts.missing(texts(member)):
            raise RenderError(
                "sheet.glyph_member", characters=missing, number=member.number, organisation=member.name[:120]
            )


def sheet_code(scene: Scene, options: SheetOptions) -> str:
    """The code in a sheet's footer: the one given, else that of the register's state."""
    from geoservice.render.sheet_verify import register_code

    return options.code or register_code(scene)


def _normalised(scene: Scene) -> Scene:
    """Texts as they will be printed: composed letters, no control characters."""
    from geoservice.render.sheet_text import normal

    def printed(member: Member) -> Member:
        name, does = normal(member.name), normal(member.specialisation)
        same = name == member.name and does == member.specialisation
        return member if same else replace(member, name=name, specialisation=does)

    return replace(scene, members=tuple(map(printed, scene.members)))


def _drawings(scene: Scene, layout: SheetLayout, fonts: Any) -> dict[str, str]:
    from geoservice.render.sheet_overlay import overlay

    drawings = {"base-main": layout.main.base.svg, "over-main": overlay(layout.main, scene, fonts)}
    for item in layout.maps:
        if item.inset is not None:
            drawings[f"base-{item.inset.letter}"] = item.base.svg
            drawings[f"over-{item.inset.letter}"] = overlay(item, scene, fonts)
    return drawings


@lru_cache(maxsize=64)
def _qr(text: str) -> str:
    if not text:
        return ""
    import io

    import segno

    out = io.BytesIO()
    # Readers know which of the eight masks they see; to try all for the fairest takes six times as long.
    code = segno.make(text, error="m", micro=False, mask=4)
    code.save(out, kind="svg", border=0, xmldecl=False, omitsize=True)
    return out.getvalue().decode()


# -- Typst ---------------------------------------------------------------------------------------------------


def template_source(catalog: Catalog, template: str) -> bytes:
    """What all templates share and a template as one Typst source."""
    from geoservice.scheme.sheet_metrics import read_metrics

    metrics = read_metrics(catalog.resource(f"styles/sheet/{template}.toml"))
    parts = [catalog.resource(f"styles/sheet/{name}") for name in (*SHARED, metrics.template)]
    return "\n".join(part.read_text("utf-8") for part in parts).encode()


#: Whether an open file has a name that Typst can ask for: on Linux.
_NAMED = hasattr(os, "memfd_create") and Path("/proc/self/fd").is_dir()


class _Held:
    """A template as a file of this process, in memory, gone with it."""

    def __init__(self, source: bytes) -> None:
        self.handle = os.memfd_create("template")
        finalize(self, os.close, self.handle)
        with open(self.handle, "wb", closefd=False) as file:
            file.write(source)


_held = lru_cache(maxsize=8)(_Held)


def _main(source: bytes) -> bytes:
    """The file that Typst begins with: it parses again what comes from memory, a file only after a change."""
    if _NAMED:
        with suppress(OSError):  # a kernel may be told to refuse such files
            return f'#include "{_held(source).handle}"'.encode()
    return source


def _root() -> Path | None:
    """Where Typst finds files: the open ones of this process, not of the one from which it was forked."""
    return Path("/proc") / Path("/proc/self").readlink() / "fd" if _NAMED else None


@lru_cache(maxsize=4)
def _compiler(folder: Path, root: Path | None) -> Any:
    import typst

    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)])
    return typst.Compiler(font_paths=fonts, ignore_system_fonts=True, root=root)


def _compile(
    source: bytes, inputs: dict[str, str], folder: Path, options: SheetOptions, scene: Scene
) -> list[bytes]:
    import typst

    stamp = dt.datetime.combine(scene.as_of, dt.time(), dt.UTC)
    wanted: dict[str, Any] = {"format": options.format, "timestamp": stamp}
    if options.format == "pdf":
        wanted["pdf_standards"] = STANDARDS[options.standard]
    else:
        wanted["ppi"] = float(options.dpi)
    # As files, not as inputs of the system: those would make Typst forget all that it has set before.
    files = {f"{name}{_ending(name)}": _given(text) for name, text in inputs.items()}
    try:
        with _COMPILING:
            files["main.typ"] = _main(source)
            made = _compiler(folder, _root()).compile(input=files, **wanted)
    except typst.TypstError as error:
        raise RenderError("sheet.template_error", template=options.template, why=str(error)) from error
    return made if isinstance(made, list) else [bytes(made)]


def _given(text: str) -> bytes:
    """A file for Typst, which parses each as markup before it is asked for it: one line, and a comment."""
    return f"//{text.replace(chr(10), ' ')}".encode()


def _ending(name: str) -> str:
    return ".json" if name == "data" else ".svg"


def _ready_to_finish() -> None:
    """Load what :func:`_finished` needs; the first time it takes as long as a warm sheet's layout."""
    import pikepdf  # noqa: F401


def _finished(pdf: bytes, scene: Scene, options: SheetOptions, data: dict[str, Any]) -> bytes:
    """Add what Typst does not write: the georeference and the sheet's stamp."""
    from geoservice.render.sheet_geo import finished
    from geoservice.render.sheet_verify import SheetStamp

    if scene.frame is None:
        return pdf
    code = sheet_code(_normalised(scene), options)
    stamp = SheetStamp(scene.cluster.code, scene.register_revision, code)
    maps = _views(scene.frame, data)
    return finished(pdf, maps, georeference=options.georeference, stamp=stamp)


def _views(frame: Frame, data: dict[str, Any]) -> list[MapView]:
    """The main map and its insets where they are on the first page, and the detail maps on theirs."""
    from geoservice.render.sheet_geo import MapView

    box = data["boxes"]["map"]
    found = [MapView("Map", box["x"], box["y"], box["w"], box["h"], frame.crs, frame.extent)]
    for inset in data["insets"]:
        x, y = box["x"] + inset["x"], box["y"] + inset["y"]
        shown = (inset["w"], inset["h"], inset["crs"], tuple(inset["extent"]))
        found.append(MapView(f"Map {inset['letter']}", x, y, *shown))
    for item in data["details"]:
        shown = (item["w"], item["h"], item["crs"], tuple(item["extent"]))
        found.append(MapView(f"Map {item['letter']}", item["x"], item["y"], *shown, page=item["page"]))
    return found
