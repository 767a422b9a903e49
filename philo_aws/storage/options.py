"""The options of the storages: their one table, read, checked and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise

from .. import arguments
from ..exceptions import UsageError
from ..limits import MAX_LINK_SECONDS
from ..s3.headers import HeaderRule
from ..s3.request.names import check_bucket_name, check_prefix
from ..s3.transfer.comparisons import COMPARISONS
from ..spelling import nearest
from ..validation import Problem, is_region_name
from .renamed import RENAMED

Kind = Literal["media", "static", "manifest"]
"""Which of the storages."""

ID = "E020"
"""The system check of an option that cannot be."""

COMPRESSIBLE = (
    "application/javascript",
    "application/json",
    "application/ld+json",
    "application/manifest+json",
    "application/wasm",
    "application/xml",
    "image/svg+xml",
    "text/css",
    "text/csv",
    "text/html",
    "text/javascript",
    "text/markdown",
    "text/plain",
    "text/xml",
)
"""The media types of ``gzip=True``."""

IMMUTABLE = "public, max-age=31536000, immutable"
"""``Cache-Control`` of names that have a hash of the content in them: a year, never asked again."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What one storage was given, checked; the AWS it speaks to is ``settings.AWS``'s."""

    bucket: str
    """The bucket's name."""
    location: str = ""
    """The folder all names are in, with a slash at its end; empty for the whole bucket."""
    region: str | None = None
    """The bucket's region; ``None`` means the settings'."""
    base_url: str | None = None
    """What URLs begin with, with a slash at its end; ``None`` means the site's, or the bucket's."""
    signed: bool | None = None
    """Whether URLs are signed; ``None`` means for media that have no ``base_url``."""
    expires_in: int = 3600
    """Seconds that a signed URL lives, 1 to 604,800."""
    stable_for: int = 900
    """Seconds for which the signed URL of a name stays the same."""
    public_endpoint: str | None = None
    """The scheme and host that signed URLs are made for, where browsers need another one."""
    cloudfront_key_id: str | None = None
    """The id of CloudFront's public key; with the key below URLs are signed for CloudFront."""
    cloudfront_key: str | None = field(default=None, repr=False)
    """The private key of it, in PEM, or the path of its file."""
    allow_overwrite: bool = False
    """Whether a save replaces what is there under the name."""
    headers: tuple[HeaderRule, ...] = ()
    """Headers of some names; of two rules for one header the later wins."""
    extra_args: Mapping[str, Any] = field(default_factory=dict)
    """boto's parameters of every object (``ACL``, ``StorageClass``, …)."""
    gzip: tuple[str, ...] = ()
    """The media types that are stored compressed."""
    hashed_cache_control: str = IMMUTABLE
    """``Cache-Control`` of hashed names; empty for none."""
    compare: str = "checksum"
    """How ``collectstatic`` tells that a file is there: as for ``upload_dir``."""
    only_hashed: bool = False
    """Whether the names without a hash are not uploaded."""
    manifest: str | None = None
    """The path of a local file for the manifest; ``None`` puts it into the bucket."""

    def __hash__(self) -> int:
        return hash((self.bucket, self.location, self.region))


def _bucket(name: str, value: Any) -> str:
    return check_bucket_name(arguments.some_text(name, value))


def _location(name: str, value: Any) -> str:
    folder = arguments.text(name, value).replace("\\", "/").strip("/")
    if any(part in ("", ".", "..") for part in folder.split("/")) and folder:
        raise UsageError(f"{name} is {value!r}. Write a folder such as 'media' or 'a/b'.")
    return check_prefix(f"{folder}/" if folder else "")


def _region(name: str, value: Any) -> str:
    if not is_region_name(value):
        raise UsageError(f"{name} is {value!r:.80}. Write a region code such as 'eu-west-1'.")
    return str(value)


def _url(name: str, value: Any) -> str:
    url = arguments.some_text(name, value)
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        has_host = False
    if not has_host or parts.scheme not in ("http", "https", "") or parts.query or parts.fragment:
        raise UsageError(f"{name} is {url!r:.80}. Write one such as 'https://cdn.example.com/'.")
    if parts.username is not None or parts.password is not None:
        raise UsageError(f"{name} holds a user name or a password. Leave them out.")
    return url.rstrip("/") + "/"


def _base_url(name: str, value: Any) -> Any:
    if isinstance(value, Promise):
        return value  # such as of reverse_lazy(): it is read when the first URL is made
    # A path of the site's own is one too: a web server there may pass on what is asked.
    if isinstance(value, str) and value.startswith("/") and not value.startswith("//"):
        return value.rstrip("/") + "/"
    return _url(name, value)


def _endpoint(name: str, value: Any) -> str:
    url = _url(name, value)
    parts = urlsplit(url)
    if parts.path != "/" or not parts.scheme:
        raise UsageError(f"{name} is {value!r:.80}. Write scheme and host: 'https://example.com'.")
    return url.rstrip("/")


def _seconds(name: str, value: Any) -> int:
    return arguments.whole_number(name, value, 1, MAX_LINK_SECONDS)


def _whole_seconds(name: str, value: Any) -> int:
    return arguments.whole_number(name, value, 0, MAX_LINK_SECONDS)


def _headers(name: str, value: Any) -> tuple[HeaderRule, ...]:
    rules = []
    for pattern, given in arguments.mapping(name, value).items():
        for header, text in arguments.mapping(f"{name}[{pattern!r}]", given).items():
            rules.append(HeaderRule(pattern=pattern, name=header, value=text))
    return tuple(rules)


def _gzip(name: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, bool):
        return COMPRESSIBLE if value else ()
    types = arguments.list_of_strings(name, value)
    for one in types:
        if "/" not in one:
            raise UsageError(f"{name} holds {one!r}. Write media types such as 'text/css'.")
    return types


