"""Modules that packages import and a command does not use: loaded when somebody asks for them after all."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any


def put_off(name: str, *functions: str) -> None:
    """Load a module when something in it is asked for, unless it is loaded already.

    Args:
        name: of the module.
        functions: those that others take out of it as they are imported; called, they load it. (Python's own
            ``LazyLoader`` loads a module as soon as a second one imports it.)
    """
    if name in sys.modules:
        return
    stand_in = _StandIn(name)
    for function in functions:
        setattr(stand_in, function, stand_in.calling(function))
    package, _, child = name.rpartition(".")
    if package in sys.modules:
        setattr(sys.modules[package], child, stand_in)
    sys.modules[name] = stand_in


class _StandIn(ModuleType):
    """In a module's place until the module is loaded."""

    def __getattr__(self, wanted: str) -> Any:
        if wanted.startswith("__"):  # what importing asks for
            raise AttributeError(wanted)
        return getattr(self._loaded(), wanted)

    def calling(self, function: str) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            return getattr(self._loaded(), function)(*args, **options)

        return call

    def _loaded(self) -> ModuleType:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return importlib.import_module(self.__name__)
