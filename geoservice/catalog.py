"""layers/ and styles/ files -> validated specifications, every cross-reference checked, every name resolved.

The built-in folders travel in the wheel; an operator's own ``layers/`` and ``styles/`` folders are laid over
them, a file of the same id replacing the built-in one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

import tomli
from msgspec import ValidationError

from geoservice.errors import CatalogError, NotFoundError
from geoservice.features import Features
from geoservice.geojson import read_plain
from geoservice.model import LANGUAGES, Boundaries, Issue, Mark, OrganisationType
from geoservice.packed import read_packed, source_hash
from geoservice.specs import AbbreviationSpec, LayerSpec, LayerStyle, OrganisationStyle, Spec, TypeSpec

T = TypeVar("T", bound=Spec)

PACKAGE = Path(__file__).parent


def builtin_root() -> Path:
    """The folder that holds the built-in layers/ and styles/: in the wheel, or the source tree."""
    packed = PACKAGE / "_shared"
    return packed if packed.is_dir() else PACKAGE.parent


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        CatalogError: it is not readable, not UTF-8 or not TOML.
    """
    try:
        return tomli.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomli.TOMLDecodeError) as error:
        raise CatalogError("catalog_file", file=path.name, where="-", why=str(error)) from error


def validated(model: type[T], data: Any, path: Path) -> T:
    """Validate a table of a file against its specification.

    Raises:
        CatalogError: naming the file, the key and what is wrong with it.
    """
    try:
        return model.read(data)
    except ValidationError as error:
        why, _, where = str(error).rpartition(" - at ")
        where = where.replace("`", "").removeprefix("$").removeprefix(".") if why else ""
        raise CatalogError(
            "catalog_file", file=path.name, where=where or "-", why=why or str(error)
        ) from error


