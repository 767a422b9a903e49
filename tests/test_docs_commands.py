"""The command lines of docs/from-aws-cli.md, each run as it stands on the embedded AWS."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.management import load_command_class

from tests import running
from tests.running import Result
from tests.servers import LocalAWS
from tests.test_docs import names, rows

PAGE = "from-aws-cli.md"
JOBS = {row[0]: row[2] for row in rows(PAGE, "job", "`aws`", "here", "`s5cmd`")}
REPORTS = {"reports/1.pdf", "reports/2.pdf"}
STATIC = {"static/index.html", "static/css/site.css"}
# What is in which bucket after a job, where it changed anything; of the others nothing changed.
AFTER: dict[str, dict[str, set[str]]] = {
    "upload a file": {"my-bucket": {"+reports/3.pdf"}},
    "… with a header and metadata": {"my-bucket": {"+reports/3.pdf"}},
    "upload what a program writes": {"my-bucket": {"+dump.sql"}},
    "upload a folder": {"my-bucket": {"+static/index.html", "+static/css/site.css"}},
    "bring what changed": {"my-bucket": {"+static/index.html", "+static/css/site.css"}},
    "… and delete what is gone": {
        "my-bucket": {"+static/index.html", "+static/css/site.css", "-static/gone.html"}
    },
    "from bucket to bucket": {"other-bucket": {"+reports/1.pdf", "+reports/2.pdf"}},
    "some files alone": {"my-bucket": {"+static/css/site.css"}},
    "copy an object": {"my-bucket": {"+old/1.pdf"}},
    "copy a folder": {"other-bucket": {"+old/1.pdf", "+old/2.pdf"}},
    "move an object": {"my-bucket": {"+old/1.pdf", "-reports/1.pdf"}},
    "rename a folder": {
        "my-bucket": {"+old/1.pdf", "+old/2.pdf", "-reports/1.pdf", "-reports/2.pdf"}
    },
    "delete an object": {"my-bucket": {"-reports/1.pdf"}},
    "delete a folder": {"my-bucket": {"-reports/1.pdf", "-reports/2.pdf"}},
    "bring a deleted object back": {"versioned-bucket": {"+deleted.txt"}},
    "delete a folder with its versions": {"versioned-bucket": {"-kept.txt"}},
}
# What stdout has in it.
SAYS = {
    "show the buckets": "my-bucket",
    "show a folder": "today.log",
    "show all below it, with the sum": "logs/old/yesterday.log",
    "how much is where": "reports/",
    "read an object": "one\ntwo\nthree\n",
    "… its last lines": "two\nthree\n",
    "… or say what would be done": "delete static/gone.html",
    "a link for an hour": "X-Amz-Expires=3600",
    "what S3 knows of an object": "ContentLength",
    "the versions of an object": "reports/1.pdf",
}
# None of the age that is asked for can be made.
CODES = {"… away with them": 3}
FILES = {
    "download a file": "1.pdf",
    "download a folder": "back/1.pdf",
    "fetch what changed": "back/2.pdf",
}

DISTRIBUTION = "E1A2B3C4D5E6F7"

pytestmark = pytest.mark.aws_servers("ministack")


def make_distribution(aws: LocalAWS, bucket: str) -> str:
    """The id of a distribution of CloudFront before a bucket."""
    origin = {
        "Id": "files",
        "DomainName": f"{bucket}.s3.us-east-1.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    config = {
        "CallerReference": bucket,
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {
            "TargetOriginId": "files",
            "ViewerProtocolPolicy": "allow-all",
            "MinTTL": 0,
            "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
        },
    }
    made = aws.client("cloudfront").create_distribution(DistributionConfig=config)
    return str(made["Distribution"]["Id"])


@dataclass
class World:
    """The folder and the buckets that the page speaks of."""

    aws: LocalAWS
    folder: Path
    real: dict[str, str]

    def __post_init__(self) -> None:
        for name in ("site/index.html", "site/css/site.css", "report.pdf", "dump.sql"):
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
        (self.folder / "cors.json").write_text(
            '{"CORSRules": [{"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}]}'
        )
        (self.folder / "rules.json").write_text(
            '{"Rules": [{"ID": "a", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, '
            '"Expiration": {"Days": 30}}]}'
        )
        for name in ("my-bucket", "other-bucket", "versioned-bucket"):
            self.real[name] = self.aws.make_bucket()
        self.real["new-bucket"] = f"{self.real['my-bucket']}-new"
        for key in (*REPORTS, "logs/old/yesterday.log", "static/gone.html"):
            self.put("my-bucket", key, key.encode())
        self.put("my-bucket", "logs/today.log", b"one\ntwo\nthree\n")
        s3 = self.aws.client("s3")
        s3.put_object(
            Bucket=self.real["my-bucket"], Key="archived.pdf", Body=b"x", StorageClass="GLACIER"
        )
        versioned = self.real["versioned-bucket"]
        s3.put_bucket_versioning(Bucket=versioned, VersioningConfiguration={"Status": "Enabled"})
        for key in ("deleted.txt", "kept.txt"):
            self.put("versioned-bucket", key, b"x")
        s3.delete_object(Bucket=versioned, Key="deleted.txt")

    def put(self, bucket: str, key: str, body: bytes) -> None:
        self.aws.client("s3").put_object(Bucket=self.real[bucket], Key=key, Body=body)

    def stored(self) -> dict[str, set[str]]:
        found = {}
        s3 = self.aws.client("s3")
        there = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
        for told, name in self.real.items():
            if name in there:
                listed = s3.list_objects_v2(Bucket=name).get("Contents", [])
                found[told] = {row["Key"] for row in listed}
        return found

    def run(self, line: str) -> Result:
        if DISTRIBUTION in line:
            line = line.replace(DISTRIBUTION, make_distribution(self.aws, self.real["my-bucket"]))
        command, _, file = line.partition(" < ")
        stdin = (self.folder / file).read_bytes() if file else b""
        words = [
            re.sub(r"\b(my|other|versioned|new)-bucket\b", lambda found: self.real[found[0]], word)
            for word in shlex.split(command)
        ]
        return running.run(*words, stdin=stdin)


@pytest.fixture
def world(aws: LocalAWS, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.chdir(tmp_path)
    return World(aws, tmp_path, {})


def changed(before: dict[str, set[str]], after: dict[str, set[str]]) -> dict[str, set[str]]:
    made = {}
    for bucket in before.keys() & after.keys():
        signs = {f"+{key}" for key in after[bucket] - before[bucket]}
        signs |= {f"-{key}" for key in before[bucket] - after[bucket]}
        if signs:
            made[bucket] = signs
    return made


@pytest.mark.parametrize("job", JOBS)
def test_the_line_does_the_job(world: World, job: str) -> None:
    [line] = names(JOBS[job])
    before = world.stored()
    result = world.run(line)
    assert result.code != 2, f"no parser takes {line}\n{result.err}"
    assert result.code == CODES.get(job, 0), result.err
    after = world.stored()
    assert changed(before, after) == AFTER.get(job, {})
    assert SAYS.get(job, "").replace("my-bucket", world.real["my-bucket"]) in result.out
    if job in FILES:
        assert (world.folder / FILES[job]).read_text() == f"reports/{FILES[job][-5:]}"
    assert ("new-bucket" in after) is (job == "make a bucket")
    assert ("other-bucket" in after) is (job != "delete a bucket with all that is in it")


def test_what_is_looked_for_is_on_the_page() -> None:
    assert AFTER.keys() | SAYS.keys() | FILES.keys() <= JOBS.keys()


def test_short_names_are_the_actions_they_are_said_to_be() -> None:
    loaded: Any = load_command_class("philo_aws", "aws_s3")
    known = {action.name: action for action in loaded.actions}
    for short, one, many in rows(PAGE, "short", "is, by its sides", "with `--recursive`"):
        told = dict.fromkeys(names(one) + names(many))
        assert set(told) == set(known[short.strip("`")].alias_of)


def test_every_flag_of_the_page_is_one_of_an_action() -> None:
    loaded: Any = load_command_class("philo_aws", "aws_s3")
    loaded.create_parser("manage.py", "aws_s3")
    known = {
        word for flags in loaded._flags.values() for flag in flags for word in flag.option_strings
    }
    table = rows(PAGE, "`aws s3`", "`s5cmd`", "here", "note")
    told = {flag for row in table for flag in names(row[2])}
    assert told - known == set()
