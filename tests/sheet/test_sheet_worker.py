"""Sheets in a process of their own: the same bytes, refusals in full, limits that are said."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sheet_scenes as scenes

from geoservice.errors import LimitExceededError, RenderError
from geoservice.i18n import message
from geoservice.render.sheet import SheetOptions, render_sheet
from geoservice.render.sheet_worker import SheetWorker


def test_the_worker_gives_the_same_bytes_and_passes_refusals_on() -> None:
    worker = SheetWorker()
    try:
        scene = scenes.scene(scenes.demo_participants()[:6])
        assert worker.render(scene, SheetOptions()) == render_sheet(scene, catalog=scenes.catalog())
        odd = replace(scene, cluster_title="Klaster 𓀀")
        with pytest.raises(RenderError) as caught:
            worker.render(odd, SheetOptions())
        assert "U+13000" in message(caught.value, "az")
    finally:
        worker.close()


def test_a_sheet_that_takes_too_long_is_given_up_and_the_next_one_is_made() -> None:
    worker = SheetWorker(seconds=0.0)
    scene = scenes.scene(scenes.demo_participants()[:2])
    with pytest.raises(LimitExceededError) as caught:
        worker.render(scene, SheetOptions())
    assert "0 saniyə" in message(caught.value, "az")
    worker.seconds = 120.0
    try:
        assert worker.render(scene, SheetOptions()).startswith(b"%PDF")
    finally:
        worker.close()


def test_a_sheet_that_takes_too_much_memory_is_refused() -> None:
    worker = SheetWorker(megabytes=60)
    try:
        with pytest.raises(LimitExceededError) as caught:
            worker.render(scenes.demo(), SheetOptions())
        assert "60 MB" in message(caught.value, "en")
    finally:
        worker.close()
