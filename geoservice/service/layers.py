"""Use cases: the operator's own layers and boundary sets, kept as files beside the store."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from geoservice.errors import (
    ConflictError,
    GeometryError,
    InvalidInputError,
    PermissionDeniedError,
    StoreError,
    TooLargeError,
)
from geoservice.model import LANGUAGES, Principal, PrincipalRole
from geoservice.service.core import Core
from geoservice.service.prepared import Prepared
from geoservice.service.register_parts import InvalidRowError

if TYPE_CHECKING:
    from geoservice.register.report import Problem
    from geoservice.specs import LayerSpec
    from geoservice.territory.quality import Flaw
    from geoservice.territory.repair import Repair

LAYER_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
STYLES_BY_KIND = {"area": "user-area", "line": "user-line", "point": "user-point"}
RASTER_SUFFIXES = (".tif", ".tiff")
CODE_FIELDS = ("code", "kod", "iso", "iso_3166_2", "id", "код")
NAME_FIELDS = ("name_az", "name", "ad", "adi", "title", "name_en", "наименование", "название")


class Quality(Struct, frozen=True, dict=True):
    """A boundary set (GeoDataFrame of polygons with ``code``) and its flaws; mended only when asked."""

    frame: Any
    gap_m: float
    before: tuple[Flaw, ...]

    @cached_property
    def _repaired(self) -> Repair:
        from geoservice.territory.repair import repair_boundaries

        return repair_boundaries(self.frame, gap_m=self.gap_m)

    def after(self) -> tuple[Flaw, ...]:
        """What is still wrong with the mended set."""
        return self._repaired.after

    def geopackage(self) -> bytes:
        """The mended set as a GeoPackage, EPSG:4326."""
        return _geopackage(self._repaired.frame, "boundaries")


class Layers(Core):
    """Layers and boundary sets."""

    def add_layer(
        self,
        principal: Principal,
        filename: str,
        data: bytes,
        *,
        id: str,
        title: str,
        style: str = "",
        name_field: str = "",
        order: int = 60,
        opacity: float = 1.0,
        source: str = "",
        licence: str = "",
        as_of: str = "",
        edition: str = "",
    ) -> LayerSpec:
        """Add a vector layer or a GeoTIFF to the catalogue, for web and print.

        Raises:
            ConflictError: the id is taken.
            InvalidInputError: the id, the style, the date or the file is not usable; a missing CRS is one.
        """
        self._may_add(principal, id, data)
        if filename.lower().endswith(RASTER_SUFFIXES):
            from geoservice.register.raster import check_geotiff

            check_geotiff(filename, data)
            target, kind, name_field = f"data/{id}.tif", "raster", ""
        else:
            from geoservice.register.vector import read_layer

            frame = read_layer(filename, data)
            kind = _kind(frame)
            name_field = name_field or _guess(frame, NAME_FIELDS)
            frame, target = _with_key(frame), f"data/{id}.gpkg"
            data = _geopackage(frame, id)
        style = style or STYLES_BY_KIND.get(kind, "user-area")
        if kind != "raster" and style not in self.catalog.layer_styles:
            raise InvalidInputError("style_unknown", value=style, known=", ".join(self.catalog.layer_styles))
        values = {
            "id": id, "kind": kind, "title": dict.fromkeys(LANGUAGES, title), "data": target, "style": style,
            "key": "feature_key", "order": order, "opacity": opacity, "source": source, "licence": licence,
            "as_of": _state(as_of), "edition": edition.strip(),
            "names": dict.fromkeys(LANGUAGES, name_field) if name_field else {},
        }  # fmt: skip
        return self._write(values, data)

    def add_boundaries(
        self,
        principal: Principal,
        filename: str,
        data: bytes,
        *,
        code: str,
        title: str,
        level: str,
        country: str = "",
        code_field: str = "",
        name_field: str = "",
        source: str = "",
        licence: str = "",
        as_of: str = "",
        edition: str = "",
    ) -> tuple[LayerSpec, tuple[Problem, ...]]:
        """Add a boundary set; invalid polygons are repaired and reported.

        Raises:
            ConflictError: the code is taken.
            InvalidInputError: the file is not usable; a missing CRS is an error.
        """
        from geoservice.register.vector import read_boundaries

        self._may_add(principal, code, data)
        names = dict.fromkeys(LANGUAGES, name_field) if name_field else None
        frame, problems = read_boundaries(filename, data, code_field=code_field or None, name_fields=names)
        if wrong := [problem for problem in problems if problem.severity == "error"]:
            raise InvalidRowError(wrong, "boundaries_wrong")
        if country:
            frame["country"] = country.upper()
        values = {
            "id": code, "kind": "boundaries", "level": level, "title": dict.fromkeys(LANGUAGES, title),
            "data": f"data/{code}.gpkg", "style": "districts" if level == "district" else "regions",
            "country": country.upper(), "order": 20, "source": source, "licence": licence,
            "as_of": _state(as_of), "edition": edition.strip(),
            "names": {lang: f"name_{lang}" for lang in LANGUAGES}, "default": False,
        }  # fmt: skip
        return self._write(values, _geopackage(frame, code)), tuple(problems)

    def check_boundaries(self, target: str, *, gap_m: float, code_field: str = "") -> Quality:
        """The flaws of a boundary set of the catalogue, or of a file, which is only read.

        Raises:
            NotFoundError: there is neither such a set nor such a file.
            InvalidInputError: the file cannot be read; a missing CRS is an error.
        """
        from geoservice.territory.quality import check_boundaries

        file = Path(target)
        if file.is_file():
            from geoservice.register.vector import read_layer

            frame = read_layer(file.name, file.read_bytes(), mend=False)
            column = code_field or _guess(frame, CODE_FIELDS)
            if column and column not in frame.columns:
                known = ", ".join(str(name) for name in frame.columns)
                raise InvalidInputError("register.error.no_property", property=column, known=known)
            numbers = [str(row) for row in range(1, len(frame) + 1)]
            frame = frame.assign(code=frame[column].astype(str) if column else numbers)
        else:
            frame = self.catalog.boundaries(target).frame
        return Quality(frame, gap_m, check_boundaries(frame, gap_m=gap_m))

    def remove_layer(self, principal: Principal, layer_id: str) -> None:
        """Remove a layer or boundary set that the operator added.

        Raises:
            NotFoundError: there is no such layer.
            PermissionDeniedError: it is built in, or the principal may not.
            ConflictError: a cluster uses the boundary set.
        """
        self.authorise(principal, PrincipalRole.OPERATOR)
        spec = self.catalog.layer(layer_id)
        if not self.is_own(spec):
            raise PermissionDeniedError("layer_built_in", layer=layer_id)
        if users := [c.code for c in self.store.clusters() if layer_id in c.boundaries]:
            raise ConflictError("boundaries_in_use", layer=layer_id, clusters=", ".join(users))
        with _changing(spec.folder):
            (spec.folder / f"{layer_id}.toml").unlink()
            spec.path.unlink()
        self.forget_catalog()

    def is_own(self, spec: LayerSpec) -> bool:
        """Whether the operator added the layer."""
        return self.options.data is not None and spec.folder == self.options.data / "layers"

    def boundaries_geojson(self, code: str, lang: str) -> Prepared:
        """A boundary set as GeoJSON in WGS 84 with ``code``, ``name``, ``country`` and ``parent``.

        Raises:
            NotFoundError: there is no such set.
        """
        boundaries = self.catalog.boundaries(code)
        key = ("boundaries", code, boundaries.digest, lang)
        return self.memo.get(key, lambda: Prepared(_geojson(boundaries, lang), "application/geo+json"))

    # -- parts -----------------------------------------------------------------------------------------

    def _may_add(self, principal: Principal, layer_id: str, data: bytes) -> None:
        self.authorise(principal, PrincipalRole.OPERATOR)
        if self.options.data is None:
            raise InvalidInputError("no_data_folder")
        if len(data) > self.options.max_upload_bytes:
            raise TooLargeError("body_too_large", limit=self.options.max_upload_bytes // (1024 * 1024))
        if not LAYER_ID.fullmatch(layer_id):
            raise InvalidInputError("layer_id", value=layer_id)
        if layer_id in self.catalog.layers:
            raise ConflictError("layer_exists", layer=layer_id)

    def _write(self, values: dict[str, Any], data: bytes) -> LayerSpec:
        """Write the data first and its TOML last: a layer is in the catalogue whole or not at all."""
        import tomli_w

        from geoservice.catalog import validated
        from geoservice.specs import LayerSpec

        assert self.options.data is not None  # noqa: S101 - _may_add has refused before
        folder = self.options.data / "layers"
        toml = folder / f"{values['id']}.toml"
        spec = validated(LayerSpec, {**values, "folder": folder}, toml)
        with _changing(folder):
            (folder / "data").mkdir(parents=True, exist_ok=True)
            _replace(spec.path, data)
            _replace(toml, tomli_w.dumps(values).encode())
        self.forget_catalog()
        return self.catalog.layer(spec.id)


@contextmanager
def _changing(folder: Path) -> Iterator[None]:
    """Say which folder cannot be written, rather than fail inside."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            "layers_not_writable", folder=str(folder), why=error.strerror or str(error)
        ) from error


