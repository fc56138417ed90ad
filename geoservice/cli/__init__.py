"""The command line: everything the service does, without a running server.

Exit codes: 0 done; 1 done, but the answer is no (the check is not satisfied, rows were rejected); 2 wrong
use; 3 the input cannot be used; 4 the store or the catalogue is at fault.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from geoservice import __version__, i18n
from geoservice.cli.check import check
from geoservice.cli.common import (
    NO,
    FilePath,
    Group,
    choice_of,
    choice_options,
    data_option,
    echo_json,
    file_of,
    lang_option,
    open_service,
    operator,
    say,
    scheme_options,
    service_for,
    show_report,
    spare_start,
    stem,
    suffix_of,
    tr,
    working,
    write,
)
from geoservice.cli.layers import layers

if TYPE_CHECKING:
    from pathlib import Path


@click.group(cls=Group, help=tr("help.main"), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="geoservice")
def main() -> None:
    """Entry point."""


@main.command(help=tr("help.serve"))
@click.option("--host", default=None, help=tr("help.host"))
@click.option("--port", type=int, default=None, help=tr("help.port"))
@click.option("--workers", type=int, default=None, help=tr("help.workers"))
@click.option("--data", type=FilePath(file_okay=False), default=None, help=tr("help.data"))
@click.option("--demo/--no-demo", default=None, help=tr("help.no_demo"))
def serve(**given: Any) -> None:
    """Run the service."""
    import gc

    gc.disable()  # a start makes thousands of objects that all stay; the server turns it on when it is ready
    from geoservice.api import server

    server.run({name: value for name, value in given.items() if value is not None})


@main.command(help=tr("help.demo"))
@data_option
def demo(data: Path) -> None:
    """Load the demo clusters."""
    from geoservice.service import demo as demo_clusters

    for code in demo_clusters.load(open_service(data, create=True)):
        click.echo(code)


@main.group(cls=Group, help=tr("help.clusters"))
def clusters() -> None:
    """Clusters."""


@clusters.command("list", help=tr("help.clusters_list"))
@data_option
@lang_option
def clusters_list(data: Path, lang: str) -> None:
    """List the clusters."""
    service = open_service(data)
    for cluster in service.clusters(operator()):
        count = len(service.register(operator(), cluster.code).participants)
        click.echo(f"{cluster.code}\t{count}\t{i18n.pick(cluster.title, lang)}")


@clusters.command("create", help=tr("help.clusters_create"))
@click.argument("code")
@click.argument("title")
@click.option("--boundaries", multiple=True, help=tr("help.boundaries"))
@data_option
def clusters_create(code: str, title: str, boundaries: tuple[str, ...], data: Path) -> None:
    """Create a cluster."""
    values = {"title": title} | ({"boundaries": boundaries} if boundaries else {})
    cluster = open_service(data, create=True).create_cluster(operator(), code, values)
    click.echo(cluster.code)


@clusters.command("delete", help=tr("help.clusters_delete"))
@click.argument("code")
@data_option
def clusters_delete(code: str, data: Path) -> None:
    """Delete a cluster."""
    open_service(data).delete_cluster(operator(), code)


@main.command("import", help=tr("help.import"))
@click.argument("cluster")
@click.argument("file", type=FilePath(exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help=tr("help.dry_run"))
@click.option("--replace", is_flag=True, help=tr("help.replace"))
@click.option("--create", metavar="TITLE", help=tr("help.create"))
@click.option("--crs", help=tr("help.crs"))
@click.option("--json", "as_json", is_flag=True, help=tr("help.json"))
@data_option
@lang_option
def import_(
    cluster: str,
    file: Path,
    dry_run: bool,
    replace: bool,
    create: str | None,
    crs: str | None,
    as_json: bool,
    data: Path,
    lang: str,
) -> None:
    """Import a register."""
    service = open_service(data, create=create is not None)
    if create is not None:
        service.create_cluster(operator(), cluster, {"title": create})
    with working(tr("reading", file=file.name)):
        report = service.import_register(
            operator(),
            cluster,
            *file_of(file),
            dry_run=dry_run,
            replace=replace,
            default_crs=crs,
        )
    if as_json:
        echo_json(report.as_dict(lang))
    else:
        show_report(report, lang)
    sys.exit(NO if report.rejected else 0)


@main.command("map", help=tr("help.map"))
@click.argument("target")
@scheme_options
def map_(
    target: str, layers: tuple[str, ...], as_of: str, output: Path | None, data: Path, lang: str
) -> None:
    """Make a web map in one file."""
    spare_start()
    service, code = service_for(target, data, lang)
    with working(tr("drawing")):
        page = service.web_map(operator(), code, lang, layers=layers, as_of=as_of, inline=True)
    write(output, page.encode(), f"{stem(target)}.html")


@main.command(help=tr("help.sheet"))
@click.argument("target")
@click.option("--paper", type=click.Choice(["A4", "A3", "A2", "A1", "A0"]), default="A3", show_default=True)
@click.option("--orientation", type=click.Choice(["auto", "landscape", "portrait"]), default="auto")
@click.option("--scale", type=int, metavar="DENOMINATOR", help=tr("help.scale"))
@click.option("--extent", default="", metavar="W,S,E,N", help=tr("help.extent"))
@click.option(
    "--beyond",
    type=click.Choice(["refuse", "list"]),
    default="refuse",
    show_default=True,
    help=tr("help.beyond"),
)
@click.option("--opacity", default="", metavar="LAYER:OPACITY,...", help=tr("help.opacity"))
@click.option("--crs", default="", help=tr("help.sheet_crs"))
@click.option("--template", default="scheme", show_default=True, help=tr("help.template"))
@click.option("--format", type=click.Choice(["pdf", "png", "svg"]), default=None, help=tr("help.format"))
@click.option("--dpi", type=click.IntRange(36, 600), default=150, show_default=True)
@click.option("--page", type=click.IntRange(1), default=1, show_default=True, help=tr("help.page"))
@click.option("--appendix6", is_flag=True, help=tr("help.appendix6"))
@click.option("--verdict-page", is_flag=True, help=tr("help.verdict_page"))
@click.option(
    "--details",
    type=click.Choice(["auto", "no"]),
    default="auto",
    show_default=True,
    help=tr("help.details"),
)
@click.option(
    "--standard",
    type=click.Choice(["a-2a", "a-4"]),
    default="a-2a",
    show_default=True,
    help=tr("help.standard"),
)
@choice_options
@scheme_options
def sheet(target: str, output: Path | None, data: Path, lang: str, **options: Any) -> None:
    """Make the A3 sheet."""
    spare_start()
    service, code = service_for(target, data, lang)
    options["choice"] = choice_of(options)
    options["format"] = options["format"] or suffix_of(output, ("pdf", "png", "svg"), "pdf")
    with working(tr("drawing")):
        made = service.sheet(operator(), code, lang, **options)
    write(output, made.prepared.body, f"{stem(target)}.{options['format']}")
    say(made.reason)


@main.command(help=tr("help.verify"))
@click.argument("file", type=FilePath(exists=True, dir_okay=False))
@data_option
@lang_option
def verify(file: Path, data: Path, lang: str) -> None:
    """Tell whether a sheet still matches the register."""
    found = open_service(data).verify_sheet(operator(), file.read_bytes())
    answer = "matches" if found.matches else "differs" if found.intact else "changed"
    click.echo(
        i18n.text(
            lang, f"cli.verify.{answer}", cluster=found.cluster, code=found.sheet_code,
            sheet=found.sheet_revision, current=found.current_revision,
        )
    )  # fmt: skip
    sys.exit(0 if found.matches else NO)


@main.command(help=tr("help.export"))
@click.argument("target")
@click.option("--format", "format_", default=None, help=tr("help.export_format"))
@click.option("-o", "--output", type=FilePath(dir_okay=False), help=tr("help.output"))
@data_option
@lang_option
def export(target: str, format_: str | None, output: Path | None, data: Path, lang: str) -> None:
    """Export the register with its placement."""
    from geoservice.export import FORMATS

    service, code = service_for(target, data, lang)
    endings = {item.extension: item.code for item in FORMATS.values()}
    chosen = format_ or endings[suffix_of(output, tuple(endings), "geojson")]
    with working(tr("exporting")):
        made = service.export(operator(), code, chosen, lang)
    write(output, made.body, f"{stem(target)}.{FORMATS[chosen].extension}")


main.add_command(check)
main.add_command(layers)
