"""``geoservice layers``: the catalogue and what the operator adds to it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from geoservice import i18n
from geoservice.cli.common import (
    NO,
    FilePath,
    Group,
    data_option,
    file_of,
    lang_option,
    open_service,
    operator,
    say,
    time_zone,
    tr,
    working,
    write,
)

if TYPE_CHECKING:
    from pathlib import Path

    from geoservice.register.report import Problem
    from geoservice.service import GeoService
    from geoservice.specs import LayerSpec


@click.group(cls=Group, help=tr("help.layers"))
def layers() -> None:
    """Layers."""


@layers.command("list", help=tr("help.layers_list"))
@data_option
@lang_option
def layers_list(data: Path, lang: str) -> None:
    """List the layers."""
    for spec in _layer_service(data).catalog.layers.values():
        click.echo(f"{spec.id}\t{spec.kind}\t{i18n.pick(spec.title, lang)}")


@layers.command("add", help=tr("help.layers_add"))
@click.argument("file", type=FilePath(exists=True, dir_okay=False))
@click.option("--id", "id_", default=None, help=tr("help.layer_id"))
@click.option("--title", default=None, help=tr("help.layer_title"))
@click.option(
    "--boundaries", "level", type=click.Choice(["district", "economic_region", "region", "country"]),
    default=None, help=tr("help.layer_level"),
)  # fmt: skip
@click.option("--country", default="", help=tr("help.country"))
@click.option("--code-field", default="", help=tr("help.code_field"))
@click.option("--name-field", default="", help=tr("help.name_field"))
@click.option("--style", default="", help=tr("help.style"))
@click.option("--order", type=int, default=60, show_default=True, help=tr("help.order"))
@click.option("--opacity", type=click.FloatRange(0, 1, min_open=True), default=1.0, show_default=True)
@click.option("--source", default="", help=tr("help.source"))
@click.option("--licence", default="", help=tr("help.licence"))
@click.option("--as-of", default="", metavar="DATE", help=tr("help.state"))
@click.option("--edition", default="", help=tr("help.edition"))
@data_option
@lang_option
def layers_add(
    file: Path,
    id_: str | None,
    title: str | None,
    level: str | None,
    data: Path,
    lang: str,
    **values: Any,
) -> None:
    """Add a layer or a boundary set."""
    service = _layer_service(data)
    code = id_ or "".join(c if c.isascii() and c.isalnum() else "-" for c in i18n.fold(file.stem)).strip("-")
    common = {"title": title or file.stem, **values}
    problems: tuple[Problem, ...] = ()
    with working(tr("reading", file=file.name)):
        if level is None:
            kept = {k: v for k, v in common.items() if k not in ("country", "code_field")}
            spec = service.add_layer(operator(), *file_of(file), id=code, **kept)
        else:
            kept = {k: v for k, v in common.items() if k not in ("style", "order", "opacity")}
            spec, problems = service.add_boundaries(
                operator(), *file_of(file), code=code, level=level, **kept
            )
    for problem in problems:
        say(problem.message(lang))
    say(_added(service, spec, lang))
    click.echo(spec.id)


def _added(service: GeoService, spec: LayerSpec, lang: str) -> str:
    """What was added, where it lies, and how to show it."""
    kind = i18n.text(lang, f"cli.layer.kind.{spec.kind}")
    if spec.kind == "raster":
        return i18n.text(lang, "cli.layer.raster", id=spec.id, kind=kind)
    frame = service.catalog.frame(spec.id)
    west, south, east, north = (i18n.number(float(edge), 3, lang) for edge in frame.total_bounds)
    key = "boundaries" if spec.kind == "boundaries" else "vector"
    return i18n.text(
        lang, f"cli.layer.{key}", id=spec.id, kind=kind, features=len(frame),
        west=west, south=south, east=east, north=north,
    )  # fmt: skip


@layers.command("remove", help=tr("help.layers_remove"))
@click.argument("id_", metavar="ID")
@data_option
def layers_remove(id_: str, data: Path) -> None:
    """Remove an own layer."""
    _layer_service(data).remove_layer(operator(), id_)


@layers.command("check", help=tr("help.layers_check"))
@click.argument("target")
@click.option(
    "--gap", "gap_m", type=click.FloatRange(0, 100_000), default=50.0, show_default=True, help=tr("help.gap")
)
@click.option("--repair", type=FilePath(dir_okay=False), default=None, help=tr("help.repair"))
@click.option("--code-field", default="", help=tr("help.code_field"))
@data_option
@lang_option
def layers_check(
    target: str, gap_m: float, repair: Path | None, code_field: str, data: Path, lang: str
) -> None:
    """List a boundary set's flaws with their coordinates, and mend them if asked."""
    found = _layer_service(data).check_boundaries(target, gap_m=gap_m, code_field=code_field)
    for flaw in found.before:
        click.echo(flaw.message(lang))
    key = "cli.flaws.count" if found.before else "cli.flaws.none"
    say(i18n.text(lang, key, n=len(found.before), layer=target))
    if repair is not None:
        write(repair, found.geopackage(), repair.name)
        say(i18n.text(lang, "cli.flaws.mended", file=str(repair), n=len(found.after())))
    sys.exit(NO if found.before else 0)


def _layer_service(data: Path) -> GeoService:
    from geoservice.service import GeoService
    from geoservice.service.core import Options
    from geoservice.store.memory import MemoryStore
    from geoservice.store.opening import sqlite_file

    if sqlite_file(data).is_file():
        return open_service(data)
    return GeoService(MemoryStore(), Options(data=data.resolve(), time_zone=time_zone()))
