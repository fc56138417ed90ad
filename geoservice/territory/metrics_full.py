"""Measures that simulate or need the region graph: registered when the level "full" is asked for."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoservice.territory.geodesy import distances_m
from geoservice.territory.metrics import Floats, Sample, Value, measure_of

SEED = 20_210_707  # fixed: the same members give the same envelope
SIMULATIONS = 199
PERMUTATIONS = 999
_STEPS = 41


def k_density(distance_km: Floats, at_km: Floats, bandwidth_km: float) -> Floats:
    """Density of bilateral distances after Duranton and Overman (Review of Economic Studies 72, 2005).

    K(d) = 1 / (n (n - 1) h) sum_i sum_{j != i} f((d - d_ij) / h), f Gaussian, reflected at 0 (Silverman
    1986), so that it integrates to 1 over d >= 0. Programs that do not reflect (R's dbmss) differ within
    some h of 0. Neither the paper nor dbmss prints numbers for data that are at hand; the values are checked
    against R's ``density``, of which dbmss consists, and against closed forms.
    """
    scaled = (at_km[:, None] - distance_km[None, :]) / bandwidth_km
    mirrored = (at_km[:, None] + distance_km[None, :]) / bandwidth_km
    kernel = np.exp(-0.5 * scaled**2) + np.exp(-0.5 * mirrored**2)
    return np.asarray(kernel.sum(axis=1) / (len(distance_km) * bandwidth_km * np.sqrt(2.0 * np.pi)))


def silverman_bandwidth(distance_km: Floats) -> float:
    """Silverman's rule (1986, eq. 3.31): 0.9 min(s, IQR / 1.34) m^(-1/5), for m distances."""
    quartiles = np.percentile(distance_km, [25, 75])
    spread = [value for value in (distance_km.std(ddof=1), (quartiles[1] - quartiles[0]) / 1.34) if value > 0]
    return 0.9 * float(min(spread)) * len(distance_km) ** -0.2 if spread else 0.0


@measure_of("k_density", min_n=15, level="full")
def duranton_overman(sample: Sample) -> Value:
    """K-density with local and global 90 % confidence bands (Duranton and Overman 2005, 3.2 and 3.3).

    The counterfactual places as many members by chance, evenly over the regions of the countries that hold
    members: without a list of all establishments the answer is "more clustered than land", not "than
    industry". ``localised``: distances at which K leaves the global band upwards; seeded, so the answer is
    repeatable.
    """
    if sample.n < 4 or sample.n > 500 or not sample.counts:
        return None
    observed = sample.pair_m / 1000.0
    bandwidth = silverman_bandwidth(observed)
    rng = np.random.default_rng(SEED)
    places = _random_places(sample, rng, SIMULATIONS * sample.n)
    if bandwidth <= 0 or places is None:
        return None
    i, j = np.triu_indices(sample.n, 1)
    drawn = places.reshape(SIMULATIONS, sample.n, 2)
    chance = distances_m(drawn[:, i, 0], drawn[:, i, 1], drawn[:, j, 0], drawn[:, j, 1]) / 1000.0
    at = np.linspace(0.0, float(np.median(chance)), _STEPS)
    density = k_density(observed, at, bandwidth)
    simulated = np.array([k_density(row, at, max(silverman_bandwidth(row), 1e-6)) for row in chance])
    low, high = np.quantile(simulated, [0.05, 0.95], axis=0)
    global_low, global_high = _global_band(simulated)
    return {
        "distance_km": [round(float(v), 3) for v in at],
        "k": _rounded(density),
        "local_band": [_rounded(low), _rounded(high)],
        "global_band": [_rounded(global_low), _rounded(global_high)],
        "bandwidth_km": round(bandwidth, 4),
        "simulations": SIMULATIONS,
        "seed": SEED,
        "localised_km": [round(float(v), 3) for v in at[density > global_high]],
        "dispersed_km": [
            round(float(v), 3) for v in at[density < global_low] if not (density > global_high).any()
        ],
    }


def _rounded(values: Floats) -> list[float]:
    return [round(float(v), 7) for v in values]


def _global_band(simulated: Floats) -> tuple[Floats, Floats]:
    """The band of equal local confidence that 95 % of the simulations stay below (above) everywhere."""
    count = len(simulated)
    ranks = np.argsort(np.argsort(simulated, axis=0), axis=0)
    highest, lowest = np.sort(ranks.max(axis=1)), np.sort(ranks.min(axis=1))
    top = int(highest[int(np.ceil(0.95 * count)) - 1])
    bottom = int(lowest[int(np.floor(0.05 * count))])
    ordered = np.sort(simulated, axis=0)
    return ordered[bottom], ordered[top]


def _random_places(sample: Sample, rng: np.random.Generator, count: int) -> Floats | None:
    """Points drawn evenly by area over the regions of the countries that hold members; (count, 2) degrees."""
    import shapely

    regions = sample.regions
    countries = {regions.countries[regions.index[code]] for code in sample.counts}
    own = np.array([country in countries for country in regions.countries])
    west, south, east, north = shapely.total_bounds(regions.geometries[own])
    low, high = np.sin(np.radians([south, north])).tolist()
    held: list[Floats] = []
    found = 0
    for _ in range(200):
        lon = rng.uniform(west, east, 2 * count)
        lat = np.degrees(np.arcsin(rng.uniform(low, high, 2 * count)))
        region = regions.grid.lookup(lon, lat)[0]
        inside = (region >= 0) & own[np.maximum(region, 0)]
        held.append(np.column_stack([lon[inside], lat[inside]]))
        found += int(inside.sum())
        if found >= count:
            return np.concatenate(held)[:count]
    return None


def _weights(sample: Sample) -> tuple[tuple[str, ...], Any]:
    """Row-standardised weights over the region graph, for the countries that hold members."""
    from libpysal.weights import W

    countries = {sample.regions.countries[sample.regions.index[code]] for code in sample.counts}
    own = [
        code
        for code, country in zip(sample.regions.codes, sample.regions.countries, strict=True)
        if country in countries
    ]
    neighbours = sample.graph.neighbours(sample.rule, own)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # libpysal warns of islands; the API says so itself
        weights = W({code: sorted(others) for code, others in neighbours.items()}, silence_warnings=True)
        weights.transform = "r"
    return tuple(weights.id_order), weights


def _counts(sample: Sample, order: tuple[str, ...]) -> NDArray[np.float64]:
    return np.array([sample.counts.get(code, 0) for code in order], dtype=np.float64)


@measure_of("moran", min_n=20, level="full")
def moran(sample: Sample) -> Value:
    """Moran's I of members by region over the region graph, row-standardised: esda.Moran (Cliff, Ord 1981).

    ``p`` is of 999 seeded permutations, one-sided as esda gives it; ``islands`` border no region.
    """
    if not sample.counts:
        return None
    from esda.moran import Moran

    order, weights = _weights(sample)
    values = _counts(sample, order)
    if len(order) < 4 or values.std() == 0:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        state = np.random.get_state()
        np.random.seed(SEED % 2**32)
        found = Moran(values, weights, permutations=PERMUTATIONS)
        np.random.set_state(state)
    return {
        "i": round(float(found.I), 6),
        "expected": round(float(found.EI), 6),
        "z": round(float(found.z_norm), 4),
        "p": round(float(found.p_sim), 4),
        "permutations": PERMUTATIONS,
        "regions": len(order),
        "islands": sorted(weights.islands),
    }


_QUADRANTS = {1: "high_high", 2: "low_high", 3: "low_low", 4: "high_low"}


@measure_of("local_moran", min_n=20, level="full")
def local_moran(sample: Sample) -> Value:
    """Local Moran (Anselin, Geographical Analysis 27, 1995): esda.Moran_Local, 999 seeded permutations.

    Regions with p <= 0.05 and their kind: {code: {"kind", "i", "p"}}; not corrected for the number of
    regions. Empty regions among empty ones are left out: they say nothing of the cluster.
    """
    if not sample.counts:
        return None
    from esda.moran import Moran_Local

    order, weights = _weights(sample)
    values = _counts(sample, order)
    if len(order) < 4 or values.std() == 0:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = Moran_Local(values, weights, permutations=PERMUTATIONS, seed=SEED % 2**32, n_jobs=1)
    return {
        code: {
            "kind": _QUADRANTS[int(found.q[k])],
            "i": round(float(found.Is[k]), 5),
            "p": round(float(found.p_sim[k]), 4),
        }
        for k, code in enumerate(order)
        if found.p_sim[k] <= 0.05 and code not in weights.islands and (values[k] > 0 or found.q[k] != 3)
    }
