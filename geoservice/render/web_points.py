"""Very many points for a canvas: a binary array of places and classes, small enough for a national view.

Layout (little endian): magic ``GSP1``, uint32 count, then count x int32 longitudes and as many latitudes
(WGS 84 degrees times 1e6), then count x uint8 class indices, then count x uint16 group indices.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

MAGIC = b"GSP1"
SCALE = 1_000_000
MAX_CLASSES = 256
MAX_GROUPS = 65_536


def pack(
    longitudes: Sequence[float], latitudes: Sequence[float], classes: Sequence[int], groups: Sequence[int]
) -> bytes:
    """Return the array's bytes; all sequences have the same length.

    Args:
        longitudes: WGS 84 degrees.
        latitudes: WGS 84 degrees.
        classes: index of each point's class, below 256.
        groups: index of each point's group (its cluster), below 65 536.

    Raises:
        ValueError: the sequences differ in length, or an index is too large.
    """
    import numpy as np

    count = len(longitudes)
    if not len(latitudes) == len(classes) == len(groups) == count:
        raise ValueError("sequences of different length")
    if count and (max(classes) >= MAX_CLASSES or max(groups) >= MAX_GROUPS):
        raise ValueError("class or group index too large")
    return b"".join(
        (
            MAGIC,
            struct.pack("<I", count),
            _degrees(np, longitudes),
            _degrees(np, latitudes),
            np.asarray(classes, dtype="u1").tobytes(),
            np.asarray(groups, dtype="<u2").tobytes(),
        )
    )


def _degrees(np: Any, values: Sequence[float]) -> bytes:
    scaled = np.round(np.asarray(values, dtype="f8") * SCALE).astype("<i4")
    return bytes(scaled.tobytes())
