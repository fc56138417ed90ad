"""Rules that no single module can keep: what may be committed, and that the three languages stay in step."""

from __future__ import annotations

import ast
import inspect
import re
import string
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from babel import Locale

from geoservice import errors, i18n
from geoservice.model import LANGUAGES

ROOT = Path(__file__).resolve().parents[1]
CYRILLIC = re.compile(r"[\u0400-\u04ff]")
#: Hosts that packages are fetched from: the machine's settings name them, the repository never does.
REGISTRIES = re.compile(
    r"\b(?:{})\b".format(
        "|".join(
            re.escape(".".join(parts))
            for parts in (
                ("pypi", "org"),
                ("pythonhosted", "org"),
                ("npmjs", "org"),
                ("npmjs", "com"),
                ("yarnpkg", "com"),
                ("debian", "org"),
                ("anaconda", "org"),
                ("docker", "io"),
                ("ghcr", "io"),
            )
        )
    )
)
MACHINE_PATH = re.compile(r"(?<![\w$.}~*/-])/(?:work|root|home|tmp|Users)/")
LONGEST_MODULE_LINES = 400


@cache
def committed() -> tuple[Path, ...]:
    """Files that are committed, or would be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    return tuple(ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file())


def texts() -> Iterator[tuple[str, str]]:
    """Name and content of every committed text file."""
    for path in committed():
        content = path.read_bytes()
        if b"\0" not in content[:8192]:
            yield str(path.relative_to(ROOT)), content.decode("utf-8", "replace")


def modules() -> list[Path]:
    return [path for path in committed() if path.suffix == ".py"]


def test_there_are_files_to_look_at() -> None:
    assert len(committed()) > 50


@pytest.mark.parametrize("pattern", [REGISTRIES, MACHINE_PATH], ids=["registry hosts", "machine paths"])
def test_no_file_names(pattern: re.Pattern[str]) -> None:
    found = [f"{name}: {line.strip()[:120]}" for name, text in texts() if pattern.search(text)
             for line in text.splitlines() if pattern.search(line)]  # fmt: skip
    assert found == []


def test_modules_are_short() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in modules()}
    assert {name: lines for name, lines in lengths.items() if lines >= LONGEST_MODULE_LINES} == {}


# -- languages -----------------------------------------------------------------------------------------------


def variants(entry: str | Mapping[str, str]) -> list[str]:
    return [entry] if isinstance(entry, str) else list(entry.values())


def placeholders(entry: str | Mapping[str, str]) -> set[str]:
    """Names of the placeholders, attributes and indices left off."""
    names: set[str] = set()
    for variant in variants(entry):
        names |= {re.split(r"[.\[]", name)[0] for _, name, _, _ in string.Formatter().parse(variant) if name}
    return names


@pytest.mark.parametrize("lang", [lang for lang in LANGUAGES if lang != "az"])
def test_catalogues_hold_the_same_keys_and_placeholders(lang: str) -> None:
    reference, other = i18n.catalogue("az"), i18n.catalogue(lang)
    assert set(reference) ^ set(other) == set()
    different = {
        key: (placeholders(entry), placeholders(other[key]))
        for key, entry in reference.items()
        if placeholders(entry) - {"n"} != placeholders(other[key]) - {"n"}
    }
    assert different == {}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_texts_that_count_have_the_plurals_of_their_language(lang: str) -> None:
    counting = {key: entry for key, entry in i18n.catalogue(lang).items() if not isinstance(entry, str)}
    # Azerbaijani counts with the singular: its categories may share one text under "other".
    needed = {"other"} if lang == "az" else set(Locale(lang).plural_form.tags) | {"other"}
    assert {key: set(entry) for key, entry in counting.items() if not needed <= set(entry)} == {}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_text_is_empty(lang: str) -> None:
    empty = {key for key, entry in i18n.catalogue(lang).items() if not all(map(str.strip, variants(entry)))}
    # The abbreviations that a sheet explains differ by language: some need none where others do.
    assert {key for key in empty if lang == "az" or not key.startswith("sheet.own.")} == set()


def test_azerbaijani_texts_are_in_latin_script() -> None:
    english = i18n.catalogue("en")
    mixed = {
        key: entry
        for key, entry in i18n.catalogue("az").items()
        if CYRILLIC.search("".join(variants(entry))) and not CYRILLIC.search("".join(variants(english[key])))
    }
    assert mixed == {}


def localised(node: Any, where: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every table of a TOML file that holds a text in the three languages."""
    if isinstance(node, dict):
        if set(LANGUAGES) <= set(node) and all(isinstance(node[lang], str) for lang in LANGUAGES):
            yield where, node
        for name, child in node.items():
            yield from localised(child, f"{where}.{name}")
    elif isinstance(node, list):
        for place, child in enumerate(node):
            yield from localised(child, f"{where}[{place}]")


