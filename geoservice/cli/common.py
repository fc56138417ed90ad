"""What commands share: errors to exit codes, options, opening the store, writing answers."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from geoservice import i18n
from geoservice.errors import CatalogError, GeoserviceError, InvalidInputError, StoreError
from geoservice.languages import DEFAULT_LANGUAGE, DEFAULT_TIME_ZONE, LANGUAGES

if TYPE_CHECKING:
    import threading
    from pathlib import Path

    from geoservice.model import Principal
    from geoservice.scheme.choice import Choice
    from geoservice.service import GeoService
    from geoservice.store.base import Store

NO, USAGE, BAD_INPUT, AT_FAULT = 1, 2, 3, 4
#: Where a command's language is remembered for the group around it.
ASKED_LANG = "geoservice.lang"


def _environment_language() -> str:
    asked = os.environ.get("GEOSERVICE_LANG", "")
    return asked if asked in LANGUAGES else DEFAULT_LANGUAGE


LANG = _environment_language()


def tr(key: str, **params: Any) -> str:
    """A text of the command line: in the language that the command was asked for, else the environment's."""
    context = click.get_current_context(silent=True)
    lang = context.params.get("lang") if context else None
    return i18n.text(lang or LANG, f"cli.{key}", **params)


def say(text: str) -> None:
    """Progress and remarks go to stderr, so that stdout holds nothing but the answer."""
    click.echo(text, err=True)


#: Work that is done sooner says nothing.
QUIET_S = 0.4


