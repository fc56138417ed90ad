"""Which day it is: answers, sheets and histories are dated by the clock of one place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from geoservice.errors import InvalidInputError
from geoservice.languages import DEFAULT_TIME_ZONE

#: Where the day begins first: fourteen hours before UTC.
FARTHEST_CLOCK = dt.timedelta(hours=14)


class Clock:
    """A clock of a time zone.

    Args:
        zone: its name in the IANA time zone database.
        now: tells the moment, with its zone.

    Raises:
        InvalidInputError: there is no such time zone.
    """

    def __init__(self, zone: str = DEFAULT_TIME_ZONE, now: Callable[[], dt.datetime] | None = None) -> None:
        from zoneinfo import ZoneInfo

        try:
            self._zone = ZoneInfo(zone)
        except (ValueError, OSError, KeyError) as error:
            raise InvalidInputError("time_zone", value=zone) from error
        self._now = now or _now

    def local(self, moment: dt.datetime) -> dt.datetime:
        """A moment as this clock shows it."""
        return moment.astimezone(self._zone)

    def today(self) -> dt.date:
        """The day of an answer that is not asked for as of another one."""
        return self.local(self._now()).date()

    def end_of_day(self, day: str) -> dt.datetime | None:
        """The last moment of an ISO 8601 date here; ``None`` for an empty text, which means now.

        Raises:
            InvalidInputError: the text is no date, or one that has come nowhere on earth yet: nobody knows
                the register of that day.
        """
        if not day:
            return None
        try:
            date = dt.date.fromisoformat(day)
        except ValueError as error:
            raise InvalidInputError("date", value=day) from error
        if date > (self._now().astimezone(dt.UTC) + FARTHEST_CLOCK).date():
            raise InvalidInputError("date_to_come", value=date.isoformat(), today=self.today().isoformat())
        return dt.datetime.combine(date, dt.time.max, tzinfo=self._zone)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
