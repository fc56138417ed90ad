"""The languages of the service, and what holds where nobody chose.

Apart from the model, so that the command line starts without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

LANGUAGES = ("az", "en", "ru")
DEFAULT_LANGUAGE = "az"
#: Where the first users are; an operator elsewhere names another (``GEOSERVICE_TIME_ZONE``).
DEFAULT_TIME_ZONE = "Asia/Baku"
Language = Literal["az", "en", "ru"]

#: A text in some or all of the three languages; see :func:`geoservice.i18n.pick`.
LocalisedText = Mapping[str, str]
