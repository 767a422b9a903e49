"""A job of a page, which may take several requests, and its one line in the history.

The line is written by the first step that did something, and changed by those after it. Which line
that is travels signed in the form from step to step: of this person, this page, this bucket or
queue, and of what is left to do. With another one, or none, a new line is written: nothing is lost,
and nobody changes what somebody else did.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.db import router, transaction

from .tally import GIVEN_UP, SO_FAR, Line, has_effect, read_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db import models
    from django.http import HttpRequest

    from .base import AWSView

SALT = "philo_aws.admin.job"
FIELD = "job"
SAME = (
    "after",
    "at",
    "bucket",
    "delete",
    "destination",
    "key",
    "mark",
    "name",
    "select_all",
    "select_folder",
    "select_key",
    "stage",
)
"""The fields of a form that say what is left to do, and where to."""


class Job:
    """What a page does with what was confirmed."""

    def __init__(self, view: AWSView, *, token: str | None = None) -> None:
        """``token`` is that of the step before; default what the form of the page carries."""
        self._view = view
        post = view.request.POST
        given = post.get(FIELD, "") if token is None else token
        posted = {name: post.getlist(name) for name in SAME}
        self._token, state = given, self._read(given, posted)
        if state is None:
            self._token, state = "", {}
        self._entries: dict[str, int] = dict(state.get("entries", {}))
        self._sentences: dict[str, str] = dict(state.get("sentences", {}))
        self._counts: Counter[str] = Counter(state.get("counts", {}))
        self._named = int(state.get("named", 0))

    @property
    def is_told(self) -> bool:
        """Whether the history has it."""
        return bool(self._entries)

    def tell(
        self,
        sentences: Mapping[models.Model, str],
        counts: Mapping[str, int],
        *,
        unfinished: bool = False,
        given_up: bool = False,
        named: int = 0,
        name: str = "",
        begun: bool = False,
    ) -> None:
        """Write what a step did into the history of each bucket or queue.

        The sentences, one for each, are those of the first step. ``named`` is how many objects they
        name, where it is nothing but objects: a line that says all of them were done needs no
        number; a step that adds another one to them gives its ``name``. A step that changed nothing
        at AWS is told by the next one that does, unless it has
        ``begun`` something.
        """
        state = GIVEN_UP if given_up else SO_FAR if unfinished else ""
        if not self._sentences:
            self._sentences = {str(obj.pk): sentence for obj, sentence in sentences.items()}
            self._named = named
        all_counts = self._counts + Counter(counts)
        if not (self._entries or has_effect(all_counts) or begun):
            self._counts = all_counts
            return
        for obj in sentences:
            if self._change(obj, lambda line: line.name(name).add(counts, state)):
                continue
            line = Line(self._sentences.get(str(obj.pk), sentences[obj]), all_counts, state)
            number = self._view.model_admin.audit(self._view.request, obj, self._written(line))
            if number is not None:
                self._entries[str(obj.pk)] = number
        self._counts = Counter()

    def add(self, *, given_up: bool = False, **counts: int) -> bool:
        """Add to a line that more was to follow; ``False`` where the history has none of it."""
        state = GIVEN_UP if given_up else SO_FAR
        model = self._view.model_admin.model
        changed = [
            self._change(model(pk=pk), lambda line: line.add(counts, state) if line.state else line)
            for pk in self._entries
        ]
        return any(changed)

    def carried(self, fields: Mapping[str, str | Sequence[str]]) -> dict[str, str]:
        """Return the hidden field for the next step, whose other fields are these."""
        state = {
            "entries": self._entries,
            "sentences": {} if self._entries else self._sentences,
            "counts": self._counts,
            "named": self._named,
            "same": self._digest(fields),
        }
        return {FIELD: signing.dumps(state, salt=self._salt, compress=True)}

    def kept(self) -> dict[str, str]:
        """Return the hidden field of a form that comes again, as it was."""
        return {FIELD: self._token} if self._token else {}

    def _written(self, line: Line) -> str:
        alone = not line.state and line.counts == {"objects": self._named}
        return line.sentence if alone else str(line)

    def _change(self, obj: models.Model, change: Callable[[Line], Line]) -> bool:
        number = self._entries.get(str(obj.pk))
        if number is None:
            return False

        def changed(text: str) -> str:
            line = read_line(text) or Line(text, {"objects": self._named})
            return self._written(change(line))

        return amend(self._view.request, obj, number, changed)

    @property
    def _salt(self) -> str:
        view = self._view
        about = (view.route, view.model_admin.opts.label_lower, str(view.obj.pk))
        return ":".join((SALT, *about, str(view.request.user.pk)))

    def _read(self, token: str, posted: Mapping[str, Sequence[str]]) -> dict[str, Any] | None:
        try:
            state = signing.loads(token, salt=self._salt) if token else None
        except (signing.BadSignature, ValueError):
            return None
        if not isinstance(state, dict) or state.get("same") != self._digest(posted):
            return None
        return state

    def _digest(self, fields: Mapping[str, str | Sequence[str]]) -> str:
        """Return a few characters for what is left to do of which folder or object."""
        told = [[name, _list(fields.get(name, ()))] for name in SAME]
        told.append(["", [self._view.request.GET.urlencode()]])
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]


def _list(value: str | Sequence[str]) -> list[str]:
    return [each for each in ([value] if isinstance(value, str) else value) if each]


def amend(
    request: HttpRequest, obj: models.Model, number: int, change: Callable[[str], str]
) -> bool:
    """Change an entry that this person wrote into an object's history; ``False`` where none is.

    ``change`` makes of its text what it is to be; whoever changes it meanwhile waits.
    """
    user: Any = request.user
    using = router.db_for_write(LogEntry)
    mine = LogEntry.objects.using(using).filter(
        pk=number,
        user_id=user.pk,
        content_type=ContentType.objects.get_for_model(obj, for_concrete_model=False),
        object_id=str(obj.pk),
        action_flag=CHANGE,
    )
    with transaction.atomic(using=using):
        # A write waits for the one before it, also where the database cannot lock what is read.
        if not mine.update(action_flag=CHANGE):
            return False
        old = mine.select_for_update().get().change_message
        if (new := change(old)) != old:
            mine.update(change_message=new)
    return True
