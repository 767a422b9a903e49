"""Django's files on S3: media, static files, and static files with a manifest.

Each class is imported when it is first asked for: Django looks at ``STORAGES`` at the start of
every command, and most commands need no storage.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..forks import ForkLock

if TYPE_CHECKING:
    from .media import S3Storage as S3Storage
    from .static import S3ManifestStaticStorage as S3ManifestStaticStorage
    from .static import S3StaticStorage as S3StaticStorage

EXPORTS = {
    "S3ManifestStaticStorage": "static",
    "S3StaticStorage": "static",
    "S3Storage": "media",
}
"""What there is for ``STORAGES`` and for subclasses, each with its module."""

__all__ = list(EXPORTS)

_importing = ForkLock()


def __getattr__(name: str) -> Any:
    if name not in EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with _importing:
        value = getattr(import_module(f".{EXPORTS[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
