"""Organisation types, marks and legal forms as registers write them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from functools import cached_property

from geoservice.model import LocalisedText, Mark, OrganisationType
from geoservice.register.columns import spelled_forms
from geoservice.register.text import key, latin, stem_key, without_brackets

_ENUMERATION = re.compile(r"^\s*(?:[IVXLivxl]{1,5}|\d{1,2}(?:\.\d{1,2})?|[A-Za-zА-Яа-я])\s*[.)\-–]\s*")
_SUGGESTION = 0.72
_MARKS = {
    **dict.fromkeys(
        (
            "it",
            "ит",
            "founder",
            "tesisci",
            "tesiscisi",
            "учредитель",
            "ixtisaslasdirilmis teskilatin tesiscisi",
        ),
        Mark.FOUNDER,
    ),
    **dict.fromkeys(
        (
            "msb",
            "мсб",
            "final_producer",
            "final producer",
            "son mehsul istehsalcisi",
            "производитель конечной продукции",
        ),
        Mark.FINAL_PRODUCER,
    ),
}
_YES = frozenset(
    {
        "+",
        "++",
        "x",
        "х",
        "v",
        "1",
        "true",
        "yes",
        "y",
        "да",
        "д",
        "beli",
        "he",
        "var",
        "it",
        "ит",
        "msb",
        "мсб",
    }
)
_NO = frozenset({"", "0", "false", "no", "n", "нет", "н", "xeyr", "yox", "yoxdur", "нету"})
_TICKS = str.maketrans(dict.fromkeys("✓✔☑√●•✗✘☒", "+"))
_MARK_SEPARATORS = re.compile(r"[,;/|\n\[\]\"']+")
_FORM_EDGES = ' \t,.;:-–"“”„«»'


class TypeIndex:
    """The types of a classification by every spelling: code, titles, short titles, aliases.

    Args:
        types: code -> type.
    """

    def __init__(self, types: Mapping[str, OrganisationType]) -> None:
        self.types = types
        self._keys: dict[str, str] = {}
        stems: dict[str, set[str]] = {}
        for code, kind in types.items():
            for label in (code, *kind.title.values(), *kind.short.values(), *kind.aliases):
                for spelling in (label, without_brackets(label)):
                    self._keys.setdefault(key(spelling), code)
                    stems.setdefault(stem_key(spelling), set()).add(code)
        self._stems = {stem: next(iter(codes)) for stem, codes in stems.items() if stem and len(codes) == 1}
        self._memory: dict[str, str] = {}

    def find(self, text: str) -> str:
        """The code of a type, "" if the text names none. Endings, brackets and enumeration do not matter."""
        if text not in self._memory:
            self._memory[text] = self._find(text)
        return self._memory[text]

    def _find(self, text: str) -> str:
        bare = _ENUMERATION.sub("", text)
        for spelling in (text, bare, without_brackets(bare), re.split(r"[:;]", bare)[0]):
            if code := self._keys.get(key(spelling)) or self._keys.get(key(latin(spelling))):
                return code
        return self._stems.get(stem_key(bare)) or self._stems.get(stem_key(latin(bare)), "")

    def suggest(self, text: str) -> LocalisedText | None:
        """The title of the type that a misspelt text is nearest to."""
        near = difflib.get_close_matches(key(text), self._keys, n=1, cutoff=_SUGGESTION)
        return self.types[self._keys[near[0]]].title if near else None

    @cached_property
    def titles(self) -> tuple[LocalisedText, ...]:
        """Titles of all types, for messages."""
        return tuple(kind.title for kind in self.types.values())


def parse_marks(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read the marks of a cell such as ``İT, MSB``.

    Returns:
        Codes of :class:`geoservice.model.Mark` in their order, and the words that are no mark.
    """
    found, unknown = set(), []
    for part in _MARK_SEPARATORS.split(text):
        if not (name := key(part)):
            continue
        if name in _MARKS:
            found.add(_MARKS[name])
            continue
        words = [_MARKS.get(word) for word in name.split()]
        if None in words:
            unknown.append(part.strip())
        found.update(word for word in words if word)
    return tuple(mark.value for mark in Mark if mark in found), tuple(unknown)


def parse_yes(text: str) -> bool | None:
    """Read a tick column: ``+``, ``x``, ``bəli``, ``да`` …; ``None`` if it is neither yes nor no."""
    name = key(text.translate(_TICKS)).replace(" ", "")
    if not name and text.strip():
        return None
    return True if name in _YES else False if name in _NO else None


class LegalForms:
    """Splits a legal form from a name: ``"Alfa" MMC``, ``ООО «Альфа»``, or spelled out.

    Args:
        forms: the known abbreviations.
    """

    def __init__(self, forms: Collection[str]) -> None:
        self.forms = {_form_key(form): form for form in forms}
        self._spelled = sorted(
            (
                (name, self.forms[_form_key(short)])
                for name, short in spelled_forms().items()
                if _form_key(short) in self.forms
            ),
            key=lambda item: -len(item[0]),
        )

    def split(self, text: str) -> tuple[str, str]:
        """Return the name and its legal form ("" if there is none); the name keeps its quotation marks."""
        words = text.split()
        if len(words) > 1:
            for form, rest, join in ((words[-1], words[:-1], str.rstrip), (words[0], words[1:], str.lstrip)):
                if known := self.forms.get(_form_key(form.strip(_FORM_EDGES + "()"))):
                    return join(" ".join(rest), " ,;-–"), known
        folded = key(text)
        for name, form in self._spelled:
            count = len(name.split())
            if folded.endswith(" " + name) and len(words) > count:
                return " ".join(words[:-count]).rstrip(" ,;-–"), form
            if folded.startswith(name + " ") and len(words) > count:
                return " ".join(words[count:]).lstrip(" ,;-–"), form
        return text, ""

    def canonical(self, form: str) -> str:
        """The usual writing of a legal form; one that is not known stays as it is."""
        if known := self.forms.get(_form_key(form)):
            return known
        folded = key(form)
        return next((short for name, short in self._spelled if name == folded), form)


def _form_key(form: str) -> str:
    """Abbreviations are compared without dots and case, but by their own letters: ƏMC is not EMC."""
    return form.replace(".", "").replace("ә", "ə").replace("Ә", "Ə").upper()
