"""The real application on a real port, with scenes that do not depend on the other parts."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import uvicorn
from msgspec.structs import replace

from geoservice.api.app import create_app
from geoservice.model import Change, Cluster, Participant
from geoservice.service import GeoService
from geoservice.service.core import Options
from geoservice.settings import Settings
from geoservice.store.opening import open_store
from tests.web import scenes


class SyntheticService(GeoService):
    """GeoService whose scenes are synthetic, but those of ``real`` clusters; everything else is real."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.extra: dict[str, tuple[Any, ...]] = {}
        self.real: set[str] = set()  # clusters whose scenes come from their registers

    def scene(self, principal: Any, code: str, lang: str, **asked: Any) -> Any:
        if code in self.real:
            return super().scene(principal, code, lang, **asked)
        cluster = self.store.cluster(code)
        register = self.store.register(code)
        made = scenes.scene(lang, extra=self.extra.get(code, ()))
        return replace(made, cluster=cluster, cluster_title=cluster.title.get(lang, code),
                       register_revision=register.revision)  # fmt: skip


def participant(member: Any) -> Participant:
    """A member of a synthetic scene as the register would hold it."""
    return Participant(
        member.id, member.name, member.type_code, marks=member.marks, specialisation=member.specialisation,
        longitude=member.longitude, latitude=member.latitude,
        actual_address=member.fields["actual_address"], website=member.fields["website"],
    )  # fmt: skip


def fill(service: GeoService, code: str = "sinaq", title: str = "Sınaq kimya klasteri") -> None:
    service.store.create_cluster(
        Cluster(code, {"az": title, "en": title, "ru": title}, synthetic=True), by="test"
    )
    changes = [Change("put", member.id, participant(member)) for member in scenes.members("az", 30)]
    service.store.apply(code, changes, by="test", reason="reyestr.xlsx")


class Running:
    """A service in a thread; ``url`` is its address."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        store = open_store(folder)
        self.service = SyntheticService(store, Options(data=folder))
        fill(self.service)
        self.settings = Settings(data=folder, demo=False, **settings)
        config = uvicorn.Config(
            create_app(self.service, self.settings), host="127.0.0.1", port=0, log_level="warning"
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            if not self.thread.is_alive():
                raise RuntimeError("the server did not start")
        self.url = f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(timeout=20)
