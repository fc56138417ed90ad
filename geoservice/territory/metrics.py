"""The figures experts expect of a concentration: one function each, its formula and source in the docstring.

A measure takes a :class:`Sample` and returns a number, a dictionary of them, or ``None`` where the data it
needs are not there. Those at level "full" (simulations, statistics over the region graph) are in
:mod:`geoservice.territory.metrics_full`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from geoservice.territory.geodesy import area_m2, local_plane, local_plane_to_degrees, pair_distances_m

if TYPE_CHECKING:
    from geoservice.model import Placement
    from geoservice.territory.adjacency import BorderRule, RegionGraph
    from geoservice.territory.concentration import Member
    from geoservice.territory.regions import Regions

Floats = NDArray[np.float64]
RADII_KM = (5.0, 10.0, 25.0, 50.0, 100.0)
_GEODESIC_UP_TO = 400  # members: above it distances are those of the local plane
PAIRS_UP_TO = 3_000
#: Measures that are taken over pairs of members.
OF_PAIRS = frozenset({"median_distance_km", "k_density"})


class Sample(Struct, frozen=True, dict=True):
    """What measures are computed from: members with a place, in their order.

    ``lon``, ``lat``: EPSG:4326 degrees; ``sizes``: weight of each member (staff), NaN where unknown;
    ``counts``: members by region code; ``totals``: totals by region code for quotients, or empty.
    """

    lon: Floats
    lat: Floats
    sizes: Floats
    placed_in: tuple[str | None, ...]
    counts: Mapping[str, int]
    totals: Mapping[str, float]
    regions: Regions
    graph: RegionGraph
    rule: BorderRule

    @property
    def n(self) -> int:
        """Number of members with a place."""
        return len(self.lon)

    @cached_property
    def _plane(self) -> tuple[Floats, tuple[float, float]]:
        return local_plane(self.lon, self.lat)

    @property
    def xy(self) -> Floats:
        """Points in metres, azimuthal equidistant about their mean, (n, 2)."""
        return self._plane[0]

    def to_degrees(self, x: float, y: float) -> dict[str, float]:
        """A point of the plane as longitude and latitude."""
        lon, lat = local_plane_to_degrees(np.array([[x, y]]), self._plane[1])[0]
        return {"lon": round(float(lon), 6), "lat": round(float(lat), 6)}

    @cached_property
    def median_xy(self) -> Floats:
        """The median centre in the plane."""
        return geometric_median(self.xy)

    @cached_property
    def pair_m(self) -> Floats:
        """Distances of all pairs in metres, condensed; geodesic up to 400 members.

        Of more than 3,000 members a seeded sample of 3,000 stands for them: all pairs of 100,000 would need
        40 GB. Measures of them carry the warning "sampled".
        """
        if self.n > _GEODESIC_UP_TO:
            from scipy.spatial.distance import pdist

            if self.n > PAIRS_UP_TO:
                chosen = np.random.default_rng(0).choice(self.n, PAIRS_UP_TO, replace=False)
                return np.asarray(pdist(self.xy[np.sort(chosen)]))
            return np.asarray(pdist(self.xy))
        return pair_distances_m(self.lon, self.lat)


Value = float | int | dict[str, Any] | list[Any] | None


class Measure(Struct, frozen=True):
    """A registered measure: ``min_n`` is the number of members below which its value means little."""

    code: str
    unit: str
    min_n: int
    level: Literal["basic", "full"]
    function: Callable[[Sample], Value]


REGISTRY: dict[str, Measure] = {}


def measure_of(
    code: str, *, unit: str = "", min_n: int = 2, level: Literal["basic", "full"] = "basic"
) -> Callable[[Callable[[Sample], Value]], Callable[[Sample], Value]]:
    """Register a measure.

    Raises:
        ValueError: the code is taken.
    """

    def register(function: Callable[[Sample], Value]) -> Callable[[Sample], Value]:
        if code in REGISTRY:
            raise ValueError(f"measure {code} exists")
        REGISTRY[code] = Measure(code, unit, min_n, level, function)
        return function

    return register


def sample_of(
    members: Sequence[Member],
    placements: Sequence[Placement],
    regions: Regions,
    graph: RegionGraph,
    rule: BorderRule,
    region_totals: Mapping[str, float] | None = None,
) -> Sample:
    """Gather what measures need; members without coordinates are left out."""
    held = [
        (m.longitude, m.latitude, np.nan if m.size is None else m.size, p.region)
        for m, p in zip(members, placements, strict=True)
        if m.longitude is not None and m.latitude is not None
    ]
    numbers = np.array([row[:3] for row in held], dtype=np.float64).reshape(-1, 3)
    counts = Counter(row[3] for row in held if row[3] is not None)
    return Sample(
        numbers[:, 0],
        numbers[:, 1],
        numbers[:, 2],
        tuple(row[3] for row in held),
        counts,
        region_totals or {},
        regions,
        graph,
        rule,
    )


def measure(
    members: Sequence[Member],
    placements: Sequence[Placement],
    regions: Regions,
    graph: RegionGraph,
    rule: BorderRule,
    *,
    level: Literal["basic", "full"] = "basic",
    region_totals: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """Compute all measures of a level: code -> {"value", "unit", "warning"}; those without data are left out.

    ``warning`` is "small_sample" where there are too few members for the value to mean anything, "sampled"
    where pairs of members were sampled, else ``None``.
    """
    if level == "full":
        from geoservice.territory import metrics_full  # noqa: F401  (registers its measures)
    sample = sample_of(members, placements, regions, graph, rule, region_totals)
    found: dict[str, Any] = {"n": {"value": sample.n, "unit": "", "warning": None, "min_n": 0}}
    for entry in tuple(REGISTRY.values()):
        if sample.n == 0 or (entry.level == "full" and level != "full"):
            continue
        value = entry.function(sample)
        if value is not None:
            warning = "small_sample" if sample.n < entry.min_n else None
            if sample.n > PAIRS_UP_TO and entry.code in OF_PAIRS:
                warning = "sampled"
            found[entry.code] = {"value": value, "unit": entry.unit, "warning": warning, "min_n": entry.min_n}
    return found


def _shares(sample: Sample) -> Floats:
    counts = np.array([sample.counts[code] for code in sorted(sample.counts)], dtype=np.float64)
    return np.asarray(counts / counts.sum()) if len(counts) else counts


@measure_of("region_counts", min_n=1)
def region_counts(sample: Sample) -> Value:
    """Members by region: {code: number}."""
    return {code: sample.counts[code] for code in sorted(sample.counts)} or None


@measure_of("region_shares", min_n=5)
def region_shares(sample: Sample) -> Value:
    """Share of the members in each region, s_r = n_r / n: {code: share}."""
    return {
        code: round(float(s), 4) for code, s in zip(sorted(sample.counts), _shares(sample), strict=True)
    } or None


@measure_of("hhi", min_n=5)
def herfindahl(sample: Sample) -> Value:
    """Herfindahl-Hirschman index over regions, H = sum s_r^2, (Hirschman, AER 54, 1964)."""
    shares = _shares(sample)
    return round(float((shares**2).sum()), 6) if len(shares) else None


@measure_of("effective_regions", min_n=5)
def effective_regions(sample: Sample) -> Value:
    """Effective number of regions, 1 / H (Laakso and Taagepera, Comparative Political Studies 12, 1979)."""
    shares = _shares(sample)
    return round(float(1.0 / (shares**2).sum()), 4) if len(shares) else None


@measure_of("location_quotient", min_n=10)
def location_quotient(sample: Sample) -> Value:
    """Location quotient by region, (n_r / n) / (t_r / t), with totals t_r of the regions (Florence 1939)."""
    total = sum(sample.totals.values())
    placed = sum(sample.counts.values())
    if not total or not placed:
        return None
    return {
        code: round((sample.counts.get(code, 0) / placed) / (value / total), 4)
        for code, value in sorted(sample.totals.items())
        if value > 0
    } or None


@measure_of("ellison_glaeser", min_n=10)
def ellison_glaeser(sample: Sample) -> Value:
    """Ellison-Glaeser index (Journal of Political Economy 105, 1997, eq. 5).

    gamma = (G - (1 - sum x_r^2) H) / ((1 - sum x_r^2)(1 - H)) with G = sum (s_r - x_r)^2, s_r the region's
    share of the members' staff, x_r its share of all staff (the totals), H = sum z_j^2 over the members'
    shares. Needs sizes of all placed members and totals by region.
    """
    inside = [row for row, code in enumerate(sample.placed_in) if code is not None]
    sizes = sample.sizes[inside]
    if not sample.totals or len(inside) < 2 or not np.isfinite(sizes).all() or sizes.sum() <= 0:
        return None
    z = sizes / sizes.sum()
    codes = [str(sample.placed_in[row]) for row in inside]
    everywhere = sorted(set(codes) | set(sample.totals))
    total = sum(sample.totals.values())
    s = np.array([sum(z[k] for k, code in enumerate(codes) if code == region) for region in everywhere])
    x = np.array([sample.totals.get(region, 0.0) / total for region in everywhere])
    spread, herfindahl_ = 1.0 - (x**2).sum(), (z**2).sum()
    if spread <= 0 or herfindahl_ >= 1:
        return None
    return round(float((((s - x) ** 2).sum() - spread * herfindahl_) / (spread * (1.0 - herfindahl_))), 6)


@measure_of("mean_centre", unit="degrees", min_n=3)
def mean_centre(sample: Sample) -> Value:
    """Mean centre: the mean of the coordinates in the local plane (Lefever 1926)."""
    x, y = sample.xy.mean(axis=0)
    return sample.to_degrees(x, y)


def geometric_median(xy: Floats, tolerance_m: float = 0.1) -> Floats:
    """The point of least total distance (Weiszfeld 1937; at a data point Vardi and Zhang, PNAS 97, 2000)."""
    at = np.median(xy, axis=0)
    for _ in range(1000):
        away = np.hypot(*(xy - at).T)
        apart = away > 1e-9
        weight = 1.0 / away[apart]
        if not len(weight):
            break
        pull = (xy[apart] * weight[:, None]).sum(axis=0) / weight.sum()
        here = int((~apart).sum())
        if here:
            force = np.hypot(*((xy[apart] - at) * weight[:, None]).sum(axis=0))
            share = min(1.0, here / force) if force > 0 else 1.0
            pull = (1.0 - share) * pull + share * at
        if np.hypot(*(pull - at)) < tolerance_m:
            return np.asarray(pull)
        at = pull
    return np.asarray(at)


@measure_of("median_centre", unit="degrees", min_n=3)
def median_centre(sample: Sample) -> Value:
    """Median centre: the point of least total distance from the members, see :func:`geometric_median`."""
    x, y = sample.median_xy
    return sample.to_degrees(x, y)


@measure_of("standard_distance_km", unit="km", min_n=5)
def standard_distance(sample: Sample) -> Value:
    """Standard distance sqrt(sum((x - mx)^2 + (y - my)^2) / n), Bachi, Papers RSA 10, 1963."""
    away = sample.xy - sample.xy.mean(axis=0)
    return round(float(np.sqrt((away**2).sum() / sample.n)) / 1000.0, 4)


@measure_of("standard_deviational_ellipse", min_n=10)
def deviational_ellipse(sample: Sample) -> Value:
    """Standard deviational ellipse in CrimeStat's scale, as pointpats gives it since 2.5.5.

    Semi-axes sqrt(2 n / (n - 2) v) km, v the eigenvalues of the coordinates' covariance (Levine, CrimeStat
    IV, chapter 4; Ebdon 1988), angle of the major axis in degrees anticlockwise from east, area in km2. Ours
    because pointpats exchanged axes and scale between its versions.
    """
    if sample.n < 3:
        return None
    away = sample.xy - sample.xy.mean(axis=0)
    values, axes = np.linalg.eigh(away.T @ away / sample.n)
    if values[0] < 1.0:  # square metres: the members stand on a line
        return None
    minor, major = np.sqrt(2.0 * sample.n / (sample.n - 2) * values) / 1000.0
    return {
        "major_km": round(float(major), 4),
        "minor_km": round(float(minor), 4),
        "angle_deg": round(float(np.degrees(np.arctan2(axes[1, 1], axes[0, 1])) % 180.0), 2),
        "area_km2": round(float(np.pi * major * minor), 4),
    }


@measure_of("hull_area_km2", unit="km2", min_n=5)
def hull_area(sample: Sample) -> Value:
    """Area of the convex hull in the local plane."""
    import shapely

    return round(float(shapely.area(shapely.convex_hull(shapely.multipoints(sample.xy)))) / 1e6, 4)


@measure_of("largest_distance_km", unit="km")
def largest_distance(sample: Sample) -> Value:
    """Largest geodesic distance between two members: two corners of their convex hull."""
    if sample.n > PAIRS_UP_TO:
        from scipy.spatial import ConvexHull
        from scipy.spatial.distance import pdist

        corners = sample.xy[ConvexHull(sample.xy, qhull_options="QJ").vertices]
        return round(float(pdist(corners).max()) / 1000.0, 4)
    return round(float(sample.pair_m.max()) / 1000.0, 4) if sample.n > 1 else None


@measure_of("median_distance_km", unit="km", min_n=5)
def median_distance(sample: Sample) -> Value:
    """Median of the geodesic distances of all pairs."""
    return round(float(np.median(sample.pair_m)) / 1000.0, 4) if sample.n > 1 else None


@measure_of("nearest_neighbour_index", min_n=10)
def nearest_neighbour_index(sample: Sample) -> Value:
    """Nearest-neighbour index (Clark and Evans, Ecology 35, 1954).

    R = r_o / r_e, r_o the mean nearest distance, r_e = 0.5 sqrt(A / n); z = (r_o - r_e) / (0.26136 / sqrt(n^2
    / A)).

    A is the area of the occupied regions of the set, so that R compares with chance *within* them.
    """
    from scipy.spatial import cKDTree

    area = _occupied_area_m2(sample)
    if sample.n < 2 or area <= 0:
        return None
    nearest, _ = cKDTree(sample.xy).query(sample.xy, k=2)
    observed = float(nearest[:, 1].mean())
    expected = 0.5 * np.sqrt(area / sample.n)
    deviation = 0.26136 / np.sqrt(sample.n**2 / area)
    return {
        "index": round(observed / float(expected), 4),
        "z": round(float((observed - expected) / deviation), 3),
        "mean_nearest_km": round(observed / 1000.0, 4),
        "area_km2": round(area / 1e6, 2),
    }


_areas: dict[tuple[str, str], float] = {}


def _occupied_area_m2(sample: Sample) -> float:
    """Ellipsoidal area of the occupied regions, each computed once."""
    total = 0.0
    for code in sample.counts:
        key = (sample.regions.digest, code)
        if key not in _areas:
            if len(_areas) > 20_000:
                _areas.clear()
            polygon = sample.regions.geometries[sample.regions.index[code]]
            _areas[key] = area_m2(polygon)
        total += _areas[key]
    return total


@measure_of("share_within_km", min_n=5)
def share_within(sample: Sample) -> Value:
    """Share of the members within r km of the median centre, for r = 5, 10, 25, 50 and 100: {r: share}."""
    away = np.hypot(*(sample.xy - sample.median_xy).T) / 1000.0
    return {f"{radius:g}": round(float((away <= radius).mean()), 4) for radius in RADII_KM}
