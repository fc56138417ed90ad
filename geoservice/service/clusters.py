"""Use cases: clusters, their creation, description and deletion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from msgspec.structs import replace

from geoservice.errors import InvalidInputError, NotFoundError, RevisionConflictError
from geoservice.model import LANGUAGES, Change, Cluster, Principal, PrincipalRole, Register, Revision
from geoservice.register.text import strip_hidden
from geoservice.service.core import Core, check_code

#: What a caller may set of a cluster; code and revision are not among it.
EDITABLE = tuple(name for name in Cluster.__struct_fields__ if name not in ("code", "revision"))
MAX_TITLE = 300
MAX_TEXT = 5000


def localised(value: Any, field: str, limit: int) -> dict[str, str]:
    """A plain text stands for all languages; a mapping holds some of az, en, ru.

    Raises:
        InvalidInputError: neither, or too long.
    """
    texts = dict.fromkeys(LANGUAGES, value) if isinstance(value, str) else value
    if not isinstance(texts, Mapping) or set(texts) - set(LANGUAGES):
        raise InvalidInputError("localised_text", field=field, languages=", ".join(LANGUAGES))
    cleaned = {lang: strip_hidden(str(text)).strip() for lang, text in texts.items()}
    if any(len(text) > limit for text in cleaned.values()):
        raise InvalidInputError("text_too_long", field=field, limit=limit)
    return cleaned


@contextmanager
def unusable() -> Iterator[None]:
    """What a value names and does not exist makes the value wrong: the cluster itself is there."""
    try:
        yield
    except NotFoundError as error:
        raise InvalidInputError(error.code, **error.params) from error


def reverting(now: Register, before: Register) -> list[Change]:
    """What makes a register what it was: nothing of it is lost, not even columns that nobody asked for."""
    held = {p.id: p for p in now.participants}
    wanted = {p.id: p for p in before.participants}
    changes = [Change("remove", name) for name in held if name not in wanted]
    return changes + [Change("put", p.id, p) for p in wanted.values() if held.get(p.id) != p]


class Clusters(Core):
    """Clusters."""

    def clusters(self, principal: Principal) -> tuple[Cluster, ...]:
        """All clusters, by code."""
        self.authorise(principal, PrincipalRole.VIEWER)
        return self.store.clusters()

    def cluster(self, principal: Principal, code: str) -> Cluster:
        """One cluster.

        Raises:
            NotFoundError: there is none of this code.
        """
        self.authorise(principal, PrincipalRole.VIEWER)
        return self.store.cluster(code)

    def create_cluster(self, principal: Principal, code: str, values: Mapping[str, Any]) -> Cluster:
        """Create a cluster with an empty register.

        Raises:
            InvalidInputError: the code, the title or another value is not usable.
            ConflictError: the code is taken.
        """
        self.authorise(principal, PrincipalRole.EDITOR)
        if "title" not in values:
            raise InvalidInputError("value_missing", field="title")
        cluster = Cluster(check_code(code), {})
        return self.store.create_cluster(self._with(cluster, values), by=principal.name)

    def update_cluster(
        self, principal: Principal, code: str, values: Mapping[str, Any], revision: int | None = None
    ) -> Cluster:
        """Change a cluster's description; ``revision`` is the one that the caller saw.

        Raises:
            NotFoundError: there is none of this code.
            InvalidInputError: a value is not usable.
            RevisionConflictError: somebody changed it since.
        """
        self.authorise(principal, PrincipalRole.EDITOR)
        stored = self.store.cluster(code)
        seen = stored if revision is None else replace(stored, revision=revision)
        return self.store.update_cluster(self._with(seen, values), by=principal.name)

    def delete_cluster(self, principal: Principal, code: str, revision: int | None = None) -> None:
        """Remove a cluster with its register and history; ``revision`` is the one that the caller saw.

        Raises:
            NotFoundError: there is none of this code.
            RevisionConflictError: somebody changed its description since.
        """
        self.authorise(principal, PrincipalRole.OPERATOR)
        self.store.delete_cluster(code, by=principal.name, expected=revision)

    def history(self, principal: Principal, code: str) -> tuple[Revision, ...]:
        """All revisions of a cluster's register, newest first."""
        self.authorise(principal, PrincipalRole.VIEWER)
        return self.store.history(code)

    def undo(self, principal: Principal, code: str, number: int) -> Revision:
        """Make the register what it was before its latest revision; that one stays in the history.

        Raises:
            NotFoundError: there is no such cluster or revision.
            RevisionConflictError: it is not the latest one: undoing it would undo what others did since.
        """
        self.authorise(principal, PrincipalRole.EDITOR)
        current = self.store.register(code)
        if number != current.revision:
            raise RevisionConflictError("undo_later", revision=number, latest=current.revision)
        before = self.store.register(code, revision=number - 1)
        changes = reverting(current, before)
        reason = f"↶ {number}"
        return self.store.apply(code, changes, by=principal.name, reason=reason, expected=number)

    def _with(self, cluster: Cluster, values: Mapping[str, Any]) -> Cluster:
        """The cluster with the caller's values, each checked."""
        if unknown := sorted(set(values) - set(EDITABLE)):
            raise InvalidInputError("field_unknown", field=", ".join(unknown), known=", ".join(EDITABLE))
        checked: dict[str, Any] = dict(values)
        if "title" in checked:
            checked["title"] = localised(checked["title"], "title", MAX_TITLE)
            if not any(checked["title"].values()):
                raise InvalidInputError("value_missing", field="title")
        if "description" in checked:
            checked["description"] = localised(checked["description"], "description", MAX_TEXT)
        for name in ("specialised_organisation", "head"):
            if name in checked:
                checked[name] = strip_hidden(str(checked[name])).strip()
                if len(checked[name]) > MAX_TITLE:
                    raise InvalidInputError("text_too_long", field=name, limit=MAX_TITLE)
        if "boundaries" in checked:
            checked["boundaries"] = self._boundary_codes(checked["boundaries"])
        if "ruleset" in checked:
            with unusable():
                self.ruleset(checked["ruleset"])
        return replace(cluster, **checked)

    def _boundary_codes(self, value: Any) -> tuple[str, ...]:
        codes = tuple(dict.fromkeys(value))
        if not codes:
            raise InvalidInputError("value_missing", field="boundaries")
        for code in codes:
            with unusable():
                self.catalog.boundaries(code)
        return codes

    def ruleset(self, code: str) -> Any:
        """Return a ruleset.

        Raises:
            NotFoundError: there is none of this code.
        """
        from geoservice.territory import rules

        return rules.ruleset(code)
