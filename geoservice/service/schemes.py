"""Use cases: the territorial placement scheme as a Scene, a web map and a sheet."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from geoservice import i18n
from geoservice.errors import NotFoundError
from geoservice.export import FORMATS
from geoservice.model import Principal, PrincipalRole
from geoservice.service.inputs import parse_box, parse_opacities
from geoservice.service.prepared import Prepared
from geoservice.service.registers import Registers

if TYPE_CHECKING:
    from geoservice.model import Participant, Placement
    from geoservice.render.sheet import DrawnSheet, SheetOptions
    from geoservice.scheme.choice import Choice
    from geoservice.scheme.compose import Findings
    from geoservice.scheme.scene import Frame, Scene

#: Stands for a page's nonce in what is remembered of it; nobody outside can know it.
NONCE = secrets.token_hex(16)
MEDIA = {"pdf": "application/pdf", "png": "image/png", "svg": "image/svg+xml"}


class Sheet(Struct, frozen=True):
    """A sheet and what was decided for it: the scale's denominator, and why; how many detail maps it has."""

    prepared: Prepared
    denominator: int
    reason: str
    details: int = 0


class Verification(Struct, frozen=True):
    """What a sheet says of the register's state, and the state now."""

    cluster: str
    sheet_revision: int
    current_revision: int
    sheet_code: str
    current_code: str
    intact: bool = True

    @property
    def matches(self) -> bool:
        """Whether the sheet shows the register as it is now; a file that was changed may show anything."""
        return self.intact and self.sheet_code == self.current_code


