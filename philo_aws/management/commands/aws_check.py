"""``manage.py aws_check``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from philo_aws import diagnosis
from philo_aws.checks import TAG
from philo_aws.management.output import FORMATS, LEFT, Column, Output
from philo_aws.management.process import AWSCommand

COLUMNS = (
    Column(title="Check", value=lambda row: row["check"], align=LEFT),
    Column(title="State", value=lambda row: row["state"]),
    Column(title="Detail", value=lambda row: row["detail"], align=LEFT, width=70),
)


class Command(AWSCommand):
    """Say what works with the settings as they are."""

    help = (
        "Check the AWS settings against AWS: identity, region, endpoints, listing buckets and "
        "queues, the clock. Exits with 1 when something is wrong."
    )
    requires_system_checks = [TAG]

    def add_arguments(self, parser: CommandParser) -> None:
        """Add ``--format``."""
        parser.add_argument(
            "--format", choices=FORMATS, default="table", help="how results are printed"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the findings."""
        output = Output(self.stdout, self.stderr, options["format"])
        with self.ending():
            findings = [finding.record() for finding in diagnosis.diagnose()]
            output.records(findings, COLUMNS)
            output.flush()
        failed = [finding["check"] for finding in findings if finding["state"] == "failed"]
        if failed:
            raise CommandError(f"Not in order: {', '.join(failed)}.")
