"""Use cases: registers, their imports and single organisations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from geoservice import export
from geoservice.errors import (
    ConflictError,
    RevisionConflictError,
    TooLargeError,
)
from geoservice.model import (
    Change,
    Cluster,
    Participant,
    Principal,
    PrincipalRole,
    Register,
)
from geoservice.service.findings import FindingsMixin
from geoservice.service.inputs import as_text, parse_box
from geoservice.service.prepared import Prepared
from geoservice.service.register_parts import InvalidRowError, RegisterBytes, find, in_box

if TYPE_CHECKING:
    from geoservice.register.mending import Mending
    from geoservice.register.reader import ReadResult
    from geoservice.register.report import ImportReport

IMPORT_ATTEMPTS = 5
CHANGEABLE = frozenset(Participant.__struct_fields__) - {"id", "extra", "coordinates_as_written"}


class Registers(FindingsMixin):
    """Registers."""

    def import_register(
        self,
        principal: Principal,
        code: str,
        filename: str,
        data: bytes,
        *,
        dry_run: bool = False,
        replace: bool = False,
        mapping: Mapping[str, str] | None = None,
        default_crs: str | None = None,
        mending: Mending | None = None,
        expected: int | None = None,
    ) -> ImportReport:
        """Read a file into a cluster's register; the report accounts for each row.

        With ``dry_run`` nothing is kept. ``replace`` removes organisations that the file does not hold.
        ``mending`` puts texts in the place of the file's cells and leaves rows out. The rows that the report
        says are in are written in one transaction.

        Raises:
            NotFoundError: there is no such cluster.
            UnreadableFileError, CrsError, LimitExceededError: the file as a whole cannot be used.
            RevisionConflictError: the register changed since ``expected``.
        """
        self.authorise(principal, PrincipalRole.EDITOR)
        if len(data) > self.options.max_upload_bytes:
            limit = self.options.max_upload_bytes // (1024 * 1024)
            raise TooLargeError("body_too_large", limit=limit)
        cluster = self.store.cluster(code)
        for attempt in range(IMPORT_ATTEMPTS):
            current = self.store.register(code)
            result = self.read_file(cluster, current, filename, data, mapping, default_crs, mending)
            report = _with(result.report, dry_run=dry_run, revision=current.revision)
            if dry_run:
                return report
            changes = import_changes(result, current, replace)
            seen = current.revision if expected is None else expected
            try:
                if changes:
                    made = self.store.apply(code, changes, by=principal.name, reason=filename, expected=seen)
                    report = _with(report, revision=made.number)
                break
            except RevisionConflictError:
                # Another import came in between; who asked for no revision is judged against the new state.
                if expected is not None or attempt == IMPORT_ATTEMPTS - 1:
                    raise
        self.store.record_import(code, report.as_dict("az"), by=principal.name)
        return report

    def imports(self, principal: Principal, code: str) -> tuple[dict[str, Any], ...]:
        """Reports of earlier imports, newest first.

        Problems quote cells, contacts of persons among them: they are for those who may see such data.
        """
        self.authorise(principal, PrincipalRole.VIEWER)
        self.store.cluster(code)
        found = self.store.imports(code)
        if self._may_see_persons(principal):
            return found
        return tuple({k: v for k, v in item.items() if k not in ("problems", "groups")} for item in found)

    def register(self, principal: Principal, code: str, as_of: str = "") -> Register:
        """The register now, or as it stood at the end of a day (ISO 8601) of the clock.

        Raises:
            NotFoundError: there is no such cluster.
            InvalidInputError: ``as_of`` is no date.
        """
        self.authorise(principal, PrincipalRole.VIEWER)
        return self.store.register(code, as_of=self.clock.end_of_day(as_of))

    def participants(
        self, principal: Principal, code: str, lang: str, *, bbox: str | None = None, as_of: str | None = None
    ) -> RegisterBytes:
        """The register with its placement as GeoJSON, made once for each revision."""
        self.authorise(principal, PrincipalRole.VIEWER)
        cluster = self.store.cluster(code)
        if not bbox and not as_of:
            key, revision = self._participants_key(principal, cluster, lang)
            personal = self._may_see_persons(principal)

            def make() -> Prepared:
                return self._geojson(cluster, self.store.register(code), lang, personal)

            return RegisterBytes(self.memo.get(key, make), revision)
        register = self._chosen(code, bbox, as_of)
        prepared = self._geojson(cluster, register, lang, self._may_see_persons(principal))
        return RegisterBytes(prepared, register.revision)

    def participants_part(
        self,
        principal: Principal,
        code: str,
        lang: str,
        offset: int,
        limit: int | None,
        about: Callable[[int, int], Mapping[str, Any]],
        *,
        bbox: str | None = None,
        as_of: str | None = None,
    ) -> tuple[RegisterBytes, int]:
        """A part of the register as GeoJSON, and how many organisations there are to take parts of.

        ``about`` gives the collection's further members for the numbers of all and of those in the part.
        """
        self.authorise(principal, PrincipalRole.VIEWER)
        cluster = self.store.cluster(code)
        part, matched = self._part(code, offset, limit, bbox, as_of)
        data = self._dataset(cluster, part, lang, self._may_see_persons(principal))
        body = export.to_geojson(data, about(matched, len(part.participants)))
        prepared = Prepared(body, export.FORMATS["geojson"].media_type)
        return RegisterBytes(prepared, part.revision), matched

    def _part(
        self, code: str, offset: int, limit: int | None, bbox: str | None, as_of: str | None
    ) -> tuple[Register, int]:
        if not bbox:
            return self.store.part(code, offset, limit, as_of=self.clock.end_of_day(as_of or ""))
        end = None if limit is None else offset + limit
        if as_of:
            register = self._chosen(code, bbox, as_of)
            cut = register.participants[offset:end]
            return replace(register, participants=cut), len(register.participants)
        ids = self.store.within(code, parse_box(bbox))
        return self.store.members(code, ids[offset:end]), len(ids)

    def _chosen(self, code: str, bbox: str | None, as_of: str | None) -> Register:
        """A register as of a day, those outside a box left out."""
        register = self.store.register(code, as_of=self.clock.end_of_day(as_of or ""))
        return self._within(register, parse_box(bbox), live=not as_of) if bbox else register

    def participants_at_hand(self, principal: Principal, code: str, lang: str) -> RegisterBytes | None:
        """The same if it has been made and can be told without waiting for anybody; else ``None``.

        Raises:
            NotFoundError: there is no such cluster.
        """
        self.authorise(principal, PrincipalRole.VIEWER)
        if not self.store.in_process:
            return None
        key, revision = self._participants_key(principal, self.store.cluster(code), lang)
        prepared = self.memo.peek(key)
        return RegisterBytes(prepared, revision) if prepared else None

    def _participants_key(self, principal: Principal, cluster: Cluster, lang: str) -> tuple[Any, int]:
        revision = self.store.revision(cluster.code)
        personal = self._may_see_persons(principal)
        return (
            "geojson", cluster.code, cluster.revision, revision, lang, personal, self.catalog_key
        ), revision  # fmt: skip

    def participant(self, principal: Principal, code: str, participant_id: str, lang: str) -> dict[str, Any]:
        """One organisation as a GeoJSON Feature.

        Raises:
            NotFoundError: no such cluster or organisation.
        """
        self.authorise(principal, PrincipalRole.VIEWER)
        cluster, register = self.store.cluster(code), self.store.members(code, [participant_id])
        found = find(register, participant_id)
        (row,) = self._dataset(cluster, register, lang, self._may_see_persons(principal)).rows()
        return export.feature(row, found)

    def create_participant(
        self,
        principal: Principal,
        code: str,
        values: Mapping[str, Any],
        lang: str,
        expected: int | None = None,
    ) -> dict[str, Any]:
        """Add one organisation, checked as an import checks a row.

        Raises:
            InvalidInputError: a value is not usable.
            ConflictError: the organisation is in the register already.
        """
        self.authorise(principal, PrincipalRole.EDITOR)
        register = self.store.register(code)
        made = self._checked(code, register, {}, values)
        if any(p.id == made.id for p in register.participants):
            raise ConflictError("participant_exists", participant=made.id)
        self._put(principal, code, made, expected)
        return self.participant(principal, code, made.id, lang)

    def update_participant(
        self,
        principal: Principal,
        code: str,
        participant_id: str,
        values: Mapping[str, Any],
        lang: str,
        expected: int | None = None,
    ) -> dict[str, Any]:
        """Change fields of one organisation, checked as an import checks a row.

        Raises:
            NotFoundError: no such cluster or organisation.
            InvalidInputError: a value is not usable.
            RevisionConflictError: the register changed since ``expected``.
        """
        self.authorise(principal, PrincipalRole.EDITOR)
        register = self.store.register(code)
        found = find(register, participant_id)
        known = {name: getattr(found, name) for name in CHANGEABLE}
        made = self._checked(code, register, known, values, found.id)
        kept = replace(made, id=found.id, extra=found.extra)
        if "coordinates" not in values and (kept.longitude, kept.latitude) == (
            found.longitude,
            found.latitude,
        ):
            kept = replace(kept, coordinates_as_written=found.coordinates_as_written)
        self._put(principal, code, kept, expected)
        return self.participant(principal, code, found.id, lang)

    def delete_participant(
        self, principal: Principal, code: str, participant_id: str, expected: int | None = None
    ) -> None:
        """Take one organisation out of the register; earlier revisions keep it."""
        self.authorise(principal, PrincipalRole.EDITOR)
        find(self.store.members(code, [participant_id]), participant_id)
        change = Change("remove", participant_id)
        self.store.apply(code, [change], by=principal.name, reason="", expected=expected)

    def register_template(self, lang: str) -> Prepared:
        """An empty register (XLSX) to fill in."""
        from geoservice.register.template import template_xlsx

        media = export.FORMATS["xlsx"].media_type
        key = ("template", lang, self.catalog_key)
        return self.memo.get(key, lambda: Prepared(template_xlsx(lang, self.catalog.types), media))

    def export(self, principal: Principal, code: str, format_code: str, lang: str) -> Prepared:
        """The register with its placement in a format.

        Raises:
            NotFoundError: no such cluster or format.
        """
        self.authorise(principal, PrincipalRole.VIEWER)
        chosen = export.format_of(format_code)
        cluster, revision = self.store.cluster(code), self.store.revision(code)
        personal = self._may_see_persons(principal)
        key = ("export", format_code, code, cluster.revision, revision, lang, personal, self.catalog_key)

        def make() -> Prepared:
            data = self._dataset(cluster, self.store.register(code), lang, personal)
            return Prepared(chosen.write(data), chosen.media_type)

        return self.memo.get(key, make)

    # -- parts -----------------------------------------------------------------------------------------

    def _may_see_persons(self, principal: Principal) -> bool:
        return self.options.public_personal_data or principal.may(PrincipalRole.EDITOR)

    def _put(self, principal: Principal, code: str, participant: Participant, expected: int | None) -> None:
        change = Change("put", participant.id, participant)
        self.store.apply(code, [change], by=principal.name, reason=participant.name, expected=expected)

    def _geojson(self, cluster: Cluster, register: Register, lang: str, personal: bool) -> Prepared:
        data = self._dataset(cluster, register, lang, personal)
        return Prepared(export.to_geojson(data), export.FORMATS["geojson"].media_type)

    def _within(self, register: Register, box: tuple[float, float, float, float], live: bool) -> Register:
        if live:
            inside = set(self.store.within(register.cluster, box))
            chosen = tuple(p for p in register.participants if p.id in inside)
        else:
            chosen = tuple(p for p in register.participants if in_box(p, box))
        return replace(register, participants=chosen)

    def read_file(
        self,
        cluster: Cluster,
        current: Register,
        filename: str,
        data: bytes,
        mapping: Mapping[str, str] | None,
        default_crs: str | None,
        mending: Mending | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> ReadResult:
        """What a file would do to a register as it is now; nothing is kept."""
        from geoservice.register.mending import NOTHING
        from geoservice.register.reader import read_register

        return read_register(
            filename,
            data,
            types=self.catalog.types,
            legal_forms=self.legal_forms(),
            territory=self.territory(cluster),
            existing=current.participants,
            mapping=mapping,
            default_crs=default_crs,
            mending=mending or NOTHING,
            progress=progress,
        )

    def _checked(
        self,
        code: str,
        register: Register,
        known: Mapping[str, Any],
        values: Mapping[str, Any],
        participant_id: str = "",
    ) -> Participant:
        """The organisation that the values describe, laid over what is known of it.

        Raises:
            InvalidInputError: with all that is wrong, field by field.
        """
        from geoservice.register.single import read_values

        if {"longitude", "latitude", "coordinates"} & set(values):
            known = {k: v for k, v in known.items() if k not in ("longitude", "latitude")}
        texts = {name: as_text(value) for name, value in {**known, **values}.items()}
        if participant_id:
            texts["id"] = participant_id
        others = [p for p in register.participants if p.id != participant_id]
        result = read_values(
            {name: text for name, text in texts.items() if text},
            types=self.catalog.types,
            legal_forms=self.legal_forms(),
            territory=self.territory(self.store.cluster(code)),
            existing=others,
        )
        lost = {name for name in values if texts.get(name) and not _kept(result, name)}
        wrong = [p for p in result.report.problems if p.severity == "error" or p.column in lost]
        if wrong:
            raise InvalidRowError(wrong)
        return result.participants[0]

    def legal_forms(self) -> tuple[str, ...]:
        """Abbreviations of legal forms that may stand beside a name."""
        return tuple(a.form for a in self.catalog.abbreviations if a.kind == "legal_form")


def import_changes(result: ReadResult, current: Register, replace: bool) -> list[Change]:
    """What an import does to the register; with ``replace`` those whom the file does not hold go."""
    changes = list(result.changes)
    if replace and result.report.taken:
        kept = {participant.id for participant in result.participants}
        changes += [Change("remove", p.id) for p in current.participants if p.id not in kept]
    return changes


def _kept(result: ReadResult, name: str) -> bool:
    """Whether a value that was given is in the organisation that came of it."""
    return all(getattr(participant, name, True) for participant in result.participants)


def _with(report: ImportReport, **values: Any) -> ImportReport:
    return replace(report, **values)
