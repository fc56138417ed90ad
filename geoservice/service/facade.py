"""All use cases behind one name."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from geoservice.service.clusters import Clusters
from geoservice.service.layers import Layers
from geoservice.service.schemes import Schemes

if TYPE_CHECKING:
    from geoservice.service.drafts import Drafts


class GeoService(Clusters, Schemes, Layers):
    """Registers in; schemes, verdicts and open data out. Safe to use from several threads."""

    @cached_property
    def drafts(self) -> Drafts:
        """Uploaded registers that are not saved yet."""
        from geoservice.service.drafts import Drafts

        return Drafts(self)

    def close(self) -> None:
        """Release the store, the process that draws, and files that were not saved."""
        if "drafts" in self.__dict__:
            self.drafts.close()
        super().close()
