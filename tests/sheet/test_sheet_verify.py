"""A sheet's file and the register: every answer of the check, by service, HTTP and command line."""

from __future__ import annotations

import io
from pathlib import Path

import pikepdf
import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient

from geoservice.api.app import create_app
from geoservice.cli import main
from geoservice.errors import NotFoundError, UnreadableFileError
from geoservice.i18n import message
from geoservice.model import LOCAL_OPERATOR
from geoservice.render.sheet_verify import KEY, read_stamp
from geoservice.service import GeoService, demo
from geoservice.service.schemes import Verification
from geoservice.settings import Settings
from geoservice.store.memory import MemoryStore

CLUSTER = "simal-cenub"


@pytest.fixture
def house() -> GeoService:
    service = GeoService(MemoryStore())
    demo.load(service)
    return service


@pytest.fixture(scope="module")
def sheet() -> bytes:
    service = GeoService(MemoryStore())
    demo.load(service)
    return service.sheet(LOCAL_OPERATOR, CLUSTER, "az").prepared.body


def check(service: GeoService, pdf: bytes) -> Verification:
    return service.verify_sheet(LOCAL_OPERATOR, pdf)


def saved(pdf: bytes, change: object = None) -> bytes:
    """The file as another program saves it, after a change or without one."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        if callable(change):
            change(document)
        document.save(out)
    return out.getvalue()


def test_a_sheet_matches_the_register_it_was_made_from(house: GeoService, sheet: bytes) -> None:
    found = check(house, sheet)
    assert found.matches
    assert found.intact
    assert found.sheet_revision == found.current_revision


@pytest.mark.parametrize(
    "options",
    [
        {"template": "map-only"},
        {"paper": "A1", "orientation": "portrait", "appendix6": True, "verdict_page": True},
        {"standard": "a-4"},
        {"crs": "pulkovo"},
        {"layers": ("-az-transport",)},
    ],
    ids=lambda options: next(iter(options)),
)
@pytest.mark.parametrize("lang", ["az", "ru"])
def test_how_it_is_drawn_does_not_matter(house: GeoService, lang: str, options: dict[str, object]) -> None:
    body = house.sheet(LOCAL_OPERATOR, CLUSTER, lang, **options).prepared.body
    assert check(house, body).matches


def test_a_changed_register_is_told(house: GeoService, sheet: bytes) -> None:
    first = house.store.register(CLUSTER).participants[0]
    house.delete_participant(LOCAL_OPERATOR, CLUSTER, first.id)
    found = check(house, sheet)
    assert not found.matches
    assert found.intact
    assert found.current_revision > found.sheet_revision
    assert found.sheet_code != found.current_code


def test_a_changed_file_is_told_whatever_was_changed(house: GeoService, sheet: bytes) -> None:
    place = sheet.index(b"stream\n") + 40
    flipped = sheet[:place] + bytes([sheet[place] ^ 1]) + sheet[place + 1 :]
    lowered = sheet.replace(b"/Revision 1", b"/Revision 2", 1)
    assert lowered != sheet
    for changed in (flipped, lowered, sheet + b"\n", saved(sheet)):
        found = check(house, changed)
        assert not found.intact
        assert not found.matches


def test_a_stamp_taken_over_into_another_file_is_told(house: GeoService, sheet: bytes) -> None:
    with pikepdf.open(io.BytesIO(sheet)) as original:
        stamp = {key: str(value) for key, value in original.Root[KEY].items() if key != "/Revision"}

    def put(document: pikepdf.Pdf) -> None:
        document.add_blank_page()
        values = {key[1:]: pikepdf.String(value) for key, value in stamp.items()}
        document.Root[KEY] = pikepdf.Dictionary(Revision=1, **values)

    assert not check(house, saved(_blank(), put)).intact


def _blank() -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "content", [b"", b"nothing", b"%PDF-1.7\n%nothing else", b"PK\x03\x04" + bytes(100)], ids=repr
)
def test_what_is_no_pdf_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableFileError) as caught:
        read_stamp(content)
    assert "PDF" in message(caught.value, "az")
    assert caught.value.code == "sheet.not_pdf"


@pytest.mark.parametrize(
    "entry",
    [
        None,
        pikepdf.String("x"),
        pikepdf.Dictionary(Cluster=pikepdf.String("a")),
        pikepdf.Dictionary(Cluster=pikepdf.String("a"), Revision=pikepdf.Name.x, Code=pikepdf.String("b")),
        pikepdf.Dictionary(Cluster=pikepdf.String("a"), Revision=1, Code=pikepdf.String("b")),
    ],
    ids=["none", "a text", "half", "no number", "no code"],
)
def test_a_foreign_pdf_is_refused(entry: pikepdf.Object | None) -> None:
    def put(document: pikepdf.Pdf) -> None:
        if entry is not None:
            document.Root[KEY] = entry

    with pytest.raises(UnreadableFileError) as caught:
        read_stamp(saved(_blank(), put))
    assert caught.value.code == "sheet.not_stamped"


def test_a_cluster_that_is_gone_is_named(house: GeoService, sheet: bytes) -> None:
    house.delete_cluster(LOCAL_OPERATOR, CLUSTER)
    with pytest.raises(NotFoundError) as caught:
        check(house, sheet)
    assert CLUSTER in message(caught.value, "ru")


def test_the_answers_over_http(house: GeoService, sheet: bytes) -> None:
    with TestClient(create_app(house, Settings()), base_url="http://127.0.0.1") as client:

        def post(content: bytes) -> tuple[int, dict[str, object]]:
            answer = client.post("/api/v1/verify?lang=en", files={"file": ("a.pdf", content)})
            return answer.status_code, answer.json()

        status, body = post(sheet)
        assert (status, body["matches"], body["intact"]) == (200, True, True)
        status, body = post(sheet + b"\n")
        assert (status, body["matches"], body["intact"]) == (200, False, False)
        assert post(b"no")[1]["code"] == "sheet.not_pdf"
        assert post(_blank())[1]["code"] == "sheet.not_stamped"
        newer = client.get(f"/api/v1/clusters/{CLUSTER}/scheme.pdf?standard=a-4").content
        assert newer.startswith(b"%PDF-2.0")
        assert post(newer)[1]["matches"] is True
        assert client.get(f"/api/v1/clusters/{CLUSTER}/scheme.pdf?standard=a-9").status_code == 422


def test_the_answers_on_the_command_line(tmp_path: Path) -> None:
    data, file = tmp_path / "d", tmp_path / "a.pdf"

    def run(*arguments: object, ok: int = 0) -> str:
        result = CliRunner().invoke(main, [str(argument) for argument in arguments])
        assert result.exit_code == ok, (result.output, result.exception)
        return result.output

    run("demo", "--data", data)
    run("sheet", CLUSTER, "--data", data, "-o", file, "--standard", "a-4")
    assert file.read_bytes().startswith(b"%PDF-2.0")
    assert "olduğu kimi" in run("verify", file, "--data", data)
    file.write_bytes(file.read_bytes() + b"\n")
    assert "has been changed" in run("verify", file, "--data", data, "--lang", "en", ok=1)
    file.write_bytes(_blank())
    assert "yoxlama kodu yoxdur" in run("verify", file, "--data", data, ok=3)
