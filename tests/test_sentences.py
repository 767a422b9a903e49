"""English where programs read, the person's language where people do."""

from __future__ import annotations

import ast
import copy
import html
import pickle
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.test import Client
from django.utils import translation
from pytest_django import Settings

import philo_aws
from philo_aws.codes import from_code
from philo_aws.exceptions import Context, UsageError
from philo_aws.sentences import Sentence, localized
from tests.admin.stores import refusal, serving
from tests.servers import REGION, LocalAWS


def test_a_sentence_is_a_string_and_knows_its_language() -> None:
    error = from_code("NoSuchBucket", 404, "", Context(bucket="media"))
    with translation.override("de"):
        assert str(error).startswith("There is no bucket 'media'")
        assert localized(error.message).startswith("Es gibt kein")
        assert "'media'" in localized(error.message)
    with translation.override("fr"):
        assert localized(error.message) == str(error)


def test_what_it_is_about_is_said_in_that_language_too() -> None:
    error = from_code("EntityTooLarge", 400, "", Context(bucket="b", key="{k}"))
    assert str(error) == "Object '{k}' in bucket 'b' is larger than AWS takes."
    with translation.override("de"):
        assert localized(error.message).startswith("Objekt '{k}' im Bucket 'b'")


def test_it_can_be_copied_and_sent_to_another_process() -> None:
    sentence = Sentence("{what} is full.", what=Sentence("it"))
    assert sentence == "It is full."
    for made in (copy.deepcopy(sentence), pickle.loads(pickle.dumps(sentence))):  # noqa: S301
        assert made == sentence
        assert made.localized() == sentence


def test_a_name_that_a_sentence_begins_with_stays_as_it_is() -> None:
    named = Sentence("{name} is empty.", name="max_keys")
    assert named == "max_keys is empty."
    assert Sentence("{error} Fill it.", error=named) == "max_keys is empty. Fill it."


def test_numbers_are_written_as_in_the_language() -> None:
    error = UsageError(
        Sentence("{size:,} of {most:g}, {name!r:.4}", size=1048576, most=2.5, name="abc")
    )
    assert str(error) == "1,048,576 of 2.5, 'abc"
    with translation.override("de"):
        assert localized(error.message) == "1.048.576 of 2.5, 'abc"


def test_other_texts_stay_what_they_are() -> None:
    assert localized("as it is") == "as it is"


def test_pages_say_what_went_wrong_in_the_language_of_the_page(
    settings: Settings, admin_client: Client
) -> None:
    with serving(lambda asked: refusal(asked, "AccessDenied", 403, "Not you.")) as store:
        settings.AWS = store.settings()
        settings.LANGUAGE_CODE = "de"
        with translation.override("de"):
            response = admin_client.get("/admin/philo_aws/bucket/some-bucket/change/")
    body = response.content.decode()
    assert "AWS verweigert den Zugriff" in body
    assert "Not you." in body
    assert "AWS denied access" not in body


@pytest.fixture
def in_german(settings: Settings) -> Iterator[None]:
    settings.LANGUAGE_CODE = "de"
    with translation.override("de"):
        yield


@dataclass(frozen=True)
class Site:
    """The pages as a person sees them, with what is there in a bucket and a queue."""

    client: Client
    bucket: str
    queue: str

    def posted(self, page: str, data: Mapping[str, Any], **query: str) -> Any:
        path = f"/admin/philo_aws/{page.format(self=self)}/"
        filled = {"confirm": "yes", **data}
        return self.client.post(path, filled, query_params=query, follow=True)

    def sent(self, page: str, data: Mapping[str, Any]) -> Any:
        """What a script sends."""
        path = f"/admin/philo_aws/{page.format(self=self)}/"
        return self.client.post(path, dict(data), content_type="application/json")

    def open(self, address: str) -> Any:
        path = "/admin/philo_aws/bucket/open/"
        return self.client.get(path, {"address": address}, follow=True)


@pytest.fixture
def site(aws: LocalAWS, admin_client: Client, bucket: str, settings: Settings) -> Site:
    settings.AWS = {**settings.AWS, "regions": [REGION]}
    for key in ("a", "b", "d/1", "e/d/1"):
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"x")
    queue = aws.make_queue().rpartition("/")[2]
    return Site(admin_client, bucket, quote(f"{REGION}/{queue}"))


