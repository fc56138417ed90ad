"""The command line: everything without a running server, with exit codes that scripts can use."""

from __future__ import annotations

import importlib.util
import io
import json
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from geoservice.cli import common, main
from geoservice.languages import LANGUAGES
from geoservice.service.demo import FOLDER

ROOT = Path(__file__).parents[1]
DEMO = FOLDER / "abseron-kimya.csv"
PROGRAM = Path(sys.executable).with_name("geoservice")


def run(*arguments: object, ok: int = 0) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == ok, (result.exit_code, result.output, result.exception)
    return result


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    assert run("demo", "--data", folder).stdout.split() == ["abseron-kimya", "simal-cenub"]
    return folder


def test_the_demo_is_loaded_once(data: Path) -> None:
    assert run("demo", "--data", data).stdout == ""
    listed = run("clusters", "list", "--data", data, "--lang", "en").stdout.splitlines()
    assert [line.split("\t")[:2] for line in listed] == [["abseron-kimya", "28"], ["simal-cenub", "13"]]


def test_the_check_answers_with_its_exit_code(data: Path) -> None:
    yes = run("check", "abseron-kimya", "--data", data, "--lang", "en")
    assert "bordering" in yes.stdout
    no = run("check", "simal-cenub", "--data", data, "--json", ok=1)
    assert json.loads(no.stdout)["verdict"] == "separated_regions"


@pytest.mark.parametrize(
    ("lang", "why", "no_data"),
    [
        (
            "az",
            "təsdiqlənməyib: 1 üzvün koordinatları yoxdur",
            "təsdiqlənməyib: reyestrdə bu barədə məlumat yoxdur",
        ),
        ("en", "not shown: 1 member has no coordinates", "not shown: the register holds no data on it"),
        ("ru", "не подтверждено: у 1 члена нет координат", "не подтверждено: в реестре нет данных об этом"),
    ],
)
def test_a_requirement_that_is_not_shown_tells_its_true_reason(
    tmp_path: Path, lang: str, why: str, no_data: str
) -> None:
    register = tmp_path / "reyestr.csv"
    rows = [f"{n} MMC;Digər təşkilat;40,59;49,66{n}" for n in range(10, 22)]
    text = "\n".join(
        ["Adı;Təşkilatın növü;En dairəsi;Uzunluq dairəsi", *rows, "Yersiz MMC;Digər təşkilat;;", ""]
    )
    register.write_text(text, "utf-8")
    lines = run("check", register, "--data", tmp_path, "--lang", lang, ok=1).stdout.splitlines()
    said = {line.partition(" (")[2].partition(")")[0]: line for line in lines if line.startswith("  ")}
    assert said["1"].endswith(why)
    assert said["2"].endswith(no_data)


def test_sheet_and_map_are_files(data: Path, tmp_path: Path) -> None:
    run("sheet", "abseron-kimya", "--data", data, "-o", tmp_path / "deep" / "a.pdf", "--lang", "ru")
    assert (tmp_path / "deep" / "a.pdf").read_bytes().startswith(b"%PDF")
    run("sheet", "abseron-kimya", "--data", data, "-o", tmp_path / "a.png", "--dpi", 50)
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    run("map", "abseron-kimya", "--data", data, "-o", tmp_path / "a.html")
    assert "<html" in (tmp_path / "a.html").read_text("utf-8")
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_a_register_file_needs_no_store(tmp_path: Path) -> None:
    absent = tmp_path / "nothing-here"
    run("sheet", DEMO, "--data", absent, "-o", tmp_path / "a.pdf")
    assert (tmp_path / "a.pdf").stat().st_size > 10_000
    answer = json.loads(run("check", DEMO, "--data", absent, "--json").stdout)
    assert answer["satisfied"] is True
    assert not absent.exists()


def test_import_reports_and_counts(tmp_path: Path) -> None:
    register = tmp_path / "reyestr.csv"
    register.write_text("Adı;Təşkilatın növü\nA MMC;Digər təşkilat\nB MMC;Zavodcuq\n", "utf-8")
    arguments = ("import", "sinaq", register, "--create", "Sınaq", "--data", tmp_path / "d", "--lang", "en")
    result = run(*arguments, ok=1)
    assert "Read: 2, taken: 1, rejected: 1" in result.stdout
    assert "reyestr.csv:3 [Təşkilatın növü]" in result.stderr
    again = run("import", "sinaq", register, "--dry-run", "--json", "--data", tmp_path / "d", ok=1)
    assert json.loads(again.stdout)["rejected"] == 1
    exported = run("export", "sinaq", "--format", "csv", "-o", "-", "--data", tmp_path / "d").stdout_bytes
    assert exported.decode("utf-8-sig").count("\r\n") == 2


