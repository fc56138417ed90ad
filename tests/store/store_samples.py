"""Clusters, participants and changes that the tests of the store share."""

from geoservice.model import Change, Cluster, Participant
from geoservice.store.base import Store

STEEL = Cluster(
    "polad",
    {"az": "Polad klasteri", "en": "Steel cluster"},
    description={"az": "«Şərh»"},
    boundaries=("az-districts", "by-regions"),
    specialised_organisation="Polad MMC",
    head="A. Əliyev",
    synthetic=True,
)
FULL = Participant(
    id="1",
    name="Boru zavodu",
    organisation_type="large_enterprise",
    number="1",
    legal_form="ASC",
    marks=("founder", "final_producer"),
    specialisation="polad boru",
    employees=0,
    longitude=49.66893123456789,
    latitude=-0.1 - 0.2,
    coordinates_as_written="49°40′ ş. u.",
    extra={"Zəng": "1", "Əlavə": "", "A": "2"},
)


def person(key: str, **values: object) -> Participant:
    return Participant(**{"id": key, "name": key, "organisation_type": "other", **values})  # type: ignore[arg-type]


def put(*participants: Participant) -> list[Change]:
    return [Change("put", participant.id, participant) for participant in participants]


def remove(*keys: str) -> list[Change]:
    return [Change("remove", key) for key in keys]


def ids(store: Store, code: str = "polad", **question: object) -> list[str]:
    return [participant.id for participant in store.register(code, **question).participants]  # type: ignore[arg-type]
