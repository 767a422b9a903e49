"""What is in the store already, as a batch sees it: listed at once, or asked for name by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from .present import Names, is_addressable

if TYPE_CHECKING:
    from ..s3.listing.xml import Object
    from ..s3.request.remote import Remote
    from .media import S3Storage


class There(Protocol):
    """What is in the store."""

    def exists(self, name: str) -> bool:
        """Say whether there is a file or a folder of this name."""

    def listdir(self, folder: str) -> tuple[list[str], list[str]]:
        """Return the names of the folders and of the files in a folder."""

    def forget(self, name: str) -> None:
        """Let a name be there no more."""

    def may_have(self, name: str) -> bool:
        """Say whether there may have been a file of this name, before it was forgotten."""


class Listed:
    """The objects below a location, listed once, and not before somebody asks."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._objects: dict[str, Object] | None = None
        self._names: Names | None = None
        self._forgotten: set[str] = set()

    def objects(self) -> dict[str, Object]:
        """Return the objects that a storage has names for, by these."""
        if self._objects is None:
            self._objects = {item.key: item for item in self._list() if is_addressable(item.key)}
        return self._objects

    def _list(self) -> Iterable[Object]:
        from ..s3.listing.stream import objects

        remote = self._remote
        return objects(
            remote.bucket,
            remote.region,
            prefix=remote.prefix,
            relative_to=remote.prefix,
            purpose=remote.purpose,
            extra_args=remote.given_for("ListObjectsV2"),
        )

    def _present(self) -> Names:
        if self._names is None:
            self._names = Names(name for name in self.objects() if name not in self._forgotten)
        return self._names

    def exists(self, name: str) -> bool:
        """Say whether there is a file or a folder of this name."""
        if name in self.objects() and name not in self._forgotten:
            return True
        return self._present().has_folder(name)

    def listdir(self, folder: str) -> tuple[list[str], list[str]]:
        """Return the names of the folders and of the files in a folder."""
        return self._present().listdir(folder)

    def forget(self, name: str) -> None:
        """Let a name be there no more."""
        self._forgotten.add(name)
        if self._names is not None:
            self._names.discard(name)

    def may_have(self, name: str) -> bool:
        """Say whether there may have been a file of this name."""
        return self._objects is None or name in self._objects


class Asked:
    """The objects below a location that may have millions: each is asked for."""

    def __init__(
        self, storage: S3Storage, aside: Callable[[S3Storage], AbstractContextManager[None]]
    ) -> None:
        """``aside`` has the storage answer for the store alone."""
        self._storage = storage
        self._aside = aside
        self._forgotten: set[str] = set()

    def exists(self, name: str) -> bool:
        """Say whether there is a file or a folder of this name."""
        if name in self._forgotten:
            return False
        with self._aside(self._storage):
            return self._storage.exists(name)

    def listdir(self, folder: str) -> tuple[list[str], list[str]]:
        """Return the names of the folders and of the files in a folder."""
        with self._aside(self._storage):
            folders, files = self._storage.listdir(folder)
        head = f"{folder}/" if folder else ""
        return folders, [name for name in files if head + name not in self._forgotten]

    def forget(self, name: str) -> None:
        """Let a name be there no more."""
        self._forgotten.add(name)

    def may_have(self, name: str) -> bool:
        """Say whether there may have been a file of this name."""
        return name in self._forgotten