BUCKET, QUEUE = "bucket/{self.bucket}/", "queue/{self.queue}/"
NO_ROWS = {"attributes-TOTAL_FORMS": "0", "attributes-INITIAL_FORMS": "0"}
NEW_QUEUE = {
    "region": REGION,
    "kind": "standard",
    "dead_letter": "none",
    "max_receive_count": "5",
    "visibility_timeout": "30",
    "retention": "345600",
    "delay": "0",
    "wait": "0",
    "largest": "1048576",
}

# What somebody does, what the page says of it in German, and what it would say in English.
DOORS: dict[str, tuple[Callable[[Site], Any], str, str]] = {
    "copy onto an object": (
        lambda site: site.posted(
            BUCKET + "copy", {"select_key": "a", "bucket": site.bucket, "key": "b"}
        ),
        "Es gibt schon ein Objekt 'b' im Bucket",
        "There is an object",
    ),
    "copy of a folder onto another, which carries the reason on": (
        lambda site: site.posted(
            BUCKET + "copy", {"select_folder": "d/", "bucket": site.bucket, "key": "e"}
        ),
        "nicht: Es gibt schon ein Objekt 'e/d/1' im Bucket",
        "There is an object",
    ),
    "move of a folder into itself": (
        lambda site: site.posted(
            BUCKET + "move", {"select_folder": "d/", "bucket": site.bucket, "key": "d/"}
        ),
        "Das Ziel liegt in der Quelle.",
        "lies inside",
    ),
    "tags": (
        lambda site: site.posted(BUCKET + "tags", {"tags": "aws:owner=web"}, key="a"),
        "Das Tag 'aws:owner' beginnt mit 'aws:', was AWS sich vorbehält.",
        "keeps for itself",
    ),
    "a tag of another alphabet": (
        lambda site: site.posted(BUCKET + "tags", {"tags": "owner=a&b"}, key="a"),
        "Der Wert 'a&b' eines Tags enthält '&'.",
        "of a tag has",
    ),
    "metadata": (
        lambda site: site.posted(
            BUCKET + "metadata", {"metadata": "x=ümlaut", "storage_class": "STANDARD"}, key="a"
        ),
        "Der Wert der Metadaten unter 'x' enthält Zeichen, die eine Kopfzeile nicht tragen kann.",
        "The metadata value",
    ),
    "the name of a bucket": (
        lambda site: site.posted("bucket/add", {"name": "No Bucket", "region": REGION}),
        "'No Bucket' ist kein möglicher Name eines Buckets",
        "no possible bucket name",
    ),
    "an address": (
        lambda site: site.open("ftp://x"),
        "'ftp://x' ist keine Adresse in S3.",
        "is no address in S3",
    ),
    "an upload by a script": (
        lambda site: site.sent(BUCKET + "upload/begin", {"key": "a", "size": 1}),
        "Es gibt schon ein Objekt 'a' im Bucket",
        "There is an object",
    ),
    "an upload of bytes that cannot be": (
        lambda site: site.sent(BUCKET + "upload/begin", {"key": "new", "size": 10**15}),
        "und nicht 1.000.000.000.000.000 Bytes.",
        "An object has",
    ),
    "an upload of nothing": (
        lambda site: site.sent(BUCKET + "upload/begin", {"size": 1}),
        "key fehlt.",
        "is missing",
    ),
    "figures of no queue": (
        lambda site: site.sent("queue/figures", {"queues": ["nowhere"]}),
        "'nowhere' ist keine Warteschlange.",
        "is no queue",
    ),
    "a message": (
        lambda site: site.posted(QUEUE + "send", {"body": "a\x07", **NO_ROWS}),
        "Der Text der Nachricht enthält '\\x07' an der Stelle 1",
        "a character that SQS does not take",
    ),
    "a queue that is there": (
        lambda site: site.posted(
            "queue/add", {**NEW_QUEUE, "name": site.queue.partition("_2F")[2].replace("_5F", "_")}
        ),
        "Es gibt schon eine Warteschlange",
        "There is a queue",
    ),
    "a queue that is not there": (
        lambda site: site.posted(f"queue/{quote(REGION + '/gone')}/peek", {"count": "1"}),
        "Es gibt keine",
        "There is no",
    ),
}


