"""The work of the transfers' benchmark, with its goals."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.material import GIB, OTHER_BUCKET, complete, empty, fill, large, size_of, tree
from benchmarks.tools import Commands, Tools
from tests import servers

# Ours, the one measured against, and the floor: what many files are moved with.
FEW = ("philo_aws", "s5cmd", "floor")
LINK = 50_000_000


@dataclass(frozen=True, kw_only=True)
class Job:
    """One piece of work."""

    title: str
    """What the work is; no two have the same."""
    section: str
    """The part of the page that it stands in."""
    commands: Commands
    """How each tool is told to do it."""
    wall_limit: float | None = None
    """The goal: our wall time divided by s5cmd's."""
    memory_limit: int | None = None
    """The goal: our peak memory in MiB."""
    delay: int = 0
    """Milliseconds after which the sink answers."""
    bytes_per_second: int = 0
    """What the sink lets one connection carry; 0 is no limit."""
    listed: int = 10
    """How many keys the sink is to list."""
    on_store: bool = False
    """Whether it is measured on ministack, also where the sink is at hand."""
    sent: int | None = None
    """How many objects each command is to give to the sink; `None` is not counted."""
    once: bool = False
    """Whether one run is enough."""
    prepare: Callable[[], object] = lambda: None
    """Run once before the first command."""
    before: Callable[[servers.LocalAWS], object] = lambda aws: None
    """Run before each measured command, unmeasured."""
    after: Callable[[], object] = lambda: None
    """Run after each command, unmeasured: ends the benchmark where a tool did not do its work."""
    clean: Callable[[], object] = lambda: None
    """Run once after the last command."""


