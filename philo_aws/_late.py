"""What a package gives to its users, each thing imported when it is first asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from .forks import ForkLock


def late(
    package: str, exports: Mapping[str, tuple[str, str]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the ``__getattr__`` and the ``__dir__`` of ``package``.

    ``exports`` has for each name the module below the package, and the name there. A module must
    not have the name of a function: importing it would put it in the function's place.
    """
    importing = ForkLock()
    namespace = vars(sys.modules[package])

    def get(name: str) -> Any:
        if name not in exports:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, attribute = exports[name]
        with importing:
            value = getattr(import_module(f".{module}", package), attribute)
        namespace[name] = value
        return value

    def names() -> list[str]:
        return sorted({*namespace, *exports})

    return get, names


def under_own_names(modules: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return the exports of things that bear the same names in their modules."""
    return {name: (module, name) for name, module in modules.items()}
