"""What a check of concentration answers, written down for OpenAPI; tests compare it with real answers."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import BaseModel, Field

Verdict = Literal["single_region", "bordering_regions", "separated_regions", "undetermined"]


class ReasonOut(BaseModel):
    """Why: a stable code, the clause it answers to, and a sentence in the language asked for."""

    code: str = Field(examples=["bordering_regions"])
    clause: str = Field(examples=["Appendix 13, 4 (1)"])
    text: str


class RegionOut(BaseModel):
    """A region that holds members; ``exclave``: it borders nothing of the main part of its country."""

    code: str = Field(examples=["AZ-SM"])
    name: str
    country: str
    count: int
    share: float
    component: int = Field(description="Which of the connected sets it belongs to.")
    exclave: bool
    multipart: bool


class EdgeOut(BaseModel):
    """How two occupied regions meet: what was measured, and why it counts as a border."""

    a: str
    b: str
    kind: Literal["line", "point", "gap", "overlap"]
    shared_km: float
    gap_m: float | None
    overlap_m2: float
    overlap_width_m: float
    counts: bool
    basis: Literal["line", "tolerance", "water", "point"] | None = Field(
        description="Common line, error of the map within the tolerance, water, point; null: no border."
    )
    water: bool = Field(description="Whether they border over water, by the ruleset.")
    water_share: float | None = Field(description="How much of the way across is water, where it is mapped.")


class PlacementOut(BaseModel):
    """Where a member stands; ``also`` are further regions on a border or where regions overlap."""

    id: str
    region: str | None
    how: Literal["inside", "border", "snapped", "outside", "no_coordinates"]
    distance_m: float | None
    nearest: str | None
    also: list[str]


class ReadingsOut(BaseModel):
    """Both readings: a chain of neighbours, and every pair bordering; null where nobody is placed."""

    applied: Literal["chain", "pairwise"]
    chain: bool | None
    pairwise: bool | None


class PartOut(BaseModel):
    """The verdict on one country's part of a cluster."""

    country: str
    verdict: Verdict
    members: int
    regions: list[str]
    components: list[list[str]]
    chain: bool
    pairwise: bool
    missing_pairs: list[list[str]]
    bridges: list[list[str]]
    partial_bridges: list[list[str]]


class RequirementOut(BaseModel):
    """What the check says of a requirement; without data it is "not_shown", never "met"."""

    number: int
    code: str
    state: Literal["met", "not_met", "not_shown"]
    state_text: str
    clause: str
    title: str


class StepOut(BaseModel):
    """From this tolerance on the verdict is this."""

    from_m: float
    verdict: Verdict


class ToleranceOut(BaseModel):
    """The interval of tolerances in which the verdict holds; null: as far as was looked."""

    value: float
    from_m: float
    to_m: float | None
    checked_to_m: float
    steps: list[StepOut]


class VerdictOut(BaseModel):
    """A verdict under another assumption."""

    verdict: Verdict


class PointContactOut(VerdictOut):
    """The verdict with point contacts counted, or not."""

    counted: bool


class CountOut(BaseModel):
    """Members of a region of the level above."""

    code: str
    count: int


class OtherLevelOut(VerdictOut):
    """The verdict on the regions of the level above (economic regions for districts)."""

    regions: list[CountOut]


class FlipOut(VerdictOut):
    """What the answer would be if this member left."""

    id: str
    satisfied: bool


class NearMemberOut(FlipOut):
    """A member so near another region that the map cannot tell, and the answer if it stood there."""

    region: str | None
    other: str
    distance_m: float


class NearBorderOut(VerdictOut):
    """The answer if all members near one border stood on its other side."""

    region: str | None
    other: str
    count: int
    satisfied: bool


class CombinationsOut(BaseModel):
    """All answers that occur with each near member on any of its sides."""

    tried: int
    complete: bool
    verdicts: list[Verdict]
    satisfied: list[bool]


class NearOut(BaseModel):
    """Members nearer to another region than the map is accurate."""

    accuracy_m: float | None
    members: list[NearMemberOut]
    borders: list[NearBorderOut]
    combinations: CombinationsOut | None
    changes_answer: bool


class SensitivityOut(BaseModel):
    """How firmly the verdict stands."""

    gap_m: ToleranceOut
    point_contact: PointContactOut
    water: VerdictOut | None
    other_level: OtherLevelOut | None
    splitting_regions: list[str]
    flipping_members: list[FlipOut]
    near_border: NearOut


class MetricOut(BaseModel):
    """A figure; ``warning`` where it means little: "small_sample" below ``min_n`` members, or "sampled"."""

    value: float | dict[str, Any] | list[Any]
    unit: str
    warning: Literal["small_sample", "sampled"] | None
    min_n: int


class RulesetOut(BaseModel):
    """The ruleset in the version that was applied."""

    code: str = Field(examples=["az-appendix-13"])
    version: str = Field(examples=["1.0"])
    title: str
    source: str
    example: bool
    note: str


class AppliedOut(BaseModel):
    """The options as they were applied: the caller's, else the ruleset's."""

    gap_m: float
    snap_m: float
    point_contact: bool
    water_m: float
    water: Literal["mapped", "unclaimed"]
    reading: Literal["chain", "pairwise"]
    min_participants: int
    accuracy_m: float | None


class BoundarySetOut(BaseModel):
    """The boundaries that were used; the same digest is the same content."""

    code: str
    level: str
    digest: str


class ConcentrationAnswer(BaseModel):
    """The verdict on geographic concentration with its evidence."""

    verdict: Verdict
    satisfied: bool = Field(description="Whether concentration and the number of members are shown.")
    sentence: str
    reasons: list[ReasonOut]
    members: int
    regions: list[RegionOut]
    components: list[list[str]]
    edges: list[EdgeOut]
    participants: list[PlacementOut]
    bridges: list[list[str]] = Field(description="Smallest sets of further regions that would connect all.")
    readings: ReadingsOut
    parts: list[PartOut] = Field(description="One for each country of a joint cluster.")
    requirements: list[RequirementOut]
    sensitivity: SensitivityOut
    metrics: dict[str, MetricOut] = Field(
        description="By code: counts, shares, hhi, effective_regions, location_quotient, ellison_glaeser, "
        "mean_centre, median_centre, standard_distance_km, standard_deviational_ellipse, hull_area_km2, "
        "largest_distance_km, median_distance_km, nearest_neighbour_index, share_within_km; with "
        "metrics=full k_density, moran and local_moran too. Those without data are left out."
    )
    ruleset: RulesetOut
    options: AppliedOut
    boundaries: BoundarySetOut
    as_of: dt.date | None
