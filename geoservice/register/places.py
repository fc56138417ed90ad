"""Where the organisations of a file stand: coordinates read, transformed, and held against the territory.

Swapped coordinates. A row whose point is more than 100 km outside the territory, and whose exchanged point
is inside it, is taken with the exchanged coordinates and a warning that says so; the file's text is kept.
Where letters or labels (N, ş.u., POINT …) say which is which, nothing is exchanged. If the exchanged point is
merely near the territory (at most 50 km), nobody can tell: the row is rejected. A point more than 50 km
outside is taken with a warning (joint clusters have members abroad).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from geoservice.errors import CoordinateError, CrsError
from geoservice.register.columns import Column, label
from geoservice.register.coordinates import Axis, parse_angle, parse_pair
from geoservice.register.crs import WGS84, CrsRef, parse_crs, parse_number, parse_utm, to_wgs84
from geoservice.register.fields import Context, Draft
from geoservice.register.mischief import is_date, is_grouped

if TYPE_CHECKING:
    from geoservice.register.territory_hint import Territory

#: From here on a point is called far from the territory.
FAR_M = 50_000.0
#: From here on a point is so far off that an exchange of its coordinates is considered.
SWAP_M = 100_000.0
_PREFIX = "register.problem."
_DECIMALS = 8  # about a millimetre: what a transformation leaves behind is noise


class Places:
    """Reads the coordinates of all rows; plane coordinates are transformed in one go for each CRS.

    Args:
        context: headings of the file.
        columns: its columns, for a CRS named in a heading.
        default_crs: CRS of x/y (or of degrees) where the file names none.
    """

    def __init__(
        self, context: Context, columns: Sequence[Column] = (), default_crs: str | None = None
    ) -> None:
        self.names = context.names
        self.heading_crs = {column.field: column.crs for column in columns if column.crs}
        self.default_crs = default_crs
        self.waiting: dict[CrsRef, list[tuple[Draft, float, float]]] = {}
        self.fixed: set[int] = set()  # rows whose letters rule out an exchange

    def read(self, drafts: Sequence[Draft]) -> None:
        """Give each draft its longitude and latitude, or a problem."""
        for draft in drafts:
            try:
                self._one(draft)
            except (CoordinateError, CrsError) as error:
                column = error.params.pop("column", "") or self.names("coordinates", "latitude", "x")
                value = str(error.params.pop("value", ""))
                draft.problem(error.code.removeprefix(_PREFIX), column, value, **error.params)
        for ref, rows in self.waiting.items():
            self._transform(ref, rows)
        for draft in drafts:
            self._last_checks(draft)

    # -- one row -----------------------------------------------------------------------------------------

    def _one(self, draft: Draft) -> None:
        values, record = draft.record.values, draft.record
        if record.lon is not None and record.lat is not None:
            _put(draft, record.lon, record.lat)
        elif values.get("latitude") or values.get("longitude"):
            self._degrees(draft)
        elif values.get("coordinates"):
            self._pair(draft)
        elif values.get("x") or values.get("y"):
            self._plane(draft)
        elif written := values.get("coordinates_as_written"):
            draft.data["coordinates_as_written"] = written
        if "longitude" in draft.data and (written := values.get("coordinates_as_written")):
            draft.data["coordinates_as_written"] = written  # our own export: the first file's words

    def _degrees(self, draft: Draft) -> None:
        values = draft.record.values
        lat, lon = values.get("latitude", ""), values.get("longitude", "")
        if not lat or not lon:
            missing = "longitude" if lat else "latitude"
            column = self.names(missing, "latitude", "longitude")
            draft.problem("coordinate_one_only", column, lat or lon, missing=label(missing))
            return
        draft.data["coordinates_as_written"] = f"{lat}; {lon}"
        east, north = self._angle(lon, "lon", "longitude"), self._angle(lat, "lat", "latitude")
        if any(c.isalpha() for c in lat + lon):
            self.fixed.add(draft.record.row)
        ref = self._ref(draft, "latitude", "longitude")
        if ref is None or ref.code == WGS84:
            _put(draft, east, north)
        elif ref.geographic:
            self.waiting.setdefault(ref, []).append((draft, east, north))
        else:
            raise CrsError(f"{_PREFIX}crs_not_degrees", value=values.get("crs", ""), column=self.names("crs"))

    def _angle(self, text: str, axis: Axis, field: str) -> float:
        try:
            return parse_angle(text, axis).degrees
        except CoordinateError as error:
            raise self._explained(error, text, field) from error

    def _explained(self, error: CoordinateError, text: str, field: str) -> CoordinateError:
        """The same error with its column; if a spreadsheet has spoilt the value, one that says so."""
        column = self.names(field)
        if is_date(text):
            return CoordinateError(f"{_PREFIX}coordinate_date", value=text, column=column)
        if is_grouped(text):
            return CoordinateError(f"{_PREFIX}coordinate_grouped", value=text, column=column)
        error.params["column"] = column
        return error

    def _pair(self, draft: Draft) -> None:
        written = draft.record.values["coordinates"]
        draft.data["coordinates_as_written"] = written
        if utm := parse_utm(written):
            self.waiting.setdefault(utm[0], []).append((draft, *utm[1:]))
            return
        try:
            pair = parse_pair(written)
        except CoordinateError as error:
            if self._plane_pair(draft, written):
                return
            raise self._explained(error, written, "coordinates") from error
        if pair.hemispheres:
            self.fixed.add(draft.record.row)
        if pair.letter_assumed:
            draft.problem("coordinate_letter", self.names("coordinates"), written, "note")
        if pair.view:
            draft.problem("coordinate_link_view", self.names("coordinates"), written, "warning")
        ref = parse_crs(str(pair.srid)) if pair.srid else self._ref(draft, "coordinates")
        if ref is None or ref.code == WGS84:
            _put(draft, pair.longitude, pair.latitude)
        else:
            self.waiting.setdefault(ref, []).append((draft, pair.longitude, pair.latitude))

    def _plane_pair(self, draft: Draft, written: str) -> bool:
        """A pair of plane coordinates in one cell, ``4493123; 9512345``, where a CRS is known."""
        ref = self._ref(draft, "coordinates")
        parts = [part for part in written.replace("|", ";").replace("/", ";").split(";") if part.strip()]
        if len(parts) != 2:
            parts = written.split(", ") if written.count(", ") == 1 else written.split()
        if ref is None or ref.geographic or len(parts) != 2:
            return False
        x, y = (parse_number(part) for part in parts)
        self.waiting.setdefault(ref, []).append((draft, x, y))
        return True

    def _plane(self, draft: Draft) -> None:
        values = draft.record.values
        x_text, y_text = values.get("x", ""), values.get("y", "")
        if not x_text or not y_text:
            missing = "y" if x_text else "x"
            draft.problem(
                "coordinate_one_only", self.names(missing, "x", "y"), x_text or y_text, missing=label(missing)
            )
            return
        ref = self._ref(draft, "x", "y")
        draft.data["coordinates_as_written"] = "; ".join(
            t for t in (x_text, y_text, values.get("crs", "")) if t
        )
        x, y = (self._metres(text, field) for text, field in ((x_text, "x"), (y_text, "y")))
        if ref is None and abs(x) <= 180 and abs(y) <= 90:
            ref = CrsRef(WGS84, geographic=True)
            draft.problem("crs_assumed", self.names("x"), f"{x_text}; {y_text}", "note")
        if ref is None:
            raise CrsError(f"{_PREFIX}crs_missing", value=f"{x_text}; {y_text}", column=self.names("x"))
        if ref.geographic != (abs(x) <= 180 and abs(y) <= 90):
            raise CrsError(
                f"{_PREFIX}crs_mismatch", value=f"{x_text}; {y_text}", column=self.names("x"), crs=ref.label
            )
        self.waiting.setdefault(ref, []).append((draft, x, y))

    def _metres(self, text: str, field: str) -> float:
        try:
            return parse_number(text)
        except CoordinateError:
            axis: Axis = "lon" if field == "x" else "lat"
            return self._angle(text, axis, field)

    def _ref(self, draft: Draft, *fields: str) -> CrsRef | None:
        written = draft.record.values.get("crs", "")
        if written:
            try:
                ref = parse_crs(written)
            except CrsError as error:
                error.params["column"] = self.names("crs")
                raise
            return _degrees_of(ref) if "latitude" in fields else ref
        name = next((self.heading_crs[f] for f in fields if f in self.heading_crs), "") or (
            self.default_crs or "" if not {"latitude", "coordinates"} & set(fields) else ""
        )
        return parse_crs(name) if name else None

    # -- all rows ----------------------------------------------------------------------------------------

    def _transform(self, ref: CrsRef, rows: Sequence[tuple[Draft, float, float]]) -> None:
        import numpy as np

        x = np.array([row[1] for row in rows])
        y = np.array([row[2] for row in rows])
        lon, lat, exchanged = to_wgs84(x, y, ref)
        for place, (draft, x_m, y_m) in enumerate(rows):
            column = self.names("x", "coordinates", "latitude")
            if np.isnan(lon[place]):
                draft.problem("crs_mismatch", column, f"{x_m:.12g}; {y_m:.12g}", crs=ref.label)
                continue
            if exchanged[place]:
                draft.problem("axes_exchanged", column, f"{x_m:.12g}; {y_m:.12g}", "note", crs=ref.label)
            _put(draft, round(float(lon[place]), _DECIMALS), round(float(lat[place]), _DECIMALS))

    def _last_checks(self, draft: Draft) -> None:
        data, row = draft.data, draft.record
        if "longitude" not in data:
            if not any(
                p.code.startswith(("coordinate", "crs")) for p in row.problems if p.severity == "error"
            ):
                draft.problem("no_coordinates", self.names("latitude", "coordinates", "x"), "", "note")
        elif data["longitude"] == 0 and data["latitude"] == 0:
            draft.problem(
                "zero_point",
                self.names("latitude", "coordinates", "x"),
                data.get("coordinates_as_written", "0; 0"),
            )
        elif row.lon is None and _whole(data["longitude"]) and _whole(data["latitude"]):
            written = data.get("coordinates_as_written", "")
            draft.problem("coordinate_whole", self.names("latitude", "coordinates", "x"), written, "warning")

    def check_territory(self, drafts: Sequence[Draft], territory: Territory) -> None:
        """Find swapped and far points among the drafts that have coordinates."""
        import numpy as np

        placed = [d for d in drafts if "longitude" in d.data and not d.record.rejected]
        if not placed or territory.empty:
            return
        lon = np.array([d.data["longitude"] for d in placed])
        lat = np.array([d.data["latitude"] for d in placed])
        doubtful = np.flatnonzero(~territory.surely_within(lon, lat, FAR_M))
        away = territory.distance_m(lon[doubtful], lat[doubtful])
        for place, away_m in zip(doubtful.tolist(), away.tolist(), strict=True):
            if away_m > FAR_M:
                self._far(placed[place], away_m, territory)

    def _far(self, draft: Draft, away_m: float, territory: Territory) -> None:
        import numpy as np

        lon, lat = draft.data["longitude"], draft.data["latitude"]
        written = draft.data.get("coordinates_as_written") or f"{lat}; {lon}"
        column = self.names("latitude", "coordinates", "x")
        params: dict[str, Any] = {"distance_km": round(away_m / 1000), "latitude": lat, "longitude": lon}
        if away_m > SWAP_M and draft.record.row not in self.fixed and abs(lon) <= 90:
            swapped_m = float(territory.distance_m(np.array([lat]), np.array([lon]))[0])
            if swapped_m == 0:
                draft.data["longitude"], draft.data["latitude"] = lat, lon
                draft.data["coordinates_as_written"] = written
                params |= {"latitude": lon, "longitude": lat}
                draft.problem("coordinates_swapped", column, written, "warning", **params)
                return
            if swapped_m <= FAR_M:
                draft.problem("coordinates_swapped_unclear", column, written, **params)
                return
        draft.problem("far_from_territory", column, written, "warning", **params)


def _whole(degrees: float) -> bool:
    return float(degrees).is_integer()


def _put(draft: Draft, lon: float, lat: float) -> None:
    draft.data["longitude"], draft.data["latitude"] = lon + 0.0, lat + 0.0


def _degrees_of(ref: CrsRef) -> CrsRef:
    """Degrees with a datum's bare name (Pulkovo 1942) mean its geographic CRS."""
    if ref.zoned:
        return CrsRef(4284 if ref.code == 28400 else 4200, geographic=True)
    return ref
