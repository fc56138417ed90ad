"""The import wizard: file, columns, problems, map, done; each step is an address, a form goes on to the next.

The file waits as a draft (:mod:`geoservice.service.drafts`): reloading and going back are plain reads, and
nothing reaches the register before the last step.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, File, Query, Request, Response, UploadFile
from fastapi.responses import JSONResponse, RedirectResponse

from geoservice.api import import_forms
from geoservice.api.dependencies import Acting, ClusterCode, Language, Service
from geoservice.api.pages_data import overview
from geoservice.api.pages_html import PageRoute, page
from geoservice.api.problems import wants_page
from geoservice.model import Principal, PrincipalRole
from geoservice.service.drafts import Draft

router = APIRouter(prefix="/clusters/{cluster}/import", include_in_schema=False, route_class=PageRoute)
STEPS = ("file", "columns", "problems", "map", "done")
#: How long an answer waits for a check before it shows the progress instead.
PATIENCE_S = 1.5


def _show(
    request: Request, service: Service, acting: Principal, cluster: str, lang: str, step: str, **values: Any
) -> Response:
    """One step's page."""
    from geoservice.register.limits import DEFAULT_LIMITS
    from geoservice.register.reader import supported_extensions, supported_formats

    largest = min(service.options.max_upload_bytes, DEFAULT_LIMITS.file_bytes)
    draft = values.get("draft")
    given = {
        "item": overview(service, acting, cluster, lang),
        "step": step,
        "steps": STEPS,
        "limit": largest // (1024 * 1024),
        "largest": largest,
        "formats": supported_formats(),
        "extensions": supported_extensions(),
        "base": f"/clusters/{cluster}/import" + (f"/{draft.id}" if draft else ""),
        "drafts": [],
        "error": None,
    }
    return page(request, f"import_{step}.html", lang, acting, **{**given, **values})


def _go(cluster: str, draft: Draft | None, step: str, lang: str, more: str = "") -> Response:
    path = f"/clusters/{cluster}/import" + (f"/{draft.id}" if draft else "") + (f"/{step}" if step else "")
    return RedirectResponse(f"{path}?lang={lang}{more}", status_code=303)


@router.get("")
def file_page(
    request: Request, cluster: ClusterCode, service: Service, acting: Acting, language: Language
) -> Response:
    """Where a file is chosen; unfinished uploads can be taken up again."""
    mine = service.drafts.of(acting, cluster) if acting.may(PrincipalRole.EDITOR) else []
    return _show(request, service, acting, cluster, language, "file", drafts=mine)


@router.post("")
def upload(
    request: Request,
    cluster: ClusterCode,
    service: Service,
    acting: Acting,
    language: Language,
    file: Annotated[UploadFile, File()],
) -> Response:
    """Take the file in and go on to what was understood of it."""
    draft = service.drafts.stage(acting, cluster, file.filename or "", file.file.read())
    service.drafts.wait(draft, PATIENCE_S)
    if not wants_page(request):  # the page's script, which shows how much has been sent
        return JSONResponse({"next": f"/clusters/{cluster}/import/{draft.id}/columns?lang={language}"})
    return _go(cluster, draft, "columns", language)


def _unready(
    request: Request, service: Service, acting: Principal, draft: Draft, lang: str, step: str
) -> Response | None:
    """What is shown in place of a step: progress, the end, or why the file cannot be read."""
    code = draft.cluster
    if draft.state == "working":
        return _show(request, service, acting, code, lang, "working", draft=draft, wanted=step)
    if draft.state == "saved":
        return _go(code, draft, "done", lang)
    if draft.state == "failed" and draft.checked is None:
        if draft.error is None:
            service.drafts.look(draft)
        return _show(
            request, service, acting, code, lang, "file", error=draft.error, status=422, failed=draft
        )
    return None


