"""The manifest of hashed static files: read when it is first needed, written when all is sent."""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
from typing import Any

from django.contrib.staticfiles.storage import ManifestFilesMixin
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage

from ..aws_errors import translated
from . import batch


class _Unread(dict[str, str]):
    """In the place of a manifest's names, and of its hash, before it is read."""


class _UnreadHash(str):
    __slots__ = ()


_UNREAD, _UNREAD_HASH = _Unread(), _UnreadHash()


class LateManifest:
    """A base for storages that may be Django's ``ManifestFilesMixin`` too.

    Its constructor reads the manifest, which would be a request, or an error, at the start of every
    command. Here that call is answered with nothing, and the manifest read at its first use.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if isinstance(self, ManifestFilesMixin):
            # In the way of the method, once.
            vars(self)["load_manifest"] = functools.partial(_load_later, self)

    @property
    def hashed_files(self) -> Any:
        """The hashed names by those without a hash."""
        made = vars(self).get("hashed_files")
        if made is None:
            if not isinstance(self, ManifestFilesMixin):
                raise AttributeError(f"{type(self).__name__!r} has no 'hashed_files'.")
            self.hashed_files, self.manifest_hash = self.load_manifest()
            made = vars(self)["hashed_files"]
        return made

    @hashed_files.setter
    def hashed_files(self, names: Any) -> None:
        if names is _UNREAD:
            vars(self).pop("hashed_files", None)
        else:
            vars(self)["hashed_files"] = names

    @hashed_files.deleter
    def hashed_files(self) -> None:
        vars(self).pop("hashed_files", None)

    @property
    def manifest_hash(self) -> Any:
        """The hash of all names."""
        if "manifest_hash" not in vars(self):
            _ = self.hashed_files  # reads both
        return vars(self).get("manifest_hash", "")

    @manifest_hash.setter
    def manifest_hash(self, made: Any) -> None:
        if made is _UNREAD_HASH:
            vars(self).pop("manifest_hash", None)
        else:
            vars(self)["manifest_hash"] = made

    @manifest_hash.deleter
    def manifest_hash(self) -> None:
        vars(self).pop("manifest_hash", None)

    @property
    def manifest_storage(self) -> Any:
        """The storage that has the manifest: in a batch, what writes it at the end of that."""
        made = vars(self).get("manifest_storage")
        if made is None:
            raise AttributeError(f"{type(self).__name__!r} has no 'manifest_storage'.")
        if made is self:
            return _Replaced(made)
        here = batch.active(self)  # type: ignore[arg-type]
        return made if here is None else _Deferred(made, here)

    @manifest_storage.setter
    def manifest_storage(self, storage: Any) -> None:
        vars(self)["manifest_storage"] = storage

    @manifest_storage.deleter
    def manifest_storage(self) -> None:
        vars(self).pop("manifest_storage", None)


def _load_later(storage: LateManifest) -> tuple[dict[str, str], str]:
    vars(storage).pop("load_manifest", None)
    return _UNREAD, _UNREAD_HASH


class _Replaced:
    """The storage itself, in which a new manifest takes the place of the old one.

    Django deletes the old one first, and what starts in that moment would find none.
    """

    def __init__(self, storage: Any) -> None:
        self._storage = storage

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)

    def exists(self, name: str) -> bool:
        """Say no, so that nothing is deleted."""
        return False


class _Deferred(_Replaced):
    """Another storage, in which the manifest is written when the batch has been sent."""

    def __init__(self, storage: Any, here: batch.Batch) -> None:
        super().__init__(storage)
        self._here = here

    def _save(self, name: str, content: Any) -> str:
        write = functools.partial(_write, self._storage, name, content.read())
        self._here.last.append(write)
        return name


def _write(storage: Any, name: str, content: bytes) -> None:
    if storage.exists(name):
        storage.delete(name)
    storage._save(name, ContentFile(content))  # noqa: SLF001 - as Django itself writes it


class LocalManifest(Storage):
    """One file of this machine, written whole or not at all."""

    def __init__(self, path: str) -> None:
        """``path`` is the file's; its folder is made where it is missing."""
        self.file = os.path.abspath(path)

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        return File(open(self.file, mode), name)

    def exists(self, name: str) -> bool:
        return os.path.exists(self.file)

    def delete(self, name: str) -> None:
        """Leave it: another one takes its place."""

    def _save(self, name: str, content: Any) -> str:
        temporary = f"{self.file}.{secrets.token_hex(4)}.tmp"
        with translated(filename=self.file):
            os.makedirs(os.path.dirname(self.file), exist_ok=True)
            try:
                with open(temporary, "xb") as file:
                    file.writelines(content.chunks())
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, self.file)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
                raise
        return name
