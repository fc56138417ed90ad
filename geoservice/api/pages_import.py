"""The import wizard: file, columns, problems, map, done; each step is an address, a form goes on to the next.

The file waits as a draft (:mod:`geoservice.service.drafts`): reloading and going back are plain reads, and
nothing reaches the register before the last step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, File, Query, Request, Response, UploadFile
from fastapi.responses import JSONResponse, RedirectResponse
from msgspec import Struct
from msgspec.structs import replace

from geoservice.api import import_forms
from geoservice.api.dependencies import Acting, ClusterCode, Language, Service
from geoservice.api.pages_data import overview
from geoservice.api.pages_html import PageRoute, page
from geoservice.api.problems import wants_page
from geoservice.model import Principal, PrincipalRole
from geoservice.service.draft import Draft
from geoservice.service.drafts import Drafts

if TYPE_CHECKING:
    from geoservice.service import GeoService

router = APIRouter(prefix="/clusters/{cluster}/import", include_in_schema=False, route_class=PageRoute)
STEPS = ("file", "columns", "problems", "map", "done")
#: How long an answer waits for a check before it shows the progress instead.
PATIENCE_S = 1.5


class Visit(Struct, frozen=True):
    """Who asks for a step of which cluster's import, and how its page or the next step is answered."""

    request: Request
    cluster: str
    service: GeoService
    acting: Principal
    lang: str

    @property
    def drafts(self) -> Drafts:
        """Uploads that are not saved yet."""
        return self.service.drafts

    def draft(self, draft_id: str) -> Draft:
        """The upload, if it is this visitor's."""
        return self.drafts.get(self.acting, self.cluster, draft_id)

    def show(self, step: str, **values: Any) -> Response:
        """One step's page."""
        from geoservice.register.limits import DEFAULT_LIMITS
        from geoservice.register.reader import supported_extensions, supported_formats

        largest = min(self.service.options.max_upload_bytes, DEFAULT_LIMITS.file_bytes)
        given = {
            "item": overview(self.service, self.acting, self.cluster, self.lang),
            "step": step,
            "steps": STEPS,
            "limit": largest // (1024 * 1024),
            "largest": largest,
            "formats": supported_formats(),
            "extensions": supported_extensions(),
            "base": self._path(values.get("draft")),
            "drafts": [],
            "error": None,
        }
        return page(self.request, f"import_{step}.html", self.lang, self.acting, **{**given, **values})

    def go(self, draft: Draft | None, step: str, more: str = "") -> Response:
        """On to a step."""
        path = self._path(draft) + (f"/{step}" if step else "")
        return RedirectResponse(f"{path}?lang={self.lang}{more}", status_code=303)

    def _path(self, draft: Draft | None) -> str:
        return f"/clusters/{self.cluster}/import" + (f"/{draft.id}" if draft else "")


def visit(
    request: Request, cluster: ClusterCode, service: Service, acting: Acting, language: Language
) -> Visit:
    """What every step needs to know of a request."""
    return Visit(request, cluster, service, acting, language)


Visiting = Annotated[Visit, Depends(visit)]


@router.get("")
def file_page(visit: Visiting) -> Response:
    """Where a file is chosen; unfinished uploads can be taken up again."""
    mine = visit.drafts.of(visit.acting, visit.cluster) if visit.acting.may(PrincipalRole.EDITOR) else []
    return visit.show("file", drafts=mine)


@router.post("")
def upload(visit: Visiting, file: Annotated[UploadFile, File()]) -> Response:
    """Take the file in and go on to what was understood of it."""
    draft = visit.drafts.stage(visit.acting, visit.cluster, file.filename or "", file.file.read())
    visit.drafts.wait(draft, PATIENCE_S)
    if not wants_page(visit.request):  # the page's script, which shows how much has been sent
        return JSONResponse(
            {"next": f"/clusters/{visit.cluster}/import/{draft.id}/columns?lang={visit.lang}"}
        )
    return visit.go(draft, "columns")


def _unready(visit: Visit, draft: Draft, step: str) -> Response | None:
    """What is shown in place of a step: progress, the end, why the file cannot be read, or its columns."""
    if draft.state == "working":
        return visit.show("working", draft=draft, wanted=step)
    if draft.state == "saved":
        return visit.go(draft, "done")
    if draft.state == "failed" and draft.checked is None:
        if draft.error is None:
            visit.drafts.look(draft)
        return visit.show("file", error=draft.error, status=422, failed=draft)
    if draft.error and step != "columns":
        return visit.go(draft, "columns")
    return None


@router.get("/{draft_id}")
def draft_page(visit: Visiting, draft_id: str) -> Response:
    """The step at which a draft is taken up again."""
    draft = visit.draft(draft_id)
    return visit.go(draft, "done" if draft.state == "saved" else "columns")


@router.get("/{draft_id}/state")
def state(visit: Visiting, draft_id: str) -> dict[str, Any]:
    """How far the work is, for the progress bar."""
    draft = visit.draft(draft_id)
    visit.drafts.wait(draft, PATIENCE_S)
    return {"state": draft.state, "progress": round(draft.progress, 3)}


@router.get("/{draft_id}/columns")
def columns_page(visit: Visiting, draft_id: str) -> Response:
    """What was understood: which column is which field."""
    draft = visit.draft(draft_id)
    visit.drafts.wait(draft, PATIENCE_S)
    if instead := _unready(visit, draft, "columns"):
        return instead
    checked = draft.checked if draft.error else visit.drafts.look(draft)
    assert checked is not None  # noqa: S101 - a failed draft without a result is shown as a file
    return visit.show(
        "columns",
        draft=draft,
        checked=checked,
        columns=import_forms.columns(checked, draft.choices),
        fields=import_forms.fields(visit.lang),
        notes=import_forms.file_notes(checked),
        error=draft.error,
        status=422 if draft.error else 200,
    )