@router.get("/{draft_id}")
def draft_page(
    cluster: ClusterCode, draft_id: str, service: Service, acting: Acting, language: Language
) -> Response:
    """The step at which a draft is taken up again."""
    draft = service.drafts.get(acting, cluster, draft_id)
    return _go(cluster, draft, "done" if draft.state == "saved" else "columns", language)


@router.get("/{draft_id}/state")
def state(cluster: ClusterCode, draft_id: str, service: Service, acting: Acting) -> dict[str, Any]:
    """How far the work is, for the progress bar."""
    draft = service.drafts.get(acting, cluster, draft_id)
    service.drafts.wait(draft, PATIENCE_S)
    return {"state": draft.state, "progress": round(draft.progress, 3)}


@router.get("/{draft_id}/columns")
def columns_page(
    request: Request,
    cluster: ClusterCode,
    draft_id: str,
    service: Service,
    acting: Acting,
    language: Language,
) -> Response:
    """What was understood: which column is which field."""
    draft = service.drafts.get(acting, cluster, draft_id)
    service.drafts.wait(draft, PATIENCE_S)
    if instead := _unready(request, service, acting, draft, language, "columns"):
        return instead
    checked = draft.checked if draft.error else service.drafts.look(draft)
    assert checked is not None  # noqa: S101 - a failed draft without a result is shown as a file
    return _show(
        request, service, acting, cluster, language, "columns", draft=draft, checked=checked,
        columns=import_forms.columns(checked, draft.choices), fields=import_forms.fields(language),
        notes=import_forms.file_notes(checked), error=draft.error, status=422 if draft.error else 200,
    )  # fmt: skip


@router.post("/{draft_id}/columns")
async def choose_columns(
    request: Request,
    cluster: ClusterCode,
    draft_id: str,
    service: Service,
    acting: Acting,
    language: Language,
) -> Response:
    """Take over which column is which, and check again if anything changed."""
    form = await request.form()
    return await _in_thread(_choose, service, acting, cluster, draft_id, language, form)


def _choose(
    service: Service, acting: Principal, cluster: str, draft_id: str, lang: str, form: Any
) -> Response:
    draft = service.drafts.get(acting, cluster, draft_id)
    choices = import_forms.read_columns(draft, form)
    if choices != draft.choices:
        service.drafts.change(draft, choices)
        service.drafts.wait(draft, PATIENCE_S)
    stay = draft.state == "failed" or form.get("go") == "again"
    return _go(cluster, draft, "columns" if stay else "problems", lang)