class Catalog:
    """The layers, styles, signs, types and abbreviations that a service works with.

    Args:
        extra: folders that may hold ``layers/`` and ``styles/`` of the operator, later ones winning.

    Raises:
        CatalogError: a file is wrong or refers to something that does not exist.
    """

    def __init__(self, extra: Iterable[Path] = ()) -> None:
        self.roots = (builtin_root(), *extra)
        self.layers = self._read_layers()
        self.layer_styles = self._read_layer_styles()
        self.organisations = self._read_organisation_style()
        self.types = self._read_types()
        self._check()
        self._features: dict[str, tuple[str, Features]] = {}
        self._lock = RLock()

    # -- reading ---------------------------------------------------------------------------------------

    def _read_layers(self) -> Mapping[str, LayerSpec]:
        layers: dict[str, LayerSpec] = {}
        for root in self.roots:
            for path in sorted((root / "layers").glob("*.toml")):
                spec = validated(LayerSpec, {**read_toml(path), "folder": path.parent}, path)
                if spec.id != path.stem:
                    raise CatalogError(
                        "catalog_file", file=path.name, where="id", why=f"{spec.id} ≠ {path.stem}"
                    )
                layers[spec.id] = spec
        return dict(sorted(layers.items(), key=lambda item: (item[1].order, item[0])))

    def _read_layer_styles(self) -> Mapping[str, LayerStyle]:
        styles: dict[str, LayerStyle] = {}
        for root in self.roots:
            for path in sorted((root / "styles").glob("*.toml")):
                for table in read_toml(path).get("style", ()):
                    style = validated(LayerStyle, table, path)
                    styles[style.id] = style
        return styles

    def _read_organisation_style(self) -> OrganisationStyle:
        path = self.resource("styles/organisations.toml")
        return validated(OrganisationStyle, read_toml(path), path)

    def _read_types(self) -> Mapping[str, OrganisationType]:
        path = self._data_file(f"classifications/{self.organisations.classification}.toml")
        specs = [validated(TypeSpec, table, path) for table in read_toml(path).get("type", ())]
        return {s.code: OrganisationType(s.code, s.role, s.title, s.short, s.aliases) for s in specs}

    @cached_property
    def abbreviations(self) -> tuple[AbbreviationSpec, ...]:
        """Every abbreviation that the legend can explain."""
        path = self._data_file("abbreviations.toml")
        return tuple(validated(AbbreviationSpec, t, path) for t in read_toml(path).get("abbreviation", ()))

    def _data_file(self, name: str) -> Path:
        """A data file: the operator's own first, then the built-in one."""
        for root in reversed(self.roots[1:]):
            if (root / name).is_file():
                return root / name
        return PACKAGE / "data" / name

    def resource(self, name: str) -> Path:
        """The path of a file such as ``styles/symbols/finance.svg``, the operator's own first.

        Raises:
            CatalogError: no root has it.
        """
        for root in reversed(self.roots):
            if (root / name).is_file():
                return root / name
        raise CatalogError("catalog_missing_file", file=name)

    @property
    def style_folders(self) -> tuple[Path, ...]:
        """All ``styles`` folders there are, the built-in one first."""
        return tuple(root / "styles" for root in self.roots if (root / "styles").is_dir())

    # -- checking --------------------------------------------------------------------------------------

    def _check(self) -> None:
        for layer in self.layers.values():
            if layer.kind != "raster" and layer.style not in self.layer_styles:
                raise CatalogError(
                    "catalog_reference", file=f"{layer.id}.toml", where="style", name=layer.style
                )
            if layer.parent and layer.parent not in self.layers:
                raise CatalogError(
                    "catalog_reference", file=f"{layer.id}.toml", where="parent", name=layer.parent
                )
            if not layer.path.is_file():
                raise CatalogError("catalog_missing_file", file=f"{layer.id}.toml: {layer.data}")
        signs = {sign.cls for sign in self.organisations.sign}
        if absent := sorted(set(self.types) ^ signs):
            raise CatalogError("catalog_signs", names=", ".join(absent))
        if absent := sorted(set(Mark) ^ {mark.code for mark in self.organisations.mark}):
            raise CatalogError("catalog_signs", names=", ".join(absent))
        symbols = [sign.symbol for sign in self.organisations.sign]
        for symbol in (*symbols, *(mark.symbol for mark in self.organisations.mark)):
            self.resource(f"styles/{symbol}")

    # -- using -----------------------------------------------------------------------------------------

    def layer(self, layer_id: str) -> LayerSpec:
        """Return a layer by its id.

        Raises:
            NotFoundError: the catalogue has no such layer.
        """
        try:
            return self.layers[layer_id]
        except KeyError:
            raise NotFoundError("layer_not_found", layer=layer_id, known=", ".join(self.layers)) from None

    def boundary_sets(self) -> tuple[LayerSpec, ...]:
        """The layers that are boundary sets, in drawing order."""
        return tuple(layer for layer in self.layers.values() if layer.kind == "boundaries")

    def symbol(self, name: str) -> str:
        """Return the SVG text of a symbol file, such as ``symbols/finance.svg``."""
        return _text(self.resource(f"styles/{name}"))

    def features(self, layer_id: str) -> Features:
        """Return the features of a vector layer, read once as long as its file is unchanged.

        Raises:
            NotFoundError: no such layer.
            CatalogError: its data cannot be read, has no CRS, or lacks the key.
        """
        return self._load(self.layer(layer_id))[1]

    def frame(self, layer_id: str) -> Any:
        """Return a vector layer as a GeoDataFrame in EPSG:4326; raises as :meth:`features`."""
        return self.features(layer_id).frame

    def digest(self, layer_id: str) -> str:
        """Return the hash of a layer's data file: the same digest is the same content."""
        return self._load(self.layer(layer_id))[0]

    def _load(self, spec: LayerSpec) -> tuple[str, Features]:
        stat = spec.path.stat()
        stamp = f"{spec.path}:{stat.st_mtime_ns}:{stat.st_size}"
        with self._lock:
            held = self._features.get(stamp)
            if held is None:
                content = spec.path.read_bytes()
                hashed = source_hash(content)
                held = self._features[stamp] = (hashed[:16], read_features(spec, content, hashed))
        return held

    def boundaries(self, layer_id: str) -> Boundaries:
        """Return a boundary set with the columns that :class:`geoservice.model.Boundaries` promises.

        Raises:
            NotFoundError: no such layer, or it is not a boundary set.
        """
        spec = self.layers.get(layer_id)
        if spec is None or spec.kind != "boundaries" or spec.level is None:
            sets = ", ".join(s.id for s in self.boundary_sets())
            raise NotFoundError("boundaries_not_found", layer=layer_id, known=sets)
        digest, features = self._load(spec)
        issues = (Issue(spec.title, spec.as_of, spec.edition),)
        return Boundaries(
            spec.id,
            spec.level,
            spec.title,
            features,
            digest,
            spec.source,
            spec.licence,
            spec.accuracy_m,
            issues,
        )


@lru_cache(maxsize=256)
def _text(path: Path) -> str:
    return path.read_text("utf-8")


def read_features(spec: LayerSpec, content: bytes, hashed: str) -> Features:
    """Read a layer's data file, with the columns that every layer has.

    Args:
        spec: of the layer.
        content: of its data file.
        hashed: :func:`source_hash` of that.

    Raises:
        CatalogError: it cannot be read, or lacks the key.
    """
    found = None
    if spec.path.suffix == ".geojson" and spec.crs == "EPSG:4326":
        found = read_packed(spec.path, hashed) or read_plain(content)
    found = found or Features.of(_read_with_gdal(spec))
    if spec.key not in found:
        raise CatalogError(
            "catalog_file", file=f"{spec.id}.toml", where="key", why=f"{spec.key} ∉ {spec.data}"
        )
    columns = {**found.columns, "code": found.texts(spec.key)}
    for lang in LANGUAGES:
        source = spec.name_field(lang)
        columns[f"name_{lang}"] = found.texts(source) if source in found else columns["code"]
    columns["country"] = found.texts("country") if "country" in found else [spec.country] * len(found)
    columns["parent"] = found.texts("parent")
    return Features(found.geometry, columns)


def _read_with_gdal(spec: LayerSpec) -> Any:
    import geopandas as gpd

    try:
        frame = gpd.read_file(spec.path)
    except Exception as error:  # pyogrio raises several unrelated types
        raise CatalogError("catalog_file", file=f"{spec.id}.toml", where="data", why=str(error)) from error
    if frame.crs is None:
        frame = frame.set_crs(spec.crs)
    return frame.to_crs("EPSG:4326")
