"""The table of an admin's pages, their modules imported when a page is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from django.utils.module_loading import import_string

from ..forks import ForkLock

if TYPE_CHECKING:
    from .base import AWSView

_importing = ForkLock()


class Views(Mapping[str, "type[AWSView]"]):
    """View classes by the names of their pages, given as ``module.ClassName`` below a package.

    Django imports every admin at the start of every command, most of which need no page: what the
    pages are made of would cost each of them a tenth of a second.
    """

    def __init__(self, package: str, paths: Mapping[str, str]) -> None:
        self._paths = {name: f"{package}.{path}" for name, path in paths.items()}

    def __getitem__(self, name: str) -> type[AWSView]:
        with _importing:
            view: type[AWSView] = import_string(self._paths[name])
        return view

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)
