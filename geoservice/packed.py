"""Layers packed when the program is set up: the features of their GeoJSON, read in a tenth of the time.

``python -m geoservice.packed FILE.geojson...`` writes ``FILE.packed`` beside each: a line of JSON (the hash
of the source, the columns, how many bytes each geometry has) and the geometries as WKB. Where there is none,
or the source was changed since, the source is read.
"""

from __future__ import annotations

import hashlib
import sys
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from geoservice.features import Features
from geoservice.geojson import read_plain

if TYPE_CHECKING:
    from pathlib import Path


def pack(source: Path) -> bool:
    """Write what :func:`read_packed` reads; tell whether the file is one that can be packed."""
    import orjson
    import shapely

    content = source.read_bytes()
    features = read_plain(content)
    if features is None:
        return False
    blobs = shapely.to_wkb(features.geometry).tolist()
    head = {"source": source_hash(content), "columns": features.columns, "sizes": [*map(len, blobs)]}
    waiting = source.with_suffix(".packing")
    waiting.write_bytes(b"\n".join([orjson.dumps(head), b"".join(blobs)]))
    waiting.replace(source.with_suffix(".packed"))
    return True


def read_packed(source: Path, hashed: str) -> Features | None:
    """Read the features of a GeoJSON file from what was packed of it.

    Args:
        source: the GeoJSON file.
        hashed: :func:`source_hash` of its content.

    Returns:
        ``None`` where nothing was packed, or something else.
    """
    import numpy as np
    import orjson
    import shapely

    try:
        head, _, blobs = source.with_suffix(".packed").read_bytes().partition(b"\n")
        found = orjson.loads(head)
        if found["source"] != hashed:
            return None
        ends = [0, *accumulate(found["sizes"])]
        parts = np.array([blobs[start:end] for start, end in pairwise(ends)], dtype=object)
        return Features(shapely.from_wkb(parts), found["columns"])
    except (FileNotFoundError, ValueError, LookupError, TypeError, shapely.errors.GEOSException):
        return None


def source_hash(content: bytes) -> str:
    """Hash of a file's content: its first 16 digits are the layer's digest."""
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    from pathlib import Path

    unfit = [name for name in sys.argv[1:] if not pack(Path(name))]
    if unfit:
        sys.exit(f"these hold more than plain features: {', '.join(unfit)}")