@contextmanager
def working(text: str) -> Iterator[None]:
    """Show on a terminal what is being done and for how long; a pipe or a log file gets nothing."""
    if not sys.stderr.isatty():
        yield
        return
    import threading

    done = threading.Event()
    teller = threading.Thread(target=_tell, args=(text, done), daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()


def _tell(text: str, done: threading.Event) -> None:
    import itertools
    import time

    if done.wait(QUIET_S):
        return
    began = time.monotonic() - QUIET_S
    for mark in itertools.cycle("|/-\\"):
        click.echo(f"\r{mark} {text} {time.monotonic() - began:.0f} s ", nl=False, err=True)
        if done.wait(0.12):
            break
    click.echo("\r\x1b[K", nl=False, err=True)


class FilePath(click.Path):
    """``click.Path`` that gives a :class:`pathlib.Path`, without importing pathlib for ``--help``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Check the path as click does."""
        from pathlib import Path

        return Path(str(super().convert(value, param, ctx)))


def operator() -> Principal:
    """Who acts on the command line."""
    from geoservice.model import LOCAL_OPERATOR

    return LOCAL_OPERATOR


class Group(click.Group):
    """Turns exceptions of ours into a sentence and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except GeoserviceError as error:
            lang = ctx.meta.get(ASKED_LANG) or LANG  # the command's own context is gone by now
            say(i18n.message(error, lang))
            sys.exit(AT_FAULT if isinstance(error, StoreError | CatalogError) else BAD_INPUT)


def data_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--data``: the folder of the store."""
    return click.option(
        "--data", type=FilePath(file_okay=False), default="data",
        envvar="GEOSERVICE_DATA", show_default=True, help=tr("help.data"),
    )(command)  # fmt: skip


def lang_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--lang``: the language of the answer."""
    return click.option(
        "--lang",
        type=click.Choice(LANGUAGES),
        default=LANG,
        show_default=True,
        callback=_asked_language,
        help=tr("help.lang"),
    )(command)


def _asked_language(ctx: click.Context, _: click.Parameter, lang: str) -> str:
    ctx.meta[ASKED_LANG] = lang
    return lang


def scheme_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What map and sheet share."""
    for option in (
        click.option("--layer", "layers", multiple=True, help=tr("help.layer")),
        click.option("--as-of", default="", metavar="DATE", help=tr("help.as_of")),
        click.option("-o", "--output", type=FilePath(dir_okay=False), help=tr("help.output")),
        lang_option,
        data_option,
    ):
        command = option(command)
    return command


#: What organisations may be chosen by, besides words.
FACETS = ("role", "type", "region", "mark", "spec")


def choice_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Which organisations a sheet shows, if not all."""
    command = click.option("--search", "q", default="", metavar="WORDS", help=tr("help.choose_search"))(
        command
    )
    for name in reversed(FACETS):
        option = click.option(f"--{name}", multiple=True, metavar="VALUE", help=tr(f"help.choose_{name}"))
        command = option(command)
    return command


def choice_of(options: dict[str, Any]) -> Choice:
    """Take what was chosen out of a command's options."""
    from geoservice.scheme.choice import Choice

    return Choice(**{name: options.pop(name) for name in (*FACETS, "q")})


def open_service(data: Path, *, create: bool = False) -> GeoService:
    """The use cases over the store of a data folder.

    Raises:
        StoreError: there is no store in the folder, or it cannot be opened.
    """
    from geoservice.service import GeoService
    from geoservice.service.core import Options
    from geoservice.store.opening import open_store, sqlite_file

    address = os.environ.get("GEOSERVICE_STORE", "")
    if not create and not address and not sqlite_file(data).is_file():
        raise StoreError("store_absent", folder=str(data))
    return GeoService(open_store(data, address), Options(data=data.resolve(), time_zone=time_zone()))


def time_zone() -> str:
    """By which clock answers are dated."""
    return os.environ.get("GEOSERVICE_TIME_ZONE", DEFAULT_TIME_ZONE)


def spare_start() -> None:
    """For a command that draws one scheme and ends: leave out what only pays in a process that lives on.

    Nearly all objects stay to the end, so garbage is looked for seldom. No installed package is searched for
    plugins of pydantic (an empty ``PYDANTIC_DISABLE_PLUGINS`` brings the search back). What packages load to
    fetch files from the net, to tell what is installed, to solve equations or to explain themselves waits
    until somebody asks for it: that is a twentieth of a sheet's time.
    """
    import gc

    from geoservice.cli.later import put_off
    from geoservice.entry import Process
    from geoservice.render import sheet_kept

    if not Process.one_command:
        return
    sheet_kept.lasting = False
    gc.set_threshold(200_000)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    put_off("urllib.request")  # for the SVG writer of segno, which takes one function from its neighbour
    put_off("pyproj.sync", "_download_resource_file")
    put_off("importlib.metadata")  # for pyproj.show_versions
    put_off("numpy.linalg", "matrix_power", "eigvals", "inv", "lstsq")
    put_off("numpy._core._add_newdocs")  # docstrings
    put_off("numpy._core._add_newdocs_scalars")


def service_for(target: str, data: Path, lang: str) -> tuple[GeoService, str]:
    """A service and a cluster code: of a cluster in the store, or of a register file that is only read."""
    import datetime as dt
    from pathlib import Path

    file = Path(target)
    if not file.is_file():
        return open_service(data), target
    from geoservice.entry import Process
    from geoservice.service import GeoService
    from geoservice.service.core import Options
    from geoservice.store.memory import MemoryStore

    Process.ends_at_once = True  # no store to be closed
    # A file has no history: on any day that is asked for, its register is what it says.
    store: Store = MemoryStore(now=lambda: dt.datetime.fromtimestamp(0, dt.UTC))
    service = GeoService(
        store, Options(data=data.resolve() if data.is_dir() else None, time_zone=time_zone())
    )
    service.create_cluster(operator(), "register", {"title": file.stem})
    with working(tr("reading", file=file.name)):
        report = service.import_register(operator(), "register", *file_of(file))
    show_report(report, lang, err=True)
    if not report.taken:
        raise InvalidInputError("nothing_taken", file=file.name)
    return service, "register"


#: GIS formats of several files of one name: the others are taken along.
IN_PARTS = (".shp", ".tab", ".mif")


def file_of(path: Path) -> tuple[str, bytes]:
    """A file's name and content; a Shapefile or MapInfo table with its sibling files, packed into a ZIP."""
    if path.suffix.lower() not in IN_PARTS:
        return path.name, path.read_bytes()
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for sibling in sorted(path.parent.glob(f"{glob.escape(path.stem)}.*")):
            if sibling.is_file() and sibling.suffix.lower() != ".zip":
                archive.write(sibling, sibling.name)
    return f"{path.stem}.zip", packed.getvalue()


def stem(target: str) -> str:
    """What an answer is called when no name is given: as the cluster, or as the register's file."""
    from pathlib import Path

    return Path(target).stem if Path(target).is_file() else target


def suffix_of(output: Path | None, known: tuple[str, ...], default: str) -> str:
    """The ending of an output's name, which asks for a format: one of ``known``, such as pdf or shp.zip.

    Raises:
        click.UsageError: it names a format that there is not.
    """
    suffix = output.suffix.lstrip(".").lower() if output else ""
    double = "".join(output.suffixes[-2:]).lstrip(".").lower() if output else ""
    if double in known:
        return double
    if suffix and suffix not in known:
        message = i18n.text(LANG, "errors.format_not_found", format=suffix, known=", ".join(known))
        raise click.UsageError(message)
    return suffix or default


#: So many problems of one kind are told row by row; of more, so much of their rows' numbers.
SAID_ONE_BY_ONE, SHOWN_ROWS = 5, 100


def show_report(report: Any, lang: str, *, err: bool = False) -> None:
    """Print an import report: what is wrong, where, and the counts; of many rows it is said once."""
    from geoservice.register.report import ProblemGroup, grouped

    for group in grouped(report.problems):
        few = len(group.problems) <= SAID_ONE_BY_ONE
        for said in [ProblemGroup((problem,)) for problem in group.problems] if few else [group]:
            place, count = _place(report.file, said.rows), "" if few else f" ({len(said.problems)})"
            column = f" [{said.first.column}]" if said.first.column else ""
            severity = i18n.text(lang, f"cli.severity.{said.first.severity}")
            click.echo(f"{place}{column}: {severity}{count}: {said.message(lang)}", err=True)
    click.echo(
        i18n.text(lang, "cli.report", read=report.read, taken=report.taken, rejected=report.rejected), err=err
    )


def _place(file: str, rows: Sequence[int]) -> str:
    from geoservice.register.report import ELLIPSIS, ranges

    written = ranges(rows)
    if len(written) > SHOWN_ROWS:
        written = f"{written[:SHOWN_ROWS].rpartition(', ')[0]}, {ELLIPSIS}"
    return f"{file}:{written}" if written else file


def write(output: Path | None, body: bytes, default: str) -> None:
    """Write an answer to a file, or to stdout for ``-``; the file is there whole or not at all."""
    from pathlib import Path

    target = output or Path(default)
    piped = str(target) == "-"
    part = target.with_name(f".{target.name}.part")
    try:
        if piped:
            sys.stdout.buffer.write(body)
            sys.stdout.buffer.flush()
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(body)
        part.replace(target)
    except BrokenPipeError:  # the reader has had enough, which click knows
        raise
    except OSError as error:
        why, file = error.strerror or str(error), "stdout" if piped else str(target)
        raise InvalidInputError("file_not_writable", file=file, why=why) from error
    say(tr("written", file=str(target), size=f"{len(body) / 1024:.0f}"))


def echo_json(value: Any) -> None:
    """Print an answer as JSON."""
    import orjson

    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