def _cache_control(name: str, value: Any) -> str:
    rule = HeaderRule(pattern="*", name="Cache-Control", value=arguments.text(name, value))
    return rule.value


def _compare(name: str, value: Any) -> str:
    return arguments.one_of(name, value, COMPARISONS)


def _path(name: str, value: Any) -> str:
    import os

    if not isinstance(value, str | os.PathLike) or not os.fspath(value):
        raise UsageError(f"{name} is {value!r:.80}. Give the path of a file.")
    return os.fspath(value)


def _key(name: str, value: Any) -> str:
    # Not shown in any sentence: it is a secret.
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    try:
        return _path(name, value)
    except UsageError:
        raise UsageError(f"{name} is no text. Give a key in PEM, or its file's path.") from None


Reader = Callable[[str, Any], Any]
_ALL: dict[str, Reader] = {
    "bucket": _bucket,
    "location": _location,
    "region": _region,
    "base_url": _base_url,
    "signed": arguments.yes_or_no,
    "expires_in": _seconds,
    "stable_for": _whole_seconds,
    "public_endpoint": _endpoint,
    "cloudfront_key_id": arguments.some_text,
    "cloudfront_key": _key,
    "allow_overwrite": arguments.yes_or_no,
    "headers": _headers,
    "extra_args": arguments.mapping,
    "gzip": _gzip,
}
_STATIC: dict[str, Reader] = {"hashed_cache_control": _cache_control, "compare": _compare}
_MANIFEST: dict[str, Reader] = {"only_hashed": arguments.yes_or_no, "manifest": _path}
READERS: dict[Kind, dict[str, Reader]] = {
    "media": _ALL,
    "static": _ALL | _STATIC,
    "manifest": _ALL | _STATIC | _MANIFEST,
}
"""The options of each storage, with what looks at their values."""


def read_options(given: Mapping[str, Any], kind: Kind) -> Options:
    """Return ``given`` as options, every value looked at.

    Raises :exc:`~django.core.exceptions.ImproperlyConfigured` that names all that is wrong.
    """
    found = problems(given, kind)
    if found:
        raise ImproperlyConfigured(" ".join(f"{one.message} {one.hint}".strip() for one in found))
    return _made(given, kind)


def problems(given: Mapping[str, Any], kind: Kind) -> list[Problem]:
    """Return everything that is wrong with the options of one storage; nothing is asked of AWS."""
    found = list(_of_each(given, kind))
    return found or list(_together(_made(given, kind)))


def _of_each(given: Mapping[str, Any], kind: Kind) -> Iterator[Problem]:
    readers = READERS[kind]
    if given.get("bucket") is None:
        yield _problem("The option 'bucket' is missing.", "Give the name of the storage's bucket.")
    for name, value in given.items():
        if name not in readers:
            yield _unknown(name, kind)
        elif value is not None:
            try:
                readers[name](name, value)
            except UsageError as error:
                yield _problem(f"The option {error}", "")


def _unknown(name: str, kind: Kind) -> Problem:
    if name in RENAMED:
        return _problem(f"The option {name!r} is django-storages': it {RENAMED[name]}.", "")
    others = [other for other in READERS if name in READERS[other]]
    if others:
        what = (
            "S3ManifestStaticStorage" if others == ["manifest"] else "the storages of static files"
        )
        return _problem(f"The option {name!r} is one of {what} alone.", "Leave it out.")
    near = nearest(str(name), READERS[kind])
    hint = f"Did you mean {near!r}?" if near else f"The options are: {', '.join(READERS[kind])}."
    return _problem(f"There is no option {name!r}.", hint)


def _made(given: Mapping[str, Any], kind: Kind) -> Options:
    readers = READERS[kind]
    read = {name: readers[name](name, value) for name, value in given.items() if value is not None}
    # A quarter: so at least three quarters of its lifetime are left of every URL.
    read.setdefault("stable_for", read.get("expires_in", Options.expires_in) // 4)
    return Options(**read)


def _together(made: Options) -> Iterator[Problem]:
    if bool(made.cloudfront_key_id) != bool(made.cloudfront_key):
        missing = "cloudfront_key" if made.cloudfront_key_id else "cloudfront_key_id"
        yield _problem(
            f"The option {missing!r} is missing.",
            "URLs for CloudFront are signed by 'cloudfront_key_id' and 'cloudfront_key' together.",
        )
    elif made.cloudfront_key and not made.base_url:
        yield _problem(
            "The option 'base_url' is missing.",
            "URLs for CloudFront begin with the distribution's: 'https://d111.cloudfront.net/'.",
        )
    elif made.cloudfront_key and made.signed is False:
        yield _problem(
            "The option 'signed' is False, and there is a key for CloudFront.",
            "Leave 'signed' out, or the key.",
        )
    elif made.signed and made.base_url and not made.cloudfront_key:
        yield _problem(
            "The options 'signed' and 'base_url' do not go together: S3's signature holds for its "
            "own host.",
            "Use 'public_endpoint' for another name of the store, or CloudFront's key.",
        )
    if made.public_endpoint and made.base_url:
        yield _problem(
            "The options 'public_endpoint' and 'base_url' do not go together.",
            "Keep 'base_url' for URLs that are not signed by S3, 'public_endpoint' for those that "
            "are.",
        )
    if made.stable_for > made.expires_in // 4:
        yield _problem(
            f"The option stable_for is {made.stable_for:,}, and expires_in {made.expires_in:,}.",
            "Give a quarter at most: so three quarters of its lifetime are left of every URL.",
        )


def _problem(message: str, hint: str) -> Problem:
    return Problem(id=ID, message=message, hint=hint)
