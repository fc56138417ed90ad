from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

import geoservice.register
from geoservice import i18n
from geoservice.model import LANGUAGES

PACKAGE = Path(geoservice.register.__path__[0])
FILES = [*PACKAGE.glob("*.py"), PACKAGE.parent / "service" / "drafts.py"]
SOURCE = "\n".join(file.read_text("utf-8") for file in FILES)


def keys(area: str) -> set[str]:
    return {key.removeprefix(area) for key in i18n.catalogue("az") if key.startswith(area)}


def test_every_problem_and_error_is_raised_somewhere_and_none_lacks_its_text() -> None:
    quoted = set(re.findall(r"[\"}.]([a-z]+(?:_[a-z]+)+)\"", SOURCE)) | set(
        re.findall(r"error\.([a-z_]+)\"", SOURCE)
    )
    quoted |= {"updated", "unchanged"}
    quoted |= {f"save_as.{kind}" for kind in ("html", "numbers", "pdf", "word", "xlsb", "xml")}
    quoted |= {f"coordinate_{kind}_{axis}" for kind in ("axis", "range") for axis in ("lat", "lon")}
    assert keys("register.problem.") - quoted == set()
    assert keys("register.error.") - quoted == set()
    made = re.findall(r"(?:Problem|\.problem)\(\s*\"([a-z_]+)\"", SOURCE)
    made += re.findall(r"(?:_PREFIX|CODE)\}([a-z_]+)\"", SOURCE)
    assert set(made) - keys("register.problem.") == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_texts_have_the_same_placeholders_in_all_languages(lang: str) -> None:
    def names(text: object) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(str(text)) if name}

    for key, text in i18n.catalogue("en").items():
        if key.startswith("register."):
            assert names(i18n.catalogue(lang)[key]) == names(text), key