def test_what_is_wrong_in_many_rows_is_said_once(tmp_path: Path) -> None:
    register = tmp_path / "reyestr.csv"
    rows = [f"A {n};Digər təşkilat;{'yox' * (n % 2)}" for n in range(200)]
    register.write_text("\n".join(("Adı;Təşkilatın növü;Enlik", *rows, "B;Zavodcuq;")), "utf-8")
    arguments = ("import", "sinaq", register, "--create", "Sınaq", "--data", tmp_path / "d", "--lang", "en")
    said = run(*arguments, ok=1).stderr.splitlines()
    assert [line.split(":")[0] for line in said] == ["reyestr.csv"] * 3
    assert [line.split(": ")[1] for line in said] == ["error (100)", "error", "note (100)"]
    assert "reyestr.csv:3, 5, 7, " in said[0] and ", … [Enlik]: " in said[0]
    assert "reyestr.csv:202 [Təşkilatın növü]: error: " in said[1]


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("check", "nobody"), 3, "nobody"),
        (("sheet", "abseron-kimya", "--scale", "5000"), 3, "MMC"),
        (("export", "abseron-kimya", "--format", "dwg"), 3, "geojson"),
        (("sheet",), 2, ""),
        (("sheet", "abseron-kimya", "-o", "a.docx"), 2, "docx"),
    ],
)
def test_wrong_use_is_said(data: Path, arguments: tuple[str, ...], code: int, word: str) -> None:
    result = run(*arguments, "--data", data, ok=code)
    assert word in result.stderr
    assert result.stdout == ""


def test_without_a_store_the_way_to_one_is_told(tmp_path: Path) -> None:
    assert "geoservice demo" in run("check", "a", "--data", tmp_path, ok=4).stderr


def test_a_layer_is_added_listed_and_removed(tmp_path: Path) -> None:
    road = tmp_path / "Yeni yol.geojson"
    line = {"type": "LineString", "coordinates": [[49.5, 40.4], [49.9, 40.5]]}
    feature = {"type": "Feature", "properties": {"name": "M99"}, "geometry": line}
    road.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8")
    options = ("--data", tmp_path / "d")
    added = run("layers", "add", road, "--title", "Yeni yol", *options, "--lang", "en")
    assert added.stdout.strip() == "yeni-yol"
    for word in ("lines", "features: 1;", "49.500 to 49.900", "--layer -yeni-yol"):
        assert word in added.stderr
    assert "yeni-yol\tline\tYeni yol" in run("layers", "list", *options).stdout
    run("sheet", DEMO, *options, "-o", tmp_path / "a.pdf")
    run("layers", "remove", "yeni-yol", *options)
    assert "yeni-yol" not in run("layers", "list", *options).stdout


@pytest.mark.parametrize("arguments", [[], ["layers"], ["clusters"], ["sheet"], ["import"], ["serve"]])
def test_help_is_there_for_every_command(arguments: list[str]) -> None:
    assert run(*arguments, "--help").stdout.startswith("Usage:")


def test_the_service_is_not_opened_to_others_without_keys(tmp_path: Path) -> None:
    result = run("serve", "--host", "0.0.0.0", "--data", tmp_path, ok=3)
    assert "GEOSERVICE_ACCESS_KEYS" in result.stderr