@pytest.mark.aws_servers("ministack")
@pytest.mark.parametrize("door", DOORS)
def test_every_door_says_it_in_the_language_of_the_page(
    site: Site, in_german: None, door: str
) -> None:
    visit, german, english = DOORS[door]
    response = visit(site)
    said = response.content.decode()
    if response["Content-Type"] == "application/json":
        said = response.json()["error"]
    said = html.unescape(said)
    assert german in said
    assert english not in said


APP = Path(philo_aws.__file__).parent
# Pages import them for a word or two; what they say is of files and folders of this machine, and of
# transfers, which are of commands and programs.
OF_NO_PAGE = {
    "s3/filters.py",
    "s3/files/folders.py",
    "s3/globs.py",
    "s3/transfer/plan.py",
    "s3/report.py",
    "s3/files/rooted.py",
    "s3/files/tree.py",
}
# Mistakes in a program, and what a library is told, which boto_errors.py turns into sentences.
NOT_FOR_PEOPLE = {
    "AssertionError",
    "ResponseParserError",
    "RuntimeError",
    "TypeError",
    "ValueError",
}


def imported(module: Path) -> Iterator[Path]:
    """The modules of the package that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        folder = module.parents[node.level - 1].joinpath(*(node.module or "").split("."))
        places = [folder, *(folder / alias.name for alias in node.names)]
        yield from (each for place in places if (each := place.with_suffix(".py")).exists())


def modules_of_pages() -> set[Path]:
    found: set[Path] = set()
    left = [*(APP / "admin").rglob("*.py")]
    while left:
        module = left.pop()
        if module not in found and str(module.relative_to(APP)) not in OF_NO_PAGE:
            found.add(module)
            left += imported(module)
    return found


def is_english_alone(told: ast.expr | None, names: Mapping[str, ast.expr]) -> bool:
    """Say whether the words stand there without a mark for translation."""
    match told:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return True
        case ast.BinOp(left=one, right=other) | ast.IfExp(body=one, orelse=other):
            return is_english_alone(one, names) or is_english_alone(other, names)
        case ast.Call(func=ast.Name(id="Sentence"), args=[template, *_]):
            return is_english_alone(template, names)
        case ast.Name(id=name) if name in names:
            return is_english_alone(names[name], {})
    return False


def english_alone(source: str) -> Iterator[int]:
    """The lines of a module with an error that can be said in English only."""
    tree = ast.parse(source)
    names = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            is_error = name[:1].isupper() and name.endswith("Error")
            if is_error and name not in NOT_FOR_PEOPLE and is_english_alone(node.args[0], names):
                yield node.lineno


def test_every_error_that_a_page_can_show_can_be_translated() -> None:
    modules = modules_of_pages()
    reached = {str(module.relative_to(APP)) for module in modules}
    assert {"regions.py", "s3/objects/copying.py", "s3/listing/xml.py", "sqs/limits.py"} <= reached
    found = {
        f"{module.relative_to(APP)}:{line}"
        for module in modules
        for line in english_alone(module.read_text("utf-8"))
    }
    assert not found, "say it by Sentence(gettext_noop(…), …)"


@pytest.mark.parametrize(
    ("error", "is_english"),
    [
        ("UsageError('No.')", True),
        ("UsageError(f'No {x}.')", True),
        ("own.UsageError('No ' + x)", True),
        ("UsageError('No.' if x else Sentence(y))", True),
        ("UsageError(Sentence('No.'))", True),
        ("UsageError(NO)", True),
        ("UsageError(Sentence(gettext_noop('No {x}.'), x=x))", False),
        ("UsageError(Sentence(TEMPLATE))", False),
        ("UsageError(_('No %s.') % x)", False),
        ("ValueError('no')", False),
    ],
)
def test_which_errors_those_are(error: str, is_english: bool) -> None:
    source = f"NO = 'No.'\nTEMPLATE = gettext_noop('No.')\nraise {error}"
    assert list(english_alone(source)) == [3] * is_english
