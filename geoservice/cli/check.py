"""``geoservice check``: the verdict on a cluster, with what it goes by, its figures and its evidence."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from geoservice import i18n
from geoservice.cli.common import (
    NO,
    FilePath,
    data_option,
    echo_json,
    lang_option,
    operator,
    service_for,
    tr,
    write,
)

if TYPE_CHECKING:
    from pathlib import Path

_METRES = click.FloatRange(0, 50_000)


@click.command(help=tr("help.check"))
@click.argument("target")
@click.option("--json", "as_json", is_flag=True, help=tr("help.json"))
@click.option("--as-of", default="", metavar="DATE", help=tr("help.as_of"))
@click.option("--ruleset", default=None, metavar="CODE", help=tr("help.ruleset"))
@click.option("--reading", type=click.Choice(["chain", "pairwise"]), default=None, help=tr("help.reading"))
@click.option("--gap", "gap_m", type=_METRES, default=None, help=tr("help.gap"))
@click.option("--snap", "snap_m", type=_METRES, default=None, help=tr("help.snap"))
@click.option("--accuracy", "accuracy_m", type=_METRES, default=None, help=tr("help.accuracy"))
@click.option("--point-contact/--no-point-contact", default=None, help=tr("help.point_contact"))
@click.option(
    "--min",
    "min_participants",
    type=click.IntRange(0, 1_000_000),
    default=None,
    help=tr("help.min_participants"),
)
@click.option(
    "--metrics", type=click.Choice(["none", "basic", "full"]), default=None, help=tr("help.metrics")
)
@click.option("--totals", type=FilePath(exists=True, dir_okay=False), default=None, help=tr("help.totals"))
@click.option("--evidence", type=FilePath(dir_okay=False), default=None, help=tr("help.evidence"))
@data_option
@lang_option
def check(
    target: str,
    as_json: bool,
    as_of: str,
    totals: Path | None,
    evidence: Path | None,
    data: Path,
    lang: str,
    **options: Any,
) -> None:
    """Check geographic concentration."""
    service, code = service_for(target, data, lang)
    chosen = {name: value for name, value in options.items() if value is not None}
    if totals is not None:
        chosen["region_totals"] = read_totals(totals)
    answer = service.concentration(operator(), code, lang, as_of=as_of, options=chosen)
    if as_json:
        echo_json(answer)
    else:
        _tell(answer, lang, figures="metrics" in chosen or totals is not None)
    if evidence is not None:
        shapes = service.evidence(operator(), code, lang, as_of, chosen)
        write(evidence, shapes.body, evidence.name)
    sys.exit(0 if answer["satisfied"] else NO)


def _tell(answer: dict[str, Any], lang: str, *, figures: bool) -> None:
    click.echo(answer["sentence"])
    for reason in answer["reasons"]:
        click.echo(f"  {reason['clause']}: {reason['text']}")
    click.echo(i18n.text(lang, "cli.check.requirements"))
    for one in answer["requirements"]:
        click.echo(f"  {one['clause']}: {one['title']}: {one['state_text']}")
    for code, found in answer["metrics"].items() if figures else ():
        click.echo(
            f"  {i18n.text(lang, f'territory.metric.{code}')}: {_said(found)}{_warned(found, answer, lang)}"
        )


def _said(found: dict[str, Any]) -> str:
    value = found["value"]
    if isinstance(value, dict | list):
        import orjson

        return orjson.dumps(value).decode()
    return f"{value} {found['unit']}".strip()


def _warned(found: dict[str, Any], answer: dict[str, Any], lang: str) -> str:
    if not found["warning"]:
        return ""
    key = f"territory.metric.{found['warning']}"
    said = i18n.text(lang, key, n=answer["metrics"]["n"]["value"], min=found["min_n"])
    return f" ({said})"


def read_totals(path: Path) -> Any:
    """Totals by region: a JSON object from codes to numbers, or CSV with a code and a number in each row.

    Raises:
        InvalidInputError: the file is neither ("region_totals").
    """
    import csv
    import json

    from geoservice.errors import InvalidInputError

    try:
        text = path.read_text("utf-8-sig")
        if text.lstrip().startswith("{"):
            return json.loads(text)
        sign = ";" if ";" in text else ","
        rows = [row for row in csv.reader(text.splitlines(), delimiter=sign) if row]
        numbers = [row for row in rows if _number(row) is not None]
        if len(numbers) < max(len(rows) - 1, 1):  # one row may hold the headings
            raise InvalidInputError("region_totals")
        return {row[0].strip(): _number(row) for row in numbers}
    except ValueError as error:
        raise InvalidInputError("region_totals") from error


def _number(row: list[str]) -> float | None:
    try:
        return float(row[1].strip().replace(" ", "").replace(",", "."))
    except (IndexError, ValueError):
        return None