class TestLayersCheck:
    def test_a_shipped_set_has_no_flaw(self, tmp_path: Path) -> None:
        assert run("layers", "check", "az-districts", "--data", tmp_path).stdout == ""

    def test_flaws_are_listed_with_coordinates_and_mended(self, tmp_path: Path) -> None:
        def square(west: float, code: str) -> dict:
            ring = [[west, 40], [west + 0.1, 40], [west + 0.1, 40.1], [west, 40.1], [west, 40]]
            geometry = {"type": "Polygon", "coordinates": [ring]}
            return {"type": "Feature", "properties": {"code": code}, "geometry": geometry}

        file = tmp_path / "b.geojson"
        features = [square(49.0, "A"), square(49.0999, "B")]
        file.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
        mended = tmp_path / "mended.gpkg"
        result = run("layers", "check", file, "--repair", mended, "--lang", "en", "--data", tmp_path, ok=1)
        assert "A – B" in result.stdout and "49.09" in result.stdout
        assert run("layers", "check", mended, "--data", tmp_path).stdout == ""


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_prepared_overview_is_what_click_says(lang: str) -> None:
    """To mend it: python .ci/overview.py."""
    spec = importlib.util.spec_from_file_location("overview", ROOT / ".ci" / "overview.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    prepared = ROOT / "geoservice" / "locales" / lang / "overview.txt"
    assert module.overview(lang) == prepared.read_text("utf-8")


@pytest.mark.parametrize("arguments", [[], ["-h"], ["--help"]])
def test_the_program_answers_without_click(arguments: list[str]) -> None:
    code = "import sys; from geoservice.entry import main; main(); print('click' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("Usage: geoservice ")
    assert done.stdout.endswith("False\n")


@pytest.fixture
def single(tmp_path: Path) -> Path:
    """A register of one organisation."""
    file = tmp_path / "a.csv"
    row = "A MMC;Digər təşkilat;40,4;49,8"
    file.write_text(f"Adı;Təşkilatın növü;En dairəsi;Uzunluq dairəsi\n{row}\n", "utf-8")
    return file


def test_an_answer_through_a_pipe_is_whole(single: Path, tmp_path: Path) -> None:
    """A command on a file ends at once: what it has said and written is out by then.

    Here it is the one command of its process, which keeps nothing for a next sheet: the same sheet.
    """
    command = [PROGRAM, "sheet", single, "-o", "-", "--as-of", "2020-01-31"]
    done = subprocess.run(command, capture_output=True, check=True)
    run("sheet", single, "-o", tmp_path / "a.pdf", "--as-of", "2020-01-31")
    assert done.stdout == (tmp_path / "a.pdf").read_bytes()
    assert b"1:" in done.stderr
    wrong = subprocess.run([*command, "--extent", "1,1,2,2"], capture_output=True, check=False)
    assert (wrong.returncode, wrong.stdout) == (3, b"")
    assert "A MMC" in wrong.stderr.decode()  # a file has no history: it was there in 2020


def test_a_full_disk_behind_a_pipe_is_said(single: Path) -> None:
    command = [PROGRAM, "sheet", single, "-o", "-", "--lang", "en"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 3
    assert "stdout" in done.stderr.splitlines()[-1]


def test_a_sheet_tells_whether_it_is_still_true(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    run("sheet", "simal-cenub", "--data", data, "-o", file, "--appendix6", "--verdict-page", "--lang", "en")
    assert "as it is" in run("verify", file, "--data", data, "--lang", "en").stdout
    register = tmp_path / "yeni.csv"
    register.write_text("Adı;Təşkilatın növü\nYeni MMC;Digər təşkilat\n", "utf-8")
    run("import", "simal-cenub", register, "--data", data)
    assert "has changed" in run("verify", file, "--data", data, "--lang", "en", ok=1).stdout
    run("verify", register, "--data", data, ok=3)


@pytest.mark.parametrize(("driver", "suffix"), [("ESRI Shapefile", ".shp"), ("MapInfo File", ".tab")])
def test_a_table_is_taken_with_its_siblings(tmp_path: Path, driver: str, suffix: str) -> None:
    import geopandas as gpd
    import shapely

    line = shapely.LineString([(49.5, 40.4), (49.9, 40.5)])
    gpd.GeoDataFrame({"ad": ["Yol"]}, geometry=[line], crs=4326).to_file(
        tmp_path / f"yol{suffix}", driver=driver
    )
    options = ("--data", tmp_path / "d")
    assert run("layers", "add", tmp_path / f"yol{suffix}", *options).stdout.strip() == "yol"
    result = run("layers", "add", tmp_path / f"yol{suffix}", "--id", "Bad!", *options, ok=3)
    assert "Bad!" in result.stderr


def test_a_sheet_of_a_file_says_so_when_it_is_verified(data: Path, tmp_path: Path) -> None:
    run("sheet", DEMO, "--data", data, "-o", tmp_path / "a.pdf")
    assert "fayldan" in run("verify", tmp_path / "a.pdf", "--data", data, ok=3).stderr


def test_a_store_that_cannot_be_written_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("demo", "--data", tmp_path)
    monkeypatch.setattr("geoservice.store.connections._cannot_be_written", lambda path: True)
    assert "abseron-kimya" in run("clusters", "list", "--data", tmp_path).stdout
    run("check", "abseron-kimya", "--data", tmp_path)
    run("export", "abseron-kimya", "--data", tmp_path, "-o", tmp_path / "a.csv")
    for writing in (("create", "yeni", "Yeni"), ("delete", "abseron-kimya")):
        assert "geoservice.sqlite" in run("clusters", *writing, "--data", tmp_path, ok=4).stderr


def test_files_of_several_parts_are_named_as_archives(data: Path, tmp_path: Path) -> None:
    run("export", DEMO, "--data", data, "-o", tmp_path / "a.shp.zip")
    assert zipfile.is_zipfile(tmp_path / "a.shp.zip")
    assert "shp.zip" in run("export", DEMO, "--data", data, "-o", tmp_path / "a.shp", ok=2).stderr
    assert not (tmp_path / "a.shp").exists()


def test_what_cannot_be_written_is_named(data: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = run("export", "abseron-kimya", "--data", data, "-o", tmp_path / "file" / "a.csv", ok=3)
    assert str(tmp_path / "file" / "a.csv") in refused.stderr
    (tmp_path / "layers").touch()
    layer = ROOT / "layers" / "data" / "sea.geojson"
    assert (
        str(tmp_path / "layers") in run("layers", "add", layer, "--data", tmp_path, "--id", "su", ok=4).stderr
    )


class Terminal(io.StringIO):
    """A terminal that tells when something is written on it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = threading.Event()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.written.set()
        return super().write(text)


def test_long_work_is_shown_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(common, "QUIET_S", 0.0)
    monkeypatch.setattr("sys.stderr", terminal)
    with common.working("Reading"):
        assert terminal.written.wait(30)
    assert terminal.getvalue().startswith("\r| Reading 0 s")
    assert terminal.getvalue().endswith("\r\x1b[K")
    assert "\n" not in terminal.getvalue()


def test_a_pipe_gets_no_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common, "QUIET_S", 0.0)
    said = run("export", DEMO, "-o", tmp_path / "a.csv", "--lang", "en").stderr
    assert [line.split(":")[0] for line in said.splitlines()] == ["Read", "Written"]
