"""Territorial placement schemes of industrial clusters: web map, A3 sheet and geographic concentration."""

__version__ = "0.1.0"
