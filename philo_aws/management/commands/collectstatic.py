"""``manage.py collectstatic``: Django's, and for the storages of this package all in one run.

It is found where ``philo_aws`` stands above ``django.contrib.staticfiles`` in ``INSTALLED_APPS``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.contrib.staticfiles.management.commands import collectstatic
from django.core.management.base import CommandError

from philo_aws.exceptions import AWSError
from philo_aws.management.interrupts import heard, terminable
from philo_aws.management.output import Output, escape
from philo_aws.management.process import INTERRUPTED, look_for_garbage_seldom
from philo_aws.management.progress import Bar, progress, tell_slower
from philo_aws.management.s3_report import summary
from philo_aws.s3.report import Outcome, Report, Watcher

_APP = "django.contrib.staticfiles"


class Command(collectstatic.Command):
    """Collects static files; those for a storage that has ``collecting()`` as one batch."""

    _batch: Any = None
    _report: Report | None = None
    _owns_process = False

    def run_from_argv(self, argv: list[str]) -> None:
        """Run for the command line; the process ends after it."""
        self._owns_process = True
        super().run_from_argv(argv)

    def handle(self, **options: Any) -> str | None:
        """Collect the files; say at the end what was copied, and what was sent for it."""
        if not apps.is_installed(_APP):
            raise CommandError(
                f"{_APP!r} is not in INSTALLED_APPS, so there are no static files to collect. "
                f"Add it, below 'philo_aws'."
            )
        told = super().handle(**options)
        if told and self._report is not None and self._report.planned:
            told += f"\n{summary(self._report)}"
        return told

    def collect(self) -> dict[str, list[str]]:
        """Collect the files, in one batch where the storage can do that.

        Raises :exc:`~django.core.management.base.CommandError` with what was not sent, and why.
        """
        collecting = getattr(self.storage, "collecting", None)
        if collecting is None:
            return super().collect()
        self.copied_files = _Names(self.copied_files)
        self.unmodified_files = _Names(self.unmodified_files)
        if self._owns_process:
            look_for_garbage_seldom()
        output = Output(self.stdout, self.stderr, "table")
        wanted = self.verbosity >= 1 and not self.dry_run
        try:
            with (
                terminable(),
                heard(),
                progress(output, wanted=wanted) as bar,
                collecting(self, watcher=_Shown(bar, wanted)) as self._batch,
            ):
                return super().collect()
        except AWSError as error:
            text = "\n".join(map(escape, str(error).split("\n")))
            raise CommandError(text, returncode=error.exit_code) from error
        except KeyboardInterrupt:
            raise CommandError(self._interrupted(), returncode=INTERRUPTED) from None
        finally:
            if self._batch is not None:
                self._report, self._batch = self._batch.report, None

    def _interrupted(self) -> str:
        report = self._batch.report if self._batch is not None else None
        if report is None:
            return "Interrupted: nothing was sent."
        return f"{summary(report)} Run it again: it goes on with the rest."

    def delete_file(self, path: str, prefixed_path: str, source_storage: Any) -> bool:
        """Say whether a file is to be copied, by its content where the storage can compare that."""
        if self._batch is None:
            return bool(super().delete_file(path, prefixed_path, source_storage))
        batch = self._batch
        if batch.is_unmodified(prefixed_path, path, source_storage):
            if prefixed_path not in self.unmodified_files:
                self.unmodified_files.append(prefixed_path)
            self.log(f"Skipping '{path}' (not modified)")
            return False
        return True


class _Names(list[str]):
    """A list that knows quickly what is in it: Django asks for each of thousands of files."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        super().__init__(names)
        self._known = set(self)

    def append(self, name: str) -> None:
        self._known.add(name)
        super().append(name)

    def __contains__(self, name: object) -> bool:
        return name in self._known


class _Shown(Watcher):
    """Shows on a bar what is sent."""

    def __init__(self, bar: Bar, wanted: bool) -> None:
        self._bar = bar
        self._wanted = wanted
        self._ended = 0

    def slower(self, reason: str) -> None:
        """Say why it will take longer."""
        if self._wanted:
            tell_slower(self._bar, reason)

    def planned(self, size: int) -> None:
        """Move the end of the bar away."""
        self._bar.grow(size)

    def moved(self, count: int) -> None:
        """Move the bar."""
        self._bar.move(count)

    def outcome(self, outcome: Outcome) -> None:
        """Count one object."""
        self._ended += 1
        self._bar.count(self._ended)