class Work:
    """The jobs, in groups; their files are made when they are reached, those to send in memory."""

    def __init__(self, folder: Path, memory: Path, peers: Path, tools: Tools) -> None:
        self._memory = memory
        self._out = memory / "out"
        self._received = folder / "received"
        self._peers = peers
        self._tools = tools

    def upload(self) -> Iterator[Job]:
        """Trees of small files, to the sink."""
        others = {0: ("rclone", "aws", "boto3", "django-storages"), 20: ("rclone", "aws")}
        for delay, walls in ((20, (0.6, 0.5)), (0, (0.6, 0.45)), (60, (0.65, 0.55))):
            for count, wall in zip((10_000, 100_000), walls, strict=True):
                root = self._memory / str(count)
                peers = others.get(delay, ("rclone",)) if count == 10_000 else ()
                yield Job(
                    title=f"upload_dir {count:,} x 4 KiB, {delay} ms",
                    section=f"{delay} ms",
                    commands=chosen(self._tools.uploads(root, delay), FEW, peers),
                    wall_limit=wall,
                    memory_limit=130,
                    delay=delay,
                    sent=count,
                    prepare=partial(tree, root, count),
                )

    def download(self) -> Iterator[Job]:
        """Trees of small objects."""
        # rclone asks for one folder after the other, which the sink cannot list.
        others = {0: ("aws",)}
        for delay, walls in ((20, (0.6, 0.55)), (0, (0.65, 0.5)), (60, (0.65, 0.55))):
            for count, wall in zip((10_000, 100_000), walls, strict=True):
                peers = others.get(delay, ()) if count == 10_000 else ()
                yield Job(
                    title=f"download_dir {count:,} x 4 KiB, {delay} ms",
                    section=f"{delay} ms",
                    commands=chosen(self._tools.downloads(self._out, delay), FEW, peers),
                    wall_limit=wall,
                    memory_limit=130,
                    delay=delay,
                    listed=count,
                    before=lambda _: self._remove_out(),
                    after=partial(complete, self._out, count),
                    clean=self._remove_out,
                )

    def copy(self) -> Iterator[Job]:
        """Objects of one bucket to another, by the store itself, and the same once more."""
        count = 10_000
        for delay in (20, 0):
            yield Job(
                title=f"copy_dir {count:,} objects to another bucket, {delay} ms",
                section=f"{delay} ms",
                commands=self._tools.copies(OTHER_BUCKET),
                wall_limit=0.6,
                memory_limit=130,
                delay=delay,
                listed=count,
                sent=count,
            )
        count = 100_000
        yield Job(
            title=f"sync of two buckets with the same {count:,} objects, 50 ms a page",
            section="20 ms",
            commands=self._tools.resyncs(OTHER_BUCKET),
            wall_limit=0.5,
            memory_limit=130,
            delay=50,
            listed=count,
            sent=0,
        )

    def sync(self) -> Iterator[Job]:
        """A tree of which nothing has changed."""
        count = 100_000
        root = self._memory / str(count)
        for delay, section, wall in ((50, "20 ms", 0.3), (0, "0 ms", 0.25)):
            yield Job(
                title=f"sync of {count:,} unchanged files by size and mtime, {delay} ms a page",
                section=section,
                commands=chosen(self._tools.syncs(root), FEW),
                wall_limit=wall,
                memory_limit=130,
                delay=delay,
                listed=count,
                sent=0,
                prepare=partial(tree, root, count),
            )

    def list(self) -> Iterator[Job]:
        """A listing."""
        for delay, section, wall in ((50, "20 ms", 0.15), (0, "0 ms", 0.35)):
            yield Job(
                title=f"list 1,000,000 keys, {delay} ms a page",
                section=section,
                commands=self._tools.lists(),
                wall_limit=wall,
                memory_limit=130,
                delay=delay,
                listed=1_000_000,
            )

    def large(self) -> Iterator[Job]:
        """One large file, both ways."""
        for size, delay, link, wall_up, wall_down, memory_up, memory_down in (
            (1, 30, 0, 0.6, 0.9, 250, 250),
            (1, 20, LINK, None, None, None, None),
            (4, 0, 0, 0.5, 1.0, 200, 450),
        ):
            source = self._memory / "large.bin"
            place = f"{delay} ms" + (f", {link // 1_000_000} MB/s a connection" if link else "")
            yield Job(
                title=f"upload_file {size} GiB, {place}",
                section="large",
                commands=self._tools.sends(source, "large"),
                wall_limit=wall_up,
                memory_limit=memory_up,
                delay=delay,
                bytes_per_second=link,
                prepare=partial(large, source, size * GIB),
                clean=source.unlink,
            )
            yield Job(
                title=f"download_file {size} GiB, {place}",
                section="large",
                commands=self._tools.fetches(f"big/size-{size * GIB}", self._received),
                wall_limit=wall_down,
                memory_limit=memory_down,
                delay=delay,
                bytes_per_second=link,
                before=lambda _: self._received.unlink(missing_ok=True),
                clean=partial(self._received.unlink, missing_ok=True),
            )

    def million(self) -> Iterator[Job]:
        """Ours alone: what memory a hundred times as many files take."""
        for count in (10_000, 1_000_000):
            root = self._memory / str(count)
            for action, commands in (
                ("upload_dir", self._tools.uploads(root)),
                ("sync", self._tools.syncs(root)),
            ):
                yield Job(
                    title=f"{action} of {count:,} files, for its memory",
                    section="rest",
                    commands=chosen(commands, ("philo_aws",)),
                    listed=count,
                    once=True,
                    prepare=partial(tree, root, count),
                )

    def real(self) -> Iterator[Job]:
        """A tree as there are."""
        root = next((self._peers.parent / "lib").glob("python*/site-packages"))
        commands = dict(self._tools.uploads(root))
        del commands["django-storages"]
        # The sink tells one size of all it was given, which rclone would look at.
        commands["rclone"] = [*commands["rclone"], "--s3-no-head"]
        yield Job(
            title=f"upload_dir of a real tree (the peers' site-packages, {size_of(root)})",
            section="rest",
            commands=commands,
        )

    def store(self) -> Iterator[Job]:
        """What a store costs that keeps and checks what it is given."""
        count = 1_000
        root = self._memory / str(count)
        work = f"{count:,} x 4 KiB on ministack"
        commands = dict(self._tools.uploads(root))
        # ministack answers too slowly for a floor to say anything about a client.
        commands.pop("floor", None)
        # ministack computes CRC-64/NVME in Python, and CRC-32 in C.
        commands["philo_aws, CRC-32"] = [*commands["philo_aws"], "--checksum=crc32"]

        def filled_and_clean(aws: servers.LocalAWS) -> None:
            self._remove_out()
            fill(aws, root)

        downloads = dict(self._tools.downloads(self._out))
        downloads.pop("floor", None)
        for title, tools, before in (
            (f"upload_dir {work}", commands, empty),
            (f"download_dir {work}", downloads, filled_and_clean),
            (f"sync of unchanged {work}", self._tools.syncs(root), lambda aws: fill(aws, root)),
        ):
            yield Job(
                title=title,
                section="rest",
                commands=tools,
                on_store=True,
                prepare=partial(tree, root, count),
                before=before,
                clean=self._remove_out,
            )

    def _remove_out(self) -> None:
        shutil.rmtree(self._out, ignore_errors=True)


GROUPS: Mapping[str, Callable[[Work], Iterator[Job]]] = {
    "upload": Work.upload,
    "download": Work.download,
    "sync": Work.sync,
    "list": Work.list,
    "large": Work.large,
    "million": Work.million,
    "real": Work.real,
    "store": Work.store,
    "copy": Work.copy,
}


def chosen(commands: Commands, *names: Collection[str]) -> Commands:
    """The commands of these tools, as far as there are any."""
    wanted = {name for each in names for name in each}
    return {name: command for name, command in commands.items() if name in wanted}
