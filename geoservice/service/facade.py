"""All use cases behind one name."""

from __future__ import annotations

from geoservice.service.clusters import Clusters
from geoservice.service.layers import Layers
from geoservice.service.schemes import Schemes


class GeoService(Clusters, Schemes, Layers):
    """Registers in; schemes, verdicts and open data out. Safe to use from several threads."""
