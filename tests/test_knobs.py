"""A knob that cannot be is refused where its object is made, by whichever door it comes in."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from philo_aws import clients, s3, validation
from philo_aws.conf import Timeout, Timeouts, TransferConfig, get_config
from philo_aws.exceptions import UsageError
from philo_aws.knobs import PURPOSES
from philo_aws.management import s3_flags
from philo_aws.management.actions import ActionParser
from philo_aws.patience import patience_for
from philo_aws.rules import Flag, OneOf, WholeNumber, names_of, ruled, rules_of
from tests.running import ROOT, Result

NOBODY = {
    "credentials": {"aws_access_key_id": "AKID", "aws_secret_access_key": "s"},
    "region": "us-east-1",
    "endpoint_url": "http://127.0.0.1:1",
}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"engine": "x"}, "engine is 'x'"),
        ({"engine": "CRT"}, "Did you mean 'crt'"),
        ({"engine": None}, "engine is None"),
        ({"checksum": "md5"}, "checksum is 'md5'"),
        ({"part_size": 1}, "part_size is 1. Give a whole number from 5,242,880"),
        ({"part_size": None}, "part_size is None"),
        ({"part_size": 8.0 * 1024 * 1024}, "part_size is 8388608.0"),
        ({"max_concurrency": 0}, "max_concurrency is 0"),
        ({"max_concurrency": True}, "max_concurrency is True"),
        ({"max_concurrency": math.nan}, "max_concurrency is nan"),
        ({"max_concurrency": "8"}, "max_concurrency is '8'"),
        ({"memory_limit": 256 * 1024 * 1024 - 1}, "of 268,435,456 or more"),
        ({"memory_limit": math.inf}, "memory_limit is inf"),
    ],
)
def test_a_transfer(values: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        TransferConfig(**values)
    with pytest.raises(UsageError, match=said):
        dataclasses.replace(TransferConfig(), **values)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"connect": -1}, "connect is -1"),
        ({"connect": True}, "connect is True"),
        ({"read": math.nan}, "read is nan"),
        ({"read": math.inf}, "read is inf"),
        ({"read": None}, "read is None"),
        ({"max_attempts": 0}, "max_attempts is 0"),
        ({"max_attempts": 2.0}, "max_attempts is 2.0"),
        ({"max_attempts": True}, "max_attempts is True"),
    ],
)
def test_a_timeout(values: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Timeout(**{"connect": 1, "read": 1} | values)


def test_timeouts_are_made_of_timeouts() -> None:
    with pytest.raises(UsageError, match="no Timeout"):
        Timeouts(web={"connect": 1, "read": 1})  # type: ignore[arg-type]


@pytest.mark.parametrize("purpose", ["page", "Web", "", None, ["web"], 1])
def test_a_purpose(settings: Settings, purpose: Any) -> None:
    settings.AWS = NOBODY
    asked: list[Callable[[], object]] = [
        lambda: get_config().timeouts.for_purpose(purpose),
        lambda: clients.get_client("s3", purpose=purpose),
        lambda: patience_for(purpose),
        lambda: s3.list_buckets(purpose=purpose),
    ]
    for ask in asked:
        with pytest.raises(UsageError, match=r"purpose is .* It can be 'web', 'commands', "):
            ask()


def test_every_knob_has_a_rule() -> None:
    for cls in (TransferConfig, Timeout):
        assert list(rules_of(cls)) == [field.name for field in dataclasses.fields(cls)]
    assert set(names_of(Timeouts)) <= set(PURPOSES)


def test_a_field_is_all_that_a_new_knob_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class More(TransferConfig):
        speed: int | None = ruled(
            WholeNumber(low=1, high=9, unit="MB a second", optional=True),
            flag=Flag(name="max_speed", help="no faster"),
            default=None,
        )
        window: int = ruled(
            WholeNumber(low=1, high=9, unit="bytes"), flag=Flag(help="how wide"), default=1
        )
        manner: str = ruled(
            OneOf(choices=("gentle", "rude")),
            flag=Flag(help="in which way", of_uploads=True),
            default="gentle",
        )
        hidden: int = ruled(WholeNumber(low=1, high=9, unit="bytes"), default=1)

    monkeypatch.setattr(s3_flags, "TransferConfig", More)
    monkeypatch.setattr(validation, "TransferConfig", More)
    down, up = ActionParser(), ActionParser()
    s3_flags.engine(down)
    s3_flags.properties(up)
    assert vars(down.parse_args(["--max_speed=7", "--window=2K"])).items() >= {
        ("max_speed", 7),
        ("window", 2048),
    }
    assert up.parse_args(["--manner=rude"]).manner == "rude"
    assert "--manner" not in down.format_help()
    assert "--hidden" not in down.format_help() + up.format_help()
    assert "no faster" in down.format_help()
    [problem] = validation.validate({"transfer": {"speed": 10, "manner": "rude"}})
    assert problem.message == 'AWS["transfer"]["speed"] is 10.'


FLAGS = [
    ("concurrency", 0, "--concurrency is 0. Give a whole number from 1 to 1,024."),
    ("concurrency", 1025, "--concurrency is 1025"),
    ("part_size", 1024, "--part_size is 1024. Give a whole number from 5,242,880"),
]


@pytest.mark.parametrize(("flag", "value", "said"), FLAGS)
def test_a_flag_of_the_command_line(
    settings: Settings,
    tmp_path: Path,
    run: Callable[..., Result],
    flag: str,
    value: int,
    said: str,
) -> None:
    settings.AWS = NOBODY
    given = ["--bucket=b", f"--root_folder={tmp_path}", f"--{flag}={value}"]
    result = run("aws_s3", "upload_dir", *given)
    assert (result.code, result.out) == (2, "")
    assert said in result.err


@pytest.mark.parametrize(
    ("flag", "value", "said"),
    [
        *FLAGS,
        ("engine", "x", "engine"),
        ("checksum", "md5", "checksum"),
        ("concurrency", True, "True"),
    ],
)
def test_a_flag_of_call_command(
    settings: Settings, tmp_path: Path, flag: str, value: Any, said: str
) -> None:
    settings.AWS = NOBODY
    given: dict[str, Any] = {"bucket": "b", "root_folder": tmp_path, flag: value}
    with pytest.raises(CommandError, match=said):
        call_command("aws_s3", "upload_dir", **given)


@pytest.mark.parametrize("engine", ["classic", "crt"])
@pytest.mark.parametrize("name", sorted({*names_of(TransferConfig)} - {"engine"}))
def test_each_engine_reads_each_knob(engine: str, name: str) -> None:
    modules = (ROOT / "philo_aws" / "s3" / "engine" / engine).glob("*.py")
    assert any(f"tuning.{name}" in module.read_text() for module in modules)