def _replace(path: Path, data: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".part", delete=False) as part:
        part.write(data)
    Path(part.name).replace(path)


KINDS = {"Point": "point", "LineString": "line", "LinearRing": "line", "Polygon": "area"}


def _state(as_of: str) -> str:
    """Of what day, month or year the data of a layer are.

    Raises:
        InvalidInputError: the text is no such date.
    """
    from geoservice.specs import is_partial_date

    said = as_of.strip()
    if said and not is_partial_date(said):
        raise InvalidInputError("state_date", value=as_of)
    return said


def _kind(frame: Any) -> str:
    """What a layer is drawn as.

    Raises:
        GeometryError: points, lines and areas are mixed: one layer has one kind of sign.
    """
    kinds = {KINDS.get(name.removeprefix("Multi"), name) for name in frame.geom_type}
    if len(kinds) != 1 or not kinds <= set(KINDS.values()):
        raise GeometryError("layer_mixed", kinds=", ".join(sorted(kinds)))
    return str(kinds.pop())


def _guess(frame: Any, wanted: tuple[str, ...]) -> str:
    columns = {str(column).casefold(): str(column) for column in frame.columns}
    return next((columns[name] for name in wanted if name in columns), "")


def _with_key(frame: Any) -> Any:
    return frame.assign(feature_key=[str(n) for n in range(1, len(frame) + 1)])


def _geopackage(frame: Any, layer: str) -> bytes:
    import io

    import pyogrio

    stream = io.BytesIO()
    pyogrio.write_dataframe(frame, stream, driver="GPKG", layer=layer)
    return stream.getvalue()


def _geojson(boundaries: Any, lang: str) -> bytes:
    import orjson
    import shapely

    frame = boundaries.frame
    features = [
        {
            "type": "Feature",
            "id": code,
            "geometry": orjson.Fragment(shapely.to_geojson(geometry)),
            "properties": {"code": code, "name": name or default, "country": country, "parent": parent},
        }
        for code, name, default, country, parent, geometry in zip(
            frame["code"], frame[f"name_{lang}"], frame["name_az"], frame["country"], frame["parent"],
            frame.geometry, strict=True,
        )
    ]  # fmt: skip
    return orjson.dumps({"type": "FeatureCollection", "features": features})
