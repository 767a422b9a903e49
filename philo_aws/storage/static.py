"""Static files: ``STORAGES["staticfiles"]`` on S3."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestFilesMixin
from django.utils.deconstruct import deconstructible

from ..conf import Purpose
from . import batch
from .collected import Collecting, StaticBatch
from .manifest import LateManifest, LocalManifest
from .media import S3Storage
from .options import Kind

_SHORTEST_HASH = 8


@deconstructible(path="philo_aws.storage.S3StaticStorage")
class S3StaticStorage(LateManifest, S3Storage):
    """Static files as objects of one bucket.

    The options are those of :class:`~philo_aws.storage.S3Storage`, with ``compare``, which says how
    it is known that a file is there already, and ``hashed_cache_control``, the ``Cache-Control`` of
    names that have the hash of their content in them. URLs are not signed, and a save replaces what
    is there.

    The command ``collectstatic`` of this package does all in one run; by any other way each
    save is uploaded before it returns. Django's ``ManifestFilesMixin`` and ``HashedFilesMixin`` go
    before it among the bases of a class, as they do with Django's own storages.
    """

    defaults: ClassVar[Mapping[str, Any]] = {
        "location": "static",
        "signed": False,
        "allow_overwrite": True,
    }
    kind: ClassVar[Kind] = "static"
    purpose: ClassVar[Purpose] = "commands"

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        if issubclass(type(self), ManifestFilesMixin):
            # Read anew where they are needed.
            state.pop("hashed_files", None)
            state.pop("manifest_hash", None)
        return state

    def _site_url(self) -> str:
        return str(settings.STATIC_URL or "")

    # Hashed names

    def names_by_plain_ones(self) -> Mapping[str, str]:
        """Return the hashed names that are known in this process, by those without a hash."""
        made: Mapping[str, str] = vars(self).get("hashed_files") or {}
        return made

    def last_names(self) -> tuple[str, ...]:
        """Return the names that are to be written when all others are: that of the manifest."""
        if vars(self).get("manifest_storage") is self:
            return (str(self.manifest_name),)
        return ()

    def headers_for(self, name: str) -> dict[str, str]:
        made = super().headers_for(name)
        if name in self._hashed and self.options.hashed_cache_control:
            made["Cache-Control"] = self.options.hashed_cache_control
        return made

    def note_hashed(self, names: Iterable[str]) -> None:
        """Know of ``names`` from now on that they have the hash of their content in them."""
        self._hashed.update(names)

    @property
    def _hashed(self) -> set[str]:
        made: set[str] = vars(self).setdefault("_hashed_names", set())
        return made

    def _save(self, name: str, content: Any) -> str:
        if batch.active(self) is None and self._has_its_hash(name, content):
            self.note_hashed([name])
        return super()._save(name, content)

    def _has_its_hash(self, name: str, content: Any) -> bool:
        """Say whether the hash that Django would put into a name of ``content`` is in this one."""
        parts = str(name).rpartition("/")[2].split(".")[1:]
        file_hash = getattr(self, "file_hash", None)
        if file_hash is None or not any(len(part) >= _SHORTEST_HASH for part in parts):
            return False
        if not hasattr(content, "seek"):
            return False
        made = file_hash(name, content)
        content.seek(0)
        return made in parts

    # Batches

    def save(self, name: Any, content: Any, max_length: int | None = None) -> str:
        # Many files are saved in a batch, and of its names nothing is asked of the store.
        if max_length is None and type(name) is str and self._takes_any_name():
            here = batch.active(self)
            if here is not None and hasattr(content, "chunks"):
                return self._save(name, content)
        return super().save(name, content, max_length)

    def _takes_any_name(self) -> bool:
        own = type(self)
        return self.options.allow_overwrite and (
            own.get_available_name is S3Storage.get_available_name
            and own.is_name_available is S3Storage.is_name_available
            and own.get_alternative_name is S3Storage.get_alternative_name
        )

    @contextlib.contextmanager
    def batch(self) -> Iterator[batch.Batch]:
        made = StaticBatch(self)
        with batch.done(made):
            yield made

    @contextlib.contextmanager
    def collecting(self, command: Any, watcher: Any = None) -> Iterator[Collecting]:
        """Do what ``command``, a ``collectstatic``, saves and deletes in the block at its end.

        A dry run ends without that. ``watcher`` is a :class:`~philo_aws.s3.report.Watcher`.
        """
        made = Collecting(self, command, watcher=watcher)
        with batch.done(made, dry_run=bool(command.dry_run)):
            yield made


@deconstructible(path="philo_aws.storage.S3ManifestStaticStorage")
class S3ManifestStaticStorage(ManifestFilesMixin, S3StaticStorage):
    """Static files under names that have the hash of their content in them, and the list of these.

    Beside the options of :class:`~philo_aws.storage.S3StaticStorage`: ``manifest``, the path of a
    local file for the list, which is else in the bucket; it belongs into what is deployed.
    ``only_hashed`` uploads no name without a hash that has one with it. The list is read when it is
    first needed.
    """

    kind: ClassVar[Kind] = "manifest"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if self.options.manifest:
            self.manifest_storage = LocalManifest(self.options.manifest)
            self.manifest_name = os.path.basename(self.options.manifest)

    def url(self, name: Any, force: bool = False) -> str:  # type: ignore[override]
        """Return the address of the hashed name of a file; in ``DEBUG`` of the file itself.

        With ``only_hashed`` there is none but the hashed one. Raises :exc:`ValueError` for a file
        that is not in the manifest.
        """
        if settings.DEBUG and not force and self.options.only_hashed:
            with contextlib.suppress(ValueError):
                return self.url(name, force=True)
        return str(super().url(name, force=force))

    def stored_name(self, name: str) -> str:
        """Return the hashed name of a file.

        Raises :exc:`ValueError` where the manifest has none, or is not there.
        """
        try:
            return str(super().stored_name(name))
        except ValueError as error:
            if self.hashed_files:
                raise
            where = self.options.manifest or self.key_of(self.manifest_name)
            raise ValueError(
                f"{error}: the manifest {where!r} is missing or empty. Run collectstatic, and "
                "start this process again."
            ) from error