@router.post("/{draft_id}/columns")
async def choose_columns(visit: Visiting, draft_id: str) -> Response:
    """Take over which column is which, and check again if anything changed."""
    form = await visit.request.form()
    return await _in_thread(_choose, visit, draft_id, form)


def _choose(visit: Visit, draft_id: str, form: Any) -> Response:
    draft = visit.draft(draft_id)
    choices = import_forms.read_columns(draft, form)
    if choices != draft.choices:
        visit.drafts.change(draft, choices)
        visit.drafts.wait(draft, PATIENCE_S)
    stay = draft.state == "failed" or form.get("go") == "again"
    return visit.go(draft, "columns" if stay else "problems")


@router.get("/{draft_id}/problems")
def problems_page(
    visit: Visiting, draft_id: str, more: Annotated[str, Query(max_length=80)] = ""
) -> Response:
    """Problems by kind and row, each cell to be mended in place."""
    draft = visit.draft(draft_id)
    visit.drafts.wait(draft, PATIENCE_S)
    if instead := _unready(visit, draft, "problems"):
        return instead
    checked = visit.drafts.look(draft)
    return visit.show(
        "problems",
        draft=draft,
        checked=checked,
        more=more,
        groups=import_forms.groups(checked, draft.choices, more, visit.lang),
        types=import_forms.types(visit.service, visit.lang),
    )


@router.post("/{draft_id}/problems")
async def mend(visit: Visiting, draft_id: str) -> Response:
    """Take over mended cells and rows left out, and check again if anything changed."""
    form = await visit.request.form(max_fields=import_forms.MOST_FIELDS)
    return await _in_thread(_mend, visit, draft_id, form)


def _mend(visit: Visit, draft_id: str, form: Any) -> Response:
    draft = visit.draft(draft_id)
    mending = import_forms.read_mending(draft, visit.drafts.look(draft), form)
    if mending != draft.choices.mending:
        visit.drafts.change(draft, replace(draft.choices, mending=mending))
        visit.drafts.wait(draft, PATIENCE_S)
    more = quote(str(form.get("more", ""))[:80], safe="")
    step = "map" if form.get("go") == "map" else "problems"
    return visit.go(draft, step, f"&more={more}" if more and step == "problems" else "")


@router.get("/{draft_id}/map")
def map_step(visit: Visiting, draft_id: str) -> Response:
    """The organisations read on a map, what would change, and the button that saves."""
    from geoservice.service.preview import verdict_after

    draft = visit.draft(draft_id)
    visit.drafts.wait(draft, PATIENCE_S)
    if instead := _unready(visit, draft, "map"):
        return instead
    checked = visit.drafts.look(draft)
    return visit.show(
        "map",
        draft=draft,
        checked=checked,
        names=checked.names(),
        unplaced=import_forms.unplaced(checked),
        rejected=import_forms.rejected(checked),
        verdict=verdict_after(visit.service, draft, checked, visit.lang),
    )


@router.get("/{draft_id}/preview")
def preview_map(visit: Visiting, draft_id: str) -> Response:
    """The map that the step frames."""
    from geoservice.render.web import render_map
    from geoservice.service.preview import preview

    draft = visit.draft(draft_id)
    if draft.state == "saved":  # a page that the browser held: the register has it now
        return RedirectResponse(f"/clusters/{visit.cluster}/map?lang={visit.lang}")
    scene = preview(visit.service, draft, visit.drafts.look(draft), visit.lang)
    options = {"embed": True, "header": False, "panel": "folded", "share": False}
    html = render_map(scene, nonce=visit.request.scope["state"]["nonce"], options=options)
    return Response(html, media_type="text/html; charset=utf-8", headers={"Cache-Control": "no-store"})


@router.post("/{draft_id}/save")
async def save(visit: Visiting, draft_id: str) -> Response:
    """Bring the file into the register, exactly as it was looked at."""
    form = await visit.request.form()
    version = str(form.get("version", ""))
    return await _in_thread(_save, visit, draft_id, version)


def _save(visit: Visit, draft_id: str, version: str) -> Response:
    draft = visit.draft(draft_id)
    visit.drafts.save(visit.acting, draft, int(version) if version.isdigit() else -1)
    visit.drafts.wait(draft, PATIENCE_S)
    return visit.go(draft, "map" if draft.outdated and draft.saved is None else "done")


@router.get("/{draft_id}/done")
def done_page(visit: Visiting, draft_id: str) -> Response:
    """What was saved."""
    draft = visit.draft(draft_id)
    if draft.state == "working":
        return visit.show("working", draft=draft, wanted="done")
    if draft.saved is None:
        return visit.go(draft, "map")
    return visit.show("done", draft=draft, report=draft.saved)


@router.post("/{draft_id}/drop")
def drop(visit: Visiting, draft_id: str) -> Response:
    """Forget the file."""
    visit.drafts.drop(visit.draft(draft_id))
    return visit.go(None, "")


async def _in_thread(run: Any, *arguments: Any) -> Response:
    """Work that waits for the store goes to a thread, after the form was read without one."""
    from starlette.concurrency import run_in_threadpool

    return await run_in_threadpool(run, *arguments)
