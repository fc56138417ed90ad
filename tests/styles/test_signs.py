"""The signs as they are printed: told apart in grey, in 1-bit black and white and by colour-blind readers.

Each sign is rendered at 48 px by Typst, the renderer of the sheet. The difference of two signs is the mean
absolute difference of their pixels (0..1) over the 48 x 48 square; a tenth means that the signs differ as if
one pixel in ten had turned from black to white.
"""

from __future__ import annotations

import io
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

STYLES = Path(__file__).resolve().parents[2] / "styles"
PARTICIPANTS = ("large_enterprise", "medium_enterprise", "small_enterprise")
INFRASTRUCTURE = (
    "higher_education", "vocational_education", "research", "development_institution",
    "industrial_infrastructure", "marketing_sales", "finance", "nonprofit", "government", "other",
)  # fmt: skip
SIGNS = (*PARTICIPANTS, *INFRASTRUCTURE)
MARKS = ("mark_founder", "mark_final_producer")

SIZE_PX = 48
LEAST_DIFFERENCE = 0.14  # in grey and under each simulation
LEAST_DIFFERENCE_1BIT = 0.20
LEAST_OUTLINE_DIFFERENCE = 0.12  # share of the joint area that only one of two outlines covers

#: Complete dichromacy (severity 1.0), for linear RGB: G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A
#: Physiologically-based Model for Simulation of Color Vision Deficiency", IEEE TVCG 15(6), 2009.
MACHADO_2009 = {
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
                     (-0.011820, 0.042940, 0.968881)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
                   (-0.003882, -0.048116, 1.051998)),
}  # fmt: skip


@cache
def rendered(name: str) -> np.ndarray:
    """A sign on white, 48 x 48 x 3, sRGB 0..1."""
    import typst
    from matplotlib.image import imread

    page = (
        f"#set page(width: {SIZE_PX}pt, height: {SIZE_PX}pt, margin: 0pt, fill: white)\n"
        f'#image("/symbols/{name}.svg", width: {SIZE_PX}pt)'
    )
    png = typst.compile(page.encode(), root=str(STYLES), format="png", ppi=72.0)
    return np.asarray(imread(io.BytesIO(png), format="png"))[..., :3].astype(float)


def to_linear(srgb: np.ndarray) -> np.ndarray:
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def to_srgb(linear: np.ndarray) -> np.ndarray:
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def grey(name: str) -> np.ndarray:
    return to_srgb(to_linear(rendered(name)) @ np.array([0.2126, 0.7152, 0.0722]))


def one_bit(name: str) -> np.ndarray:
    return (grey(name) >= 0.6).astype(float)


def simulated(name: str, deficiency: str) -> np.ndarray:
    return to_srgb(to_linear(rendered(name)) @ np.array(MACHADO_2009[deficiency]).T)


def outline(name: str) -> np.ndarray:
    """The area within a sign's outer edge."""
    from scipy.ndimage import binary_fill_holes

    return np.asarray(binary_fill_holes(grey(name) < 0.85))


VIEWS = {
    "grey": (grey, LEAST_DIFFERENCE),
    "1-bit": (one_bit, LEAST_DIFFERENCE_1BIT),
    "deuteranopia": (lambda name: simulated(name, "deuteranopia"), LEAST_DIFFERENCE),
    "protanopia": (lambda name: simulated(name, "protanopia"), LEAST_DIFFERENCE),
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("group", [SIGNS, MARKS], ids=["signs", "marks"])
def test_every_pair_is_told_apart(view, group):
    seen, least = VIEWS[view]
    close = {
        (one, other): round(float(difference), 3)
        for one, other in combinations(group, 2)
        if (difference := np.abs(seen(one) - seen(other)).mean()) < least
    }
    assert close == {}


def outline_difference(one: str, other: str) -> float:
    return float((outline(one) ^ outline(other)).sum() / (outline(one) | outline(other)).sum())


def test_participants_share_an_outline_that_no_infrastructure_object_has():
    for one, other in combinations(PARTICIPANTS, 2):
        assert outline_difference(one, other) < 0.02
    for one in PARTICIPANTS:
        for other in INFRASTRUCTURE:
            assert outline_difference(one, other) > LEAST_OUTLINE_DIFFERENCE, (one, other)


def test_infrastructure_outlines_differ_but_for_the_two_kinds_of_education():
    alike = {
        (one, other)
        for one, other in combinations(INFRASTRUCTURE, 2)
        if outline_difference(one, other) <= LEAST_OUTLINE_DIFFERENCE
    }
    assert alike == {("higher_education", "vocational_education")}


def test_the_larger_the_enterprise_the_darker_its_sign():
    ink = [1 - grey(name).mean() for name in PARTICIPANTS]
    assert ink == sorted(ink, reverse=True)


def test_halo_and_sign_stay_within_the_square():
    for name in (*SIGNS, *MARKS):
        image = grey(name)
        edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
        assert edge.min() > 0.95, name
