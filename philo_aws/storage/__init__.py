"""Django's files on S3: media, static files, and static files with a manifest.

Each class is imported when it is first asked for: Django looks at ``STORAGES`` at the start of
every command, and most commands need no storage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._late import late, under_own_names

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

__getattr__, __dir__ = late(__name__, under_own_names(EXPORTS))
