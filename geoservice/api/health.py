"""Whether the service lives and is ready."""

from __future__ import annotations

from fastapi import APIRouter

from geoservice.api.dependencies import Service
from geoservice.api.problems import documented

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Alive")
def healthz() -> dict[str, str]:
    """Answer as long as the process does."""
    return {"status": "ok"}


@router.get("/readyz", summary="Ready", responses=documented(503))
def readyz(service: Service) -> dict[str, str]:
    """Answer when the store can be read, and written unless it was opened read-only, which is told."""
    service.store.check()
    return {"status": "ready", "store": "read_only" if service.store.read_only else "writable"}