@router.get("/{draft_id}/problems")
def problems_page(
    request: Request,
    cluster: ClusterCode,
    draft_id: str,
    service: Service,
    acting: Acting,
    language: Language,
    more: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """Problems by kind and row, each cell to be mended in place."""
    draft = service.drafts.get(acting, cluster, draft_id)
    service.drafts.wait(draft, PATIENCE_S)
    if instead := _unready(request, service, acting, draft, language, "problems"):
        return instead
    if draft.error:
        return _go(cluster, draft, "columns", language)
    checked = service.drafts.look(draft)
    return _show(
        request, service, acting, cluster, language, "problems", draft=draft, checked=checked, more=more,
        groups=import_forms.groups(checked, draft.choices, more, language),
        types=import_forms.types(service, language),
    )  # fmt: skip


@router.post("/{draft_id}/problems")
async def mend(
    request: Request,
    cluster: ClusterCode,
    draft_id: str,
    service: Service,
    acting: Acting,
    language: Language,
) -> Response:
    """Take over mended cells and rows left out, and check again if anything changed."""
    form = await request.form(max_fields=import_forms.MOST_FIELDS)
    return await _in_thread(_mend, service, acting, cluster, draft_id, language, form)


def _mend(service: Service, acting: Principal, cluster: str, draft_id: str, lang: str, form: Any) -> Response:
    draft = service.drafts.get(acting, cluster, draft_id)
    mending = import_forms.read_mending(draft, service.drafts.look(draft), form)
    if mending != draft.choices.mending:
        service.drafts.change(draft, replace(draft.choices, mending=mending))
        service.drafts.wait(draft, PATIENCE_S)
    more = quote(str(form.get("more", ""))[:80], safe="")
    step = "map" if form.get("go") == "map" else "problems"
    return _go(cluster, draft, step, lang, f"&more={more}" if more and step == "problems" else "")


@router.get("/{draft_id}/map")
def map_step(
    request: Request,
    cluster: ClusterCode,
    draft_id: str,
    service: Service,
    acting: Acting,
    language: Language,
) -> Response:
    """The organisations read on a map, what would change, and the button that saves."""
    from geoservice.service.preview import verdict_after

    draft = service.drafts.get(acting, cluster, draft_id)
    service.drafts.wait(draft, PATIENCE_S)
    if instead := _unready(request, service, acting, draft, language, "map"):
        return instead
    if draft.error:
        return _go(cluster, draft, "columns", language)
    checked = service.drafts.look(draft)
    return _show(
        request, service, acting, cluster, language, "map", draft=draft, checked=checked,
        names=checked.names(), unplaced=import_forms.unplaced(checked),
        rejected=import_forms.rejected(checked), verdict=verdict_after(service, draft, checked, language),
    )  # fmt: skip


@router.get("/{draft_id}/preview")
def preview_map(
    request: Request,
    cluster: ClusterCode,
    draft_id: str,
    service: Service,
    acting: Acting,
    language: Language,
) -> Response:
    """The map that the step frames."""
    from geoservice.render.web import render_map
    from geoservice.service.preview import preview

    draft = service.drafts.get(acting, cluster, draft_id)
    if draft.state == "saved":  # a page that the browser held: the register has it now
        return RedirectResponse(f"/clusters/{cluster}/map?lang={language}")
    scene = preview(service, draft, service.drafts.look(draft), language)
    options = {"embed": True, "header": False, "panel": "folded", "share": False}
    html = render_map(scene, nonce=request.scope["state"]["nonce"], options=options)
    return Response(html, media_type="text/html; charset=utf-8", headers={"Cache-Control": "no-store"})


@router.post("/{draft_id}/save")
async def save(
    request: Request,
    cluster: ClusterCode,
    draft_id: str,
    service: Service,
    acting: Acting,
    language: Language,
) -> Response:
    """Bring the file into the register, exactly as it was looked at."""
    form = await request.form()
    version = str(form.get("version", ""))
    return await _in_thread(_save, service, acting, cluster, draft_id, language, version)


def _save(
    service: Service, acting: Principal, cluster: str, draft_id: str, lang: str, version: str
) -> Response:
    draft = service.drafts.get(acting, cluster, draft_id)
    service.drafts.save(acting, draft, int(version) if version.isdigit() else -1)
    service.drafts.wait(draft, PATIENCE_S)
    return _go(cluster, draft, "map" if draft.outdated and draft.saved is None else "done", lang)


@router.get("/{draft_id}/done")
def done_page(
    request: Request,
    cluster: ClusterCode,
    draft_id: str,
    service: Service,
    acting: Acting,
    language: Language,
) -> Response:
    """What was saved."""
    draft = service.drafts.get(acting, cluster, draft_id)
    if draft.state == "working":
        return _show(request, service, acting, cluster, language, "working", draft=draft, wanted="done")
    if draft.saved is None:
        return _go(cluster, draft, "map", language)
    return _show(request, service, acting, cluster, language, "done", draft=draft, report=draft.saved)


@router.post("/{draft_id}/drop")
def drop(
    cluster: ClusterCode, draft_id: str, service: Service, acting: Acting, language: Language
) -> Response:
    """Forget the file."""
    service.drafts.drop(service.drafts.get(acting, cluster, draft_id))
    return _go(cluster, None, "", language)


async def _in_thread(run: Any, *arguments: Any) -> Response:
    """Work that waits for the store goes to a thread, after the form was read without one."""
    from starlette.concurrency import run_in_threadpool

    return await run_in_threadpool(run, *arguments)
