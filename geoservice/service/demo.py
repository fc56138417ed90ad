"""The demo clusters: synthetic organisations at real industrial places, read as any register is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import tomli

from geoservice.errors import CatalogError
from geoservice.model import LOCAL_OPERATOR, Principal

if TYPE_CHECKING:
    from geoservice.service.facade import GeoService

FOLDER = Path(__file__).parent.parent / "data" / "demo"


def load(service: GeoService, principal: Principal = LOCAL_OPERATOR) -> tuple[str, ...]:
    """Create the demo clusters that are not there yet and return their codes.

    Raises:
        CatalogError: a demo register has a row that cannot be taken.
    """
    present = {cluster.code for cluster in service.clusters(principal)}
    made = []
    for entry in tomli.loads((FOLDER / "demo.toml").read_text("utf-8"))["cluster"]:
        code, file = entry.pop("code"), entry.pop("file")
        if code in present:
            continue
        service.create_cluster(principal, code, entry)
        report = service.import_register(principal, code, file, (FOLDER / file).read_bytes())
        if report.rejected:
            first = next(problem for problem in report.problems if problem.severity == "error")
            raise CatalogError("catalog_file", file=file, where=first.row, why=first.message("en"))
        made.append(code)
    return tuple(made)
