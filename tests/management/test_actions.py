"""Commands with actions: their parsing, and `call_command`."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from philo_aws import s3
from philo_aws.management.commands.aws_s3 import Command
from tests.running import Result

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def offline(settings: Settings) -> None:
    settings.AWS = {
        "credentials": {"aws_access_key_id": "a", "aws_secret_access_key": "b"},
        "region": "eu-west-1",
    }


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the bucket holds does not matter to the tests of the command line."""
    monkeypatch.setattr(s3, "list_buckets", lambda: {"Buckets": []})


def test_help_lists_each_action_with_a_line(run: Run) -> None:
    result = run("aws_s3", "--help")
    assert result.code == 0
    for action in Command.actions:
        assert f"    {action.name} " in result.out or f"    {action.name}\n" in result.out
        assert " ".join(action.help.split()) in " ".join(result.out.split())


@pytest.mark.parametrize("action", Command.actions, ids=lambda action: action.name)
def test_help_of_an_action_shows_an_example_that_parses(run: Run, action: object) -> None:
    example = getattr(action, "example")  # noqa: B009
    result = run("aws_s3", getattr(action, "name"), "--help")  # noqa: B009
    assert result.code == 0
    assert f"manage.py {example}" in result.out
    import shlex

    words = shlex.split(example)
    assert words[0] == "aws_s3"
    parsed = Command().create_parser("manage.py", "aws_s3").parse_args(words[1:])
    assert parsed.action == getattr(action, "name")  # noqa: B009


def test_required_flags_show_as_required(run: Run) -> None:
    assert "--fname FNAME" in run("aws_s3", "upload_file", "--help").out
    assert "[--fname" not in run("aws_s3", "upload_file", "--help").out


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    "words",
    [
        ["aws_s3", "-v", "2", "--no-color", "list_buckets"],
        ["aws_s3", "list_buckets", "-v", "2", "--no-color", "--traceback"],
        ["aws_s3", "--settings", "tests.settings", "list_buckets", "--pythonpath", "."],
    ],
)
def test_djangos_options_are_taken_before_and_after_the_action(run: Run, words: list[str]) -> None:
    assert run(*words).code == 0


@pytest.mark.parametrize("words", [["-v", "3", "list_buckets"], ["list_buckets", "-v", "3"]])
def test_an_option_before_the_action_survives_it(words: list[str]) -> None:
    assert Command().create_parser("manage.py", "aws_s3").parse_args(words).verbosity == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["aws_s3"], "the following arguments are required: ACTION"),
        (["aws_s3", "list_bucket"], "list_buckets"),
        (["aws_s3", "upload_file", "--bucket", "b"], "required: --fname, --key"),
        (["aws_s3", "list_buckets", "--format", "xml"], "invalid choice: 'xml'"),
        (["aws_s3", "list_buckets", "--bucket", "b"], "unrecognized arguments: --bucket"),
    ],
)
def test_wrong_usage_exits_with_2(run: Run, words: list[str], said: str) -> None:
    result = run(*words)
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert "Traceback" not in result.err


def test_flags_are_spelled_with_dashes_too(run: Run) -> None:
    for spelling in ("--root_folder", "--root-folder"):
        result = run("aws_s3", "upload_dir", "--bucket", "b-1", spelling, "/nowhere/to/be/found")
        assert result.code == 1
        assert "'/nowhere/to/be/found'" in result.err


@pytest.mark.usefixtures("listed")
class TestCallCommand:
    def test_flags_are_keywords(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[tuple[object, ...]] = []

        def create_bucket(*given: object) -> dict[str, object]:
            asked.append(given)
            return {}

        monkeypatch.setattr(s3, "create_bucket", create_bucket)
        call_command(
            "aws_s3", "create_bucket", bucket="-odd", region="eu-west-1", stdout=io.StringIO()
        )
        call_command("aws_s3", "create_bucket", "--bucket", "media", stdout=io.StringIO())
        assert asked == [("-odd", "eu-west-1"), ("media", None)]

    def test_output_goes_where_it_is_told(self) -> None:
        out = io.StringIO()
        call_command("aws_s3", "list_buckets", format="jsonl", stdout=out)
        assert out.getvalue() == ""
        call_command("aws_s3", "list_buckets", stdout=out)
        assert "| Bucket |" in out.getvalue()

    def test_missing_and_foreign_flags_are_errors(self) -> None:
        with pytest.raises(CommandError, match="required: --bucket"):
            call_command("aws_s3", "create_bucket")
        with pytest.raises(CommandError, match="list_buckets does not take: bucket"):
            call_command("aws_s3", "list_buckets", bucket="b")
        with pytest.raises(TypeError, match="Unknown option"):
            call_command("aws_s3", "list_buckets", bukket="b")

    @pytest.mark.parametrize(
        ("action", "flags", "said"),
        [
            ("sync", {"direction": "Up"}, r"--direction: invalid choice: 'Up' \(choose from 'up'"),
            ("sync", {"delete": "no"}, "--delete: 'no' is neither True nor False"),
            ("sync", {"delete": 1}, "--delete: 1 is neither True nor False"),
            ("sync", {"dry_run": "false"}, "--dry_run: 'false' is neither"),
            ("sync", {"max_delete": -1}, "--max_delete: invalid value: -1"),
            ("sync", {"max_delete": "few"}, "--max_delete: invalid value: 'few'"),
            ("sync", {"max_delete": True}, "--max_delete: invalid value: True"),
            ("sync", {"concurrency": 2.5}, r"--concurrency: invalid value: 2\.5"),
            ("sync", {"part_size": "much"}, "--part_size: invalid value: 'much'"),
            ("sync", {"compare": "md5"}, "--compare: invalid choice: 'md5'"),
            ("sync", {"acl": "all"}, "--acl: invalid choice: 'all'"),
            ("sync", {"format": "xml"}, "--format: invalid choice: 'xml'"),
        ],
    )
    def test_python_values_are_looked_at_as_words_are(
        self, action: str, flags: dict[str, object], said: str
    ) -> None:
        with pytest.raises(CommandError, match=said):
            call_command("aws_s3", action, bucket="b-1", root_folder="/nowhere", **flags)

    def test_python_values_may_be_written_as_words(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[dict[str, object]] = []
        report = s3.Report()

        def sync(*names: object, **given: object) -> s3.Report:
            asked.append(given)
            return report

        monkeypatch.setattr(s3, "sync", sync)
        with pytest.raises(CommandError, match="Nothing matched"):
            call_command(
                "aws_s3",
                "sync",
                bucket="b-1",
                root_folder="/nowhere",
                delete=True,
                max_delete="7",
                part_size=16 * 1024**2,
            )
        assert asked[0]["max_delete"] == 7
        assert asked[0]["transfer"].part_size == 16 * 1024**2  # type: ignore[attr-defined]

    def test_an_error_keeps_its_exit_code(self) -> None:
        with pytest.raises(CommandError) as caught:
            call_command("aws_s3", "upload_dir", bucket="b-1", root_folder="/nowhere")
        assert caught.value.returncode == 1
