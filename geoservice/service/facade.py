"""All use cases behind one name."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from geoservice.service.clusters import Clusters
from geoservice.service.layers import Layers
from geoservice.service.schemes import Schemes

if TYPE_CHECKING:
    from geoservice.service.background import Background
    from geoservice.service.drafts import Drafts


class GeoService(Clusters, Schemes, Layers):
    """Registers in; schemes, verdicts and open data out. Safe to use from several threads."""

    @cached_property
    def drafts(self) -> Drafts:
        """Uploaded registers that are not saved yet."""
        from geoservice.service.drafts import Drafts

        return Drafts(self)

    @cached_property
    def background(self) -> Background:
        """What is worked out while nobody waits."""
        from geoservice.service.background import Background

        return Background()

    def close(self) -> None:
        """Release the store, the process that draws, and files that were not saved."""
        for name in ("drafts", "background"):
            if name in self.__dict__:
                getattr(self, name).close()
        super().close()
