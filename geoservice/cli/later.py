"""Modules that packages import and a command does not use: loaded when somebody asks for them after all."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


def put_off(name: str, *functions: str) -> None:
    """Load a module when something in it is asked for, unless it is loaded already.

    Not for packages whose parts others import by their own names.

    Args:
        name: of the module.
        functions: those that others take out of it as they are imported; called, they load it. (Python's own
            ``LazyLoader`` loads a module as soon as a second one imports it.)
    """
    if name not in sys.modules:
        _WAITING.functions[name] = functions
        if _WAITING not in sys.meta_path:
            sys.meta_path.insert(0, _WAITING)


class _Waiting:
    """Finds the modules that are put off, and gives stand-ins for them."""

    def __init__(self) -> None:
        self.functions: dict[str, tuple[str, ...]] = {}

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name in self.functions else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        for function in self.functions[module.__name__]:
            setattr(module, function, _calling(module, function))


_WAITING = _Waiting()


class _StandIn(ModuleType):
    """In a module's place until the module is loaded."""

    def __getattr__(self, wanted: str) -> Any:
        if wanted.startswith("__"):  # what importing asks for
            raise AttributeError(wanted)
        return getattr(_loaded(self), wanted)


def _calling(module: ModuleType, function: str) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Any:
        return getattr(_loaded(module), function)(*args, **options)

    return call


def _loaded(stand_in: ModuleType) -> ModuleType:
    name = stand_in.__name__
    _WAITING.functions.pop(name, None)
    if sys.modules.get(name) is stand_in:
        del sys.modules[name]
    return importlib.import_module(name)
