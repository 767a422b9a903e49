"""Two folders of buckets, and the copies from the one to the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ... import arguments
from ...conf import Purpose, TransferConfig
from ...exceptions import AWSError, ConflictError, UsageError
from ...side_by_side import SideBySide
from ..engine import copies
from ..engine.base import Copy
from ..engine.proof import bare_etag
from ..filters import Filter
from ..listing.xml import Object
from ..objects.copying import KEPT, check_copy_args, make_in_parts, of_source, prepare
from ..objects.properties import head_object, kept_properties
from ..report import Report
from ..request.addresses import check_apart
from ..request.remote import Remote, make_remote
from . import plan
from .ahead import in_order
from .changes import decide
from .comparisons import Comparison
from .equal_objects import ObjectCheck
from .plan import PlanStep, Verdict
from .sides import FOLDER_MARKER, listed

if TYPE_CHECKING:
    from ..engine.base import OnBytes

_HEADERS = {
    "ContentType": "Content-Type",
    "CacheControl": "Cache-Control",
    "ContentDisposition": "Content-Disposition",
    "ContentEncoding": "Content-Encoding",
    "ContentLanguage": "Content-Language",
    "Expires": "Expires",
    "WebsiteRedirectLocation": "x-amz-website-redirect-location",
}
_REDIRECT = "WebsiteRedirectLocation"
# Of these a copy has what its bucket gives it: they cannot be chosen elsewhere.
_NO_CLASSES = frozenset({"", "STANDARD", "EXPRESS_ONEZONE", "OUTPOSTS"})


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Where objects are copied from and to, and what the copies are given."""

    source: Remote
    """The objects; its ``extra_args`` are what requests about them take."""
    target: Remote
    """The copies; its ``extra_args`` are what each of them is given."""
    given: Mapping[str, Any]
    """All that the caller gave for the copies, in boto's names."""

    @property
    def is_onto_itself(self) -> bool:
        """Whether each object is to be written anew in its own place."""
        return (self.source.bucket, self.source.prefix) == (self.target.bucket, self.target.prefix)

    def check(self, *, anew: bool = False, deletes: bool = False) -> None:
        """Refuse what would not end, change nothing, or delete what is to be copied.

        ``anew`` allows to write objects anew in their own place, ``deletes`` says that what only
        the target has goes. Raises :exc:`~philo_aws.exceptions.UsageError`.
        """
        source, target = self.source, self.target
        if self.is_onto_itself:
            if anew:
                return
            raise UsageError(
                "Source and target are the same. Give another target; copy_dir also writes objects "
                "anew in their place, with other properties (such as --storage_class)."
            )
        check_apart(source.bucket, source.prefix, target.bucket, target.prefix)
        if deletes and source.bucket == target.bucket and source.prefix.startswith(target.prefix):
            raise UsageError(
                "The source lies inside the target, where --delete would delete it. Choose a "
                "target outside of it, or leave --delete out."
            )


def make_pair(
    source_bucket: str,
    destination_bucket: str,
    region_name: str | None,
    *,
    source_prefix: str,
    prefix: str,
    source_region: str | None,
    extra_args: Mapping[str, Any] | None,
    transfer: TransferConfig | None,
    purpose: Purpose,
) -> Pair:
    """Return the two ends of copies, their names and parameters checked.

    Raises :exc:`~philo_aws.exceptions.UsageError`.
    """
    source = make_remote(source_bucket, source_region, source_prefix, None, transfer, purpose)
    target = make_remote(destination_bucket, region_name, prefix, None, transfer, purpose)
    given = check_copy_args(arguments.mapping("extra_args", extra_args))
    shared = {name: value for name, value in given.items() if name not in KEPT}
    if "Tagging" in shared:
        shared["TaggingDirective"] = "REPLACE"
    return Pair(
        source=replace(source, extra_args=of_source(given)),
        target=replace(target, extra_args=shared),
        given=given,
    )


