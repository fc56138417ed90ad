"""The use cases: everything that the API, the CLI and jobs call. Each takes the acting principal."""

from geoservice.service.facade import GeoService

__all__ = ["GeoService"]
