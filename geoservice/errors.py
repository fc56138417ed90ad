"""What can go wrong, as types. No HTTP here: `api.errors` maps them to problem documents.

GeoserviceError
├── NotFoundError            no such cluster, participant, layer, format …
├── ConflictError            it exists already, or somebody changed it meanwhile
│   └── RevisionConflictError
├── PermissionDeniedError    the principal's role does not include it
├── InvalidInputError        a value from the user cannot be used
│   ├── UnreadableFileError  the file as a whole cannot be read
│   ├── CoordinateError      a text is no coordinate
│   ├── CrsError             a CRS is missing, unknown or cannot be meant
│   └── GeometryError        a geometry of the wrong kind, empty, or not to be mended
├── LimitExceededError       too many, too slow: says which limit
│   ├── TooLargeError        more bytes than may be sent
│   └── BusyError            not now: it may go well later
├── CatalogError             a file of layers/ or styles/ is wrong: says which and where
├── RenderError              a map or sheet cannot be issued: names the culprit
└── StoreError               the store cannot be opened, read or written
"""

from __future__ import annotations

from typing import Any


class GeoserviceError(Exception):
    """Base of all: a locale key ``code`` and its parameters.

    The text is made at the edge, in the user's language: ``i18n.message(error, lang)``.

    Args:
        code: key under ``errors.`` (or ``<area>.`` when it holds a dot) of the locale catalogues.
        params: values for the placeholders of the text; kept as given, escaped where they are shown.
    """

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params: dict[str, Any] = params

    def __str__(self) -> str:
        return f"{self.code} {self.params}" if self.params else self.code


class NotFoundError(GeoserviceError):
    """What was asked for does not exist."""


class ConflictError(GeoserviceError):
    """What is to be made exists already, or the state has moved on."""


class RevisionConflictError(ConflictError):
    """Somebody else changed it since it was read; ``params``: expected, actual."""


class PermissionDeniedError(GeoserviceError):
    """The acting principal may not do this."""


class InvalidInputError(GeoserviceError):
    """A value from the user cannot be used."""


class UnreadableFileError(InvalidInputError):
    """A file as a whole cannot be read."""


class CoordinateError(InvalidInputError):
    """A text is not a coordinate in any known notation."""


class CrsError(InvalidInputError):
    """A coordinate reference system is missing, unknown or does not fit the values."""


class GeometryError(InvalidInputError):
    """A geometry is of the wrong kind, empty, or cannot be mended."""


class LimitExceededError(GeoserviceError):
    """A limit is exceeded; ``params`` tell which and by how much."""


class TooLargeError(LimitExceededError):
    """What was sent has more bytes than are taken; ``params``: limit, in MB."""


class BusyError(LimitExceededError):
    """It cannot be done just now; the same request may go well later."""


class CatalogError(GeoserviceError):
    """A file of layers/ or styles/ is wrong; ``params``: file, where, why."""


class RenderError(GeoserviceError):
    """A map or sheet cannot be issued; ``params`` name the culprit."""


class StoreError(GeoserviceError):
    """The store cannot be opened, read or written."""