class Copies:
    """What makes the steps and the tasks of a pair's copies."""

    def __init__(self, pair: Pair, report: Report) -> None:
        self._source, self._target = pair.source, pair.target
        self._pair = pair
        self._report = report
        self._replaced = {name: pair.given[name] for name in KEPT if name in pair.given}
        self._looks_at_all = bool(self._replaced) or pair.is_onto_itself
        self._by_class: dict[str, Mapping[str, str]] = {}
        self._own_headers: dict[str, Mapping[str, str]] = {}
        """The headers of those that were looked at, until their tasks are made."""

    def steps(self, chosen: Filter, how: Comparison, *, lists: bool) -> Iterator[PlanStep]:
        """Yield the steps of what ``chosen`` keeps; ``lists`` says whether the target matters."""
        found = listed(self._target, chosen) if lists else ()
        planned = plan.compare(self._objects(chosen), found, how.across)
        if not lists:
            # Whether it is new is not known.
            planned = (step._replace(reason="always") for step in planned)
        if how.by_content:
            check = ObjectCheck(self._source, self._target)
            planned = decide(planned, check, at_once=check.by_etag, otherwise=check.by_asking)
        return planned if self._report.dry_run else in_order(planned, self._looked_at)

    def _objects(self, chosen: Filter) -> Iterator[Object]:
        for item in listed(self._source, chosen):
            if item.key or self._target.prefix:
                yield item
            else:  # that of the folder which is copied, and here the bucket itself
                self._report.skip("copy", self._source.prefix, "", FOLDER_MARKER)

    def task(self, step: PlanStep) -> Copy:
        """Return the copy of a step."""
        item = step.source
        key, source_key = self._target.prefix + step.key, self._source.prefix + step.key
        if (
            self._source.bucket == self._target.bucket
            and key != source_key
            and key.startswith(self._source.prefix)
        ):
            raise ConflictError(
                f"The copy of {source_key!r} would be {key!r}, which lies in the source too and is "
                "to be copied itself. Copy it alone, or to another place first.",
                code="SameDestination",
            )
        headers = self._own_headers.pop(step.key, None)
        return Copy(
            key=key,
            source_bucket=self._source.bucket,
            source_key=source_key,
            size=item.size,
            etag=item.etag,
            headers=self._of_class(item.storage_class) if headers is None else headers,
        )

    def in_parts(self, task: Copy, *, moved: OnBytes, check: Callable[[], None]) -> str:
        """Make a copy of what is large: see :class:`~philo_aws.s3.engine.base.PartCopier`."""
        target, purpose = self._target, self._target.purpose
        copy = prepare(
            task.source_bucket,
            task.source_key,
            target.bucket,
            task.key,
            target.region,
            source_region=self._source.region,
            extra_args=self._pair.given,
            purpose=purpose,
        )
        if task.etag and bare_etag(copy.head["ETag"]) != task.etag:
            raise copies.changed(task)
        check()
        answer = make_in_parts(copy, target.region, moved=moved, check=check, purpose=purpose)
        return bare_etag(answer.get("ETag", ""))

    # ---------------------------------------------------------------------- properties

    def _of_class(self, storage_class: str) -> Mapping[str, str]:
        """Return the headers that keep a storage class, which S3 does not by itself."""
        headers = self._by_class.get(storage_class)
        if headers is None:
            known = storage_class in _NO_CLASSES or "StorageClass" in self._pair.given
            headers = {} if known else {"x-amz-storage-class": storage_class}
            self._by_class[storage_class] = headers
        return headers

    def _looked_at(self, pool: SideBySide, step: PlanStep) -> PlanStep | Future[PlanStep]:
        """Look at what S3 would not take along by itself, or where a part is replaced.

        A redirect is lost else. Only what is empty is taken to have one, as websites never show
        anything else of such an object.
        """
        item = step.source
        if step.verdict is not Verdict.MOVE or item.size > copies.WHOLE:
            return step  # a copy in parts looks for itself
        empty = not item.size and item.key[-1:] not in ("", "/")
        if not (self._looks_at_all or empty):
            return step
        return pool.submit(self._look, step)

    def _look(self, step: PlanStep) -> PlanStep:
        source = self._source
        try:
            head = head_object(
                source.bucket,
                source.prefix + step.key,
                source.region,
                extra_args=source.given_for("HeadObject"),
                purpose=source.purpose,
            )
        except AWSError as error:
            return step._replace(verdict=Verdict.BROKEN, reason="", error=error)
        kept = kept_properties(head)
        headers = dict(self._of_class(step.source.storage_class))
        if self._looks_at_all:
            headers["x-amz-metadata-directive"] = "REPLACE"
            headers |= _as_headers({**kept, **self._replaced})
        elif _REDIRECT in kept:
            headers |= _as_headers({_REDIRECT: kept[_REDIRECT]})
        self._own_headers[step.key] = headers
        return step


def _as_headers(properties: Mapping[str, Any]) -> dict[str, str]:
    """Return properties in boto's names as HTTP headers; what is empty is left out."""
    made = {_HEADERS[name]: str(properties[name]) for name in _HEADERS if properties.get(name)}
    metadata: Mapping[str, str] = properties.get("Metadata") or {}
    return made | {f"x-amz-meta-{name}": value for name, value in metadata.items()}
