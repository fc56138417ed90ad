"""``python -m geoservice.cli``."""

from geoservice.cli import main

main()