class Schemes(Registers):
    """Schemes."""

    def scene(
        self,
        principal: Principal,
        code: str,
        lang: str,
        *,
        layers: tuple[str, ...] = (),
        as_of: str = "",
        frame_request: Any = None,
        template: str = "",
        evidence: bool = False,
        choice: Choice | None = None,
    ) -> Scene:
        """The Scene of a cluster's scheme: for screens, or with a ``frame_request`` for paper.

        ``evidence``: with what the verdict rests on. ``choice``: of which organisations, if not of all.

        Raises:
            NotFoundError: no such cluster or layer.
            InvalidInputError: a fixed scale or extent leaves organisations outside (they are named); a value
                of the choice is none that there is, or it leaves nobody.
        """
        from geoservice.scheme.compose import Request, chosen_of, compose

        self.authorise(principal, PrincipalRole.VIEWER)
        cluster, revision = self.store.cluster(code), self.store.revision(code)
        day = self.clock.end_of_day(as_of)
        date = day.date() if day else self.clock.today()
        asked = (layers, as_of, date, frame_request, template, evidence, choice or None)
        key = ("scene", code, lang, cluster.revision, revision, *asked)

        def make() -> Scene:
            register = self.store.register(code, as_of=day)
            findings = self.findings(cluster, register, lang, date)
            request = Request(lang, date, layers, self.options.public_personal_data, evidence)
            members = register.participants
            if choice:
                chosen = chosen_of(choice, register, findings, self.catalog, request)
                members = tuple(member for member in members if member.id in chosen.ids)
                request = replace(request, chosen=chosen)
            frame = None
            if frame_request is not None:
                frame = self._frame(members, findings, lang, frame_request, template)
            return compose(register, cluster, findings, self.catalog, request, frame)

        return self.memo.get((*key, self.catalog_key), make)

    def web_map(
        self,
        principal: Principal,
        code: str,
        lang: str,
        *,
        layers: tuple[str, ...] = (),
        as_of: str = "",
        inline: bool = False,
        nonce: str = "",
        options: Mapping[str, Any] | None = None,
    ) -> str:
        """The scheme as a page of its own; ``inline`` puts everything into the one file.

        Raises:
            NotFoundError: no such cluster or layer.
        """
        from geoservice.render.basemaps import base_maps
        from geoservice.render.web import render_map
        from geoservice.render.web_assets import tag

        scene = self.scene(principal, code, lang, layers=layers, as_of=as_of)
        if inline:
            held = self._held_evidence(principal, code, lang, as_of)
            return render_map(
                scene, asset_base=None, nonce=nonce or None, inline=True, options=options, evidence=held
            )
        tiles = base_maps(self.options.data)
        shown = {"basemaps": [item.option(lang) for item in tiles], **(options or {})}

        def make() -> str:
            links = {**self.links(code, lang), **self._map_links(code, lang, layers, as_of)}
            more = self._more_layers(scene, lang)
            return render_map(scene, nonce=NONCE, links=links, options={"more": more, **shown})

        stamp = (scene.cluster.revision, scene.register_revision, scene.as_of, self.catalog_key, tag())
        key = ("web-map", code, lang, layers, as_of, repr(shown), stamp)
        return self.memo.get(key, make).replace(NONCE, nonce)

    def _held_evidence(self, principal: Principal, code: str, lang: str, as_of: str) -> dict[str, Any]:
        """What the verdict rests on, for a page that cannot ask."""
        import orjson

        from geoservice.render.web_data import evidence

        options = {"metrics": "none"}  # as for the scene: the check is made once
        found = self.concentration(principal, code, lang, as_of=as_of, options=options)
        return evidence(found, orjson.loads(self.evidence(principal, code, lang, as_of, options).body))

    def _more_layers(self, scene: Scene, lang: str) -> tuple[dict[str, str], ...]:
        """Layers of the catalogue that the scene does not show; a reader may add them."""
        shown = {layer.id for layer in scene.layers}
        return tuple(
            {"id": spec.id, "title": i18n.pick(spec.title, lang)}
            for spec in self.catalog.layers.values()
            if spec.id not in shown
        )

    def _map_links(self, code: str, lang: str, layers: tuple[str, ...], as_of: str) -> dict[str, str]:
        """Where a map asks for what it does not hold, and addresses under which it is shared."""
        from urllib.parse import urlencode

        asked = {"lang": lang, "layers": ",".join(layers), "as_of": as_of}
        query = f"?{urlencode({name: value for name, value in asked.items() if value})}"
        base = f"/api/v1/clusters/{code}"
        return {
            "map": f"/clusters/{code}/map",
            "query": query,
            "self": f"{base}/scheme.html{query}",
            "embed": f"/embed/{code}?lang={lang}",
            "evidence": f"{base}/concentration{query}",
            "participants": f"{base}/participants",
        }

    def links(self, code: str, lang: str) -> dict[str, str]:
        """Addresses that a page about a cluster offers."""
        base = f"/api/v1/clusters/{code}"
        exports = {name: f"{base}/export.{name}?lang={lang}" for name in FORMATS}
        page = {"page": f"/clusters/{code}?lang={lang}", "pdf": f"{base}/scheme.pdf?lang={lang}"}
        page["organisation"] = f"/clusters/{code}/organisations/{{id}}?lang={lang}"
        return {**page, **exports}

    def sheet(
        self,
        principal: Principal,
        code: str,
        lang: str,
        *,
        format: str = "pdf",
        paper: str = "A3",
        orientation: str = "auto",
        scale: int | None = None,
        extent: str = "",
        beyond: str = "refuse",
        crs: str = "",
        template: str = "scheme",
        dpi: int = 150,
        page: int = 1,
        appendix6: bool = False,
        verdict_page: bool = False,
        details: str = "auto",
        standard: str = "a-2a",
        layers: tuple[str, ...] = (),
        opacity: str = "",
        as_of: str = "",
        choice: Choice | None = None,
    ) -> Sheet:
        """The scheme as a sheet; the same bytes for the same register, options and day.

        With a ``choice`` of organisations it is an extract from the scheme, and says so. ``opacity`` of
        layers (``sea:0.5,az-districts:0.8``) stands for that of the catalogue.

        Raises:
            NotFoundError: no such cluster or layer.
            InvalidInputError: the scale, extent, paper, CRS, template, opacity or choice is not usable.
            RenderError: the sheet would be wrong (a name that no font can write, an unexplained sign).
        """
        from geoservice.scheme.opacity import faded
        from geoservice.scheme.scale import FrameRequest

        self.authorise(principal, PrincipalRole.VIEWER)
        if template not in self.templates():
            known = ", ".join(self.templates())
            raise NotFoundError("template_not_found", template=template, known=known)
        request = FrameRequest(
            paper=paper,
            orientation=orientation,  # type: ignore[arg-type]
            denominator=scale,
            extent=parse_box(extent) if extent else None,
            beyond=beyond,  # type: ignore[arg-type]
            crs=crs,
        )
        opacities = parse_opacities(opacity)
        for name, _ in opacities:
            self.catalog.layer(name)
        from geoservice.render.sheet import SheetOptions

        options = SheetOptions(
            format=format,  # type: ignore[arg-type]
            template=template,
            dpi=dpi,
            page=page,
            appendix6=appendix6,
            verdict_page=verdict_page,
            details=details,  # type: ignore[arg-type]
            standard=standard,  # type: ignore[arg-type]
            url=f"{self.options.public_url}/clusters/{code}" if self.options.public_url else "",
        )
        stamp = (
            as_of or self.clock.today().isoformat(),
            self.store.cluster(code).revision,
            self.store.revision(code),
        )
        key = (
            "sheet", code, lang, request, options, layers, opacities, choice or None, stamp, self.catalog_key
        )  # fmt: skip

        def make() -> Sheet:
            scene = self.scene(
                principal, code, lang, layers=layers, as_of=as_of, frame_request=request, template=template,
                evidence=verdict_page, choice=choice,
            )  # fmt: skip
            assert scene.frame is not None  # noqa: S101 - a frame was asked for
            drawn = self._render(faded(scene, dict(opacities)), options)
            return Sheet(
                Prepared(drawn.body, MEDIA[format]), scene.frame.denominator, drawn.reason, drawn.details
            )

        return self.memo.get(key, make)

    def _render(self, scene: Scene, options: SheetOptions) -> DrawnSheet:
        """In a process of its own where the operator limits time and memory, else right here."""
        if self.sheet_worker is not None:
            return self.sheet_worker.draw(scene, options, self.catalog_key)
        from geoservice.render.sheet import draw_sheet

        return draw_sheet(scene, options=options, catalog=self.catalog)

    def verify_sheet(self, principal: Principal, pdf: bytes) -> Verification:
        """Whether a sheet's PDF still shows the register as it is.

        Raises:
            UnreadableFileError: it is no PDF, or no sheet of ours.
            NotFoundError: its cluster is not here (any more).
        """
        from geoservice.render.sheet_verify import read_stamp, register_code

        self.authorise(principal, PrincipalRole.VIEWER)
        stamp = read_stamp(pdf)
        try:
            current = self.store.revision(stamp.cluster)
        except NotFoundError as error:
            raise NotFoundError("sheet_cluster_gone", cluster=stamp.cluster, stamp=stamp.code) from error
        code = register_code(self.scene(principal, stamp.cluster, "az"))
        return Verification(stamp.cluster, stamp.revision, current, stamp.code, code, stamp.intact)

    def templates(self) -> tuple[str, ...]:
        """Names of the sheet templates: built-in ones and the operator's own."""
        folders = [folder / "sheet" for folder in self.catalog.style_folders]
        return tuple(sorted({file.stem for folder in folders for file in folder.glob("*.toml")}))

    def _frame(
        self,
        members: Sequence[Participant],
        findings: Findings,
        lang: str,
        request: Any,
        template: str,
    ) -> Frame:
        """The frame that holds the members to be shown and the regions that they occupy."""
        from geoservice.scheme import scale
        from geoservice.scheme.compose import table_texts
        from geoservice.scheme.sheet_metrics import read_metrics

        placed = [p for p in members if p.placed]
        regions = findings.boundaries.features
        held = {findings.placements[p.id].region for p in placed} & findings.counts.keys()
        occupied = [place for place, code in enumerate(regions["code"]) if code in held]
        outlines = list(regions.geometry[occupied])
        country = dict(zip(regions["code"], regions["country"], strict=True))
        stands = [findings.placements[p.id] for p in placed]
        of_points = self._countries(placed, stands, country)
        of_outlines = [str(regions["country"][place] or "") for place in occupied]
        if len({*of_points, *of_outlines}) > 1:  # one country alone is named nowhere
            of_points, of_outlines = _named(of_points, lang), _named(of_outlines, lang)
        return scale.fit(
            [(p.longitude, p.latitude) for p in placed],  # type: ignore[misc]
            outlines,
            names=[p.full_name for p in placed],
            lang=lang,
            metrics=read_metrics(self.catalog.resource(f"styles/sheet/{template}.toml")),
            request=request,
            table=table_texts(members, findings, self.catalog, lang),
            fallback_bounds=regions.bounds,
            countries=(of_points, of_outlines),
        )

    def _countries(
        self, placed: Sequence[Participant], stands: Sequence[Placement], country: Mapping[str, str]
    ) -> list[str]:
        """The code of each place's country: of its region, or outside all regions of the land there."""
        import shapely

        found = [country.get(place.region or place.nearest or "", "") for place in stands]
        away = [row for row, place in enumerate(stands) if place.region is None]
        lands = [item for item in self.catalog.boundary_sets() if item.level == "country"]
        for land in lands if away else ():
            features = self.catalog.features(land.id)
            points = shapely.points([(placed[i].longitude, placed[i].latitude) for i in away])  # type: ignore[misc]
            pairs = shapely.STRtree(features.geometry).query(points, predicate="intersects")
            for point, polygon in reversed(pairs.T.tolist()):  # of two that meet there the first one
                found[away[point]] = str(features["country"][polygon])
        return found


def _named(countries: Iterable[str], lang: str) -> list[str]:
    from geoservice.territory.wording import country_name

    return [country_name(code, lang) if code else "" for code in countries]