def test_titles_of_layers_styles_and_types_are_in_their_languages() -> None:
    wrong = []
    for path in committed():
        if path.suffix == ".toml" and "locales" not in path.parts:
            for where, titles in localised(tomllib.loads(path.read_text("utf-8")), path.name):
                if CYRILLIC.search(titles["az"] + titles["en"]) or not all(
                    titles[lang] for lang in LANGUAGES
                ):
                    wrong.append(f"{where}: {dict(titles)}")
    assert wrong == []


# -- keys that code asks for ---------------------------------------------------------------------------------


class Use(NamedTuple):
    """A key as a call names it (a pattern, where part of it is computed) and what the call gives."""

    where: str
    pattern: str
    literal: bool
    given: frozenset[str] | None


ERROR_TYPES = {
    name for name, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)
}


def constants(tree: ast.Module) -> dict[str, str]:
    """Texts that a module names at its top."""
    assigned = [node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]
    return {
        target.id: node.value.value
        for node in assigned
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }


def pattern_of(node: ast.expr, known: Mapping[str, str]) -> str | None:
    """A regular expression for what an expression of text can be; nothing for other expressions."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.escape(node.value)
    if isinstance(node, ast.Name):
        return re.escape(known[node.id]) if node.id in known else None
    if isinstance(node, ast.FormattedValue):
        return pattern_of(node.value, known) or r"[\w.\-]+"
    if isinstance(node, ast.JoinedStr):
        return "".join(pattern_of(part, known) or r"[\w.\-]+" for part in node.values)
    return None


def name_of(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def prefixed(tree: ast.Module) -> dict[str, str]:
    """Functions that only put a prefix before the key, such as ``_("help.main")``: name -> prefix."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and isinstance(node.body[-1], ast.Return):
            call = node.body[-1].value
            first = node.args.args[0].arg if node.args.args else None
            if isinstance(call, ast.Call) and name_of(call.func) == "text" and len(call.args) > 1:
                match call.args[1]:
                    case ast.JoinedStr(
                        values=[ast.Constant(value=str(prefix)), ast.FormattedValue(value=ast.Name(id=name))]
                    ) if name == first:
                        found[node.name] = prefix
    return found


def uses(path: Path) -> Iterator[Use]:
    """Every key of the catalogues that a module names."""
    tree = ast.parse(path.read_text("utf-8"))
    known, helpers = constants(tree), prefixed(tree)
    imports_text = "from geoservice.i18n import" in path.read_text("utf-8")
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = name_of(node.func)
        of_i18n = isinstance(node.func, ast.Attribute) and name_of(node.func.value) == "i18n"
        pattern = None
        if name == "text" and len(node.args) > 1 and (of_i18n or imports_text):
            pattern = pattern_of(node.args[1], known)
        elif name in helpers and (inner := pattern_of(node.args[0], known)):
            pattern = re.escape(helpers[name]) + inner
        elif name in ERROR_TYPES and (inner := pattern_of(node.args[0], known)):
            pattern = inner if r"\." in inner else rf"errors\.{inner}"
        if pattern is None:
            continue
        open_ended = any(keyword.arg is None for keyword in node.keywords)
        given = None if open_ended else frozenset(k.arg for k in node.keywords if k.arg)
        yield Use(f"{path.relative_to(ROOT)}:{node.lineno}", pattern, "[" not in pattern, given)


def all_uses() -> list[Use]:
    sources = [path for path in modules() if path.is_relative_to(ROOT / "geoservice")]
    return [use for path in sources if path.name not in {"i18n.py", "errors.py"} for use in uses(path)]


def test_every_key_that_code_names_exists() -> None:
    keys = list(i18n.catalogue("az"))
    found = all_uses()
    assert len(found) > 20
    missing = [f"{use.where}: {use.pattern}" for use in found
               if not any(re.fullmatch(use.pattern, key) for key in keys)]  # fmt: skip
    assert missing == []


def test_every_placeholder_of_a_text_is_given_where_it_is_used() -> None:
    catalogue = i18n.catalogue("az")
    by_pattern = {re.escape(key): entry for key, entry in catalogue.items()}
    short = [f"{use.where}: {sorted(lacking)}" for use in all_uses()
             if use.given is not None and (entry := by_pattern.get(use.pattern)) is not None
             and (lacking := placeholders(entry) - use.given)]  # fmt: skip
    assert short == []
