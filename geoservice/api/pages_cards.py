"""Clusters as the home page shows them: what is known already at once, the rest when it has been checked.

The check of a large cluster takes seconds. Its card says so meanwhile, and is asked for apart by the page's
script; without script the next reload finds it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import wait
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from msgspec import Struct

from geoservice import i18n
from geoservice.api.dependencies import Acting, ClusterCode, Language, Service
from geoservice.api.pages_html import PageRoute, page
from geoservice.errors import GeoserviceError
from geoservice.model import DEFAULT_LANGUAGE

if TYPE_CHECKING:
    from geoservice.model import Cluster
    from geoservice.service import GeoService

router = APIRouter(include_in_schema=False, route_class=PageRoute)
#: Clusters of so many organisations are checked before the page is answered, as long as there is time.
CHECKED_AT_ONCE = 1000
PATIENCE_S = 0.4
#: How long the answer for one card waits for its check.
LONG_PATIENCE_S = 20.0
PENDING = "pending"


class Facts(Struct, frozen=True):
    """What a check found, in no language; ``error`` says why there was none."""

    participants: int = 0
    infrastructure: int = 0
    regions: tuple[str, ...] = ()
    state: str = PENDING
    error: GeoserviceError | None = None


class Card(Struct, frozen=True):
    """A cluster on the home page; ``regions`` are names, ``total`` is known before the check."""

    cluster: Cluster
    title: str
    total: int
    facts: Facts
    regions: tuple[str, ...]

    @property
    def state(self) -> str:
        """Of the check, or "pending"."""
        return self.facts.state


def cards(service: GeoService, clusters: Iterable[Cluster], lang: str) -> list[Card]:
    """Cards of some clusters, those pending whose check takes longer than a reader waits."""
    until = time.monotonic() + PATIENCE_S
    return [_card(service, cluster, lang, until) for cluster in clusters]


def _card(service: GeoService, cluster: Cluster, lang: str, until: float) -> Card:
    total = service.store.count(cluster.code)
    key = _key(service, cluster)
    facts: Facts | None = service.memo.peek(key)
    if facts is None and total <= CHECKED_AT_ONCE and time.monotonic() < until:
        facts = _checked(service, cluster, key)
    if facts is None:
        service.background.run(key, lambda: _checked(service, cluster, key))
    facts = facts or Facts()
    names = _names(service, cluster, lang) if facts.regions else {}
    regions = sorted((names.get(code, code) for code in facts.regions), key=i18n.sort_key)
    title = i18n.pick(cluster.title, lang) or cluster.code
    return Card(cluster, title, total, facts, tuple(regions))


def _key(service: GeoService, cluster: Cluster) -> tuple[Any, ...]:
    """What a verdict follows from: register, rules and boundaries of the cluster, catalogue, day."""
    revision = service.store.revision(cluster.code)
    return "card", cluster.code, cluster.revision, revision, service.catalog_key, service.clock.today()


def _checked(service: GeoService, cluster: Cluster, key: tuple[Any, ...]) -> Facts:
    return service.memo.get(key, lambda: _facts(service, cluster))


def _facts(service: GeoService, cluster: Cluster) -> Facts:
    try:
        register = service.store.register(cluster.code)
        findings = service.findings(cluster, register, DEFAULT_LANGUAGE, service.clock.today())
    except GeoserviceError as error:
        return Facts(state="not_shown", error=error)
    types = service.catalog.types
    roles = Counter(types.get(p.organisation_type, types["other"]).role.value for p in register.participants)
    return Facts(
        roles["participant"], roles["infrastructure"], tuple(findings.counts), findings.verdict.state
    )


def _names(service: GeoService, cluster: Cluster, lang: str) -> dict[str, str]:
    from geoservice.scheme.compose import region_names

    boundaries = service.boundaries(cluster)
    return service.memo.get(("region-names", boundaries.digest, lang), lambda: region_names(boundaries, lang))


@router.get("/clusters/{cluster}/card")
def card(
    request: Request, cluster: ClusterCode, service: Service, acting: Acting, language: Language
) -> Response:
    """One card for the page's script: waits for the check as long as a request may take."""
    found = service.cluster(acting, cluster)
    key = _key(service, found)
    if service.memo.peek(key) is None:
        wait([service.background.run(key, lambda: _checked(service, found, key))], timeout=LONG_PATIENCE_S)
    (item,) = cards(service, [found], language)
    return page(request, "card.html", language, acting, item=item)
