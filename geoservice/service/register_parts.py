"""What use cases about registers answer, refuse and look up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from geoservice.errors import InvalidInputError, NotFoundError
from geoservice.model import Participant, Register
from geoservice.service.prepared import Prepared

if TYPE_CHECKING:
    from geoservice.register.report import Problem


class RegisterBytes(Struct, frozen=True):
    """A register as GeoJSON, and the revision it stands for."""

    prepared: Prepared
    revision: int

    @property
    def headers(self) -> dict[str, str]:
        """What tells the revision beside the bytes."""
        return {"X-Register-Revision": str(self.revision)}


class InvalidRowError(InvalidInputError):
    """An organisation that cannot be taken; ``problems`` says all that is wrong with it."""

    def __init__(self, problems: Sequence[Problem], code: str = "row") -> None:
        super().__init__(code)
        self.problems = tuple(problems)


def in_box(participant: Participant, box: tuple[float, float, float, float]) -> bool:
    """Whether an organisation stands within west, south, east, north (degrees, EPSG:4326)."""
    longitude, latitude = participant.longitude, participant.latitude
    if longitude is None or latitude is None:
        return False
    return box[0] <= longitude <= box[2] and box[1] <= latitude <= box[3]


def find(register: Register, participant_id: str) -> Participant:
    """One organisation of a register.

    Raises:
        NotFoundError: it holds none of this id.
    """
    for participant in register.participants:
        if participant.id == participant_id:
            return participant
    raise NotFoundError("store.participant_not_found", cluster=register.cluster, participant=participant_id)
