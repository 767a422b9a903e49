from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from philo_aws.exceptions import RegionError
from philo_aws.regions import check_region, enabled_regions, home_region, known_regions
from tests.servers import LocalAWS
from tests.sqs import proxy as proxies
from tests.sqs.proxy import Call, Forward, Reply, refusal

# A session of each test's own: boto3's keeps what it read from the environment.
KEYS = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "x"}


class TestKnownRegions:
    def test_of_every_partition(self) -> None:
        assert {"eu-west-1", "cn-north-1", "us-gov-west-1"} <= set(known_regions("sqs"))

    def test_no_pseudo_regions(self) -> None:
        assert [name for name in known_regions("s3") if "fips" in name or "global" in name] == []


class TestCheckRegion:
    def test_a_known_one(self, settings: Settings) -> None:
        settings.AWS = {}

        assert check_region("sqs", "ap-southeast-2") == "ap-southeast-2"

    @pytest.mark.parametrize(
        ("given", "nearest"),
        [
            ("eu-wset-1", "eu-west-1"),
            ("eu-west1", "eu-west-1"),
            ("us-east-11", "us-east-1"),
            ("frankfurt", None),
        ],
    )
    def test_an_unknown_one(self, settings: Settings, given: str, nearest: str | None) -> None:
        settings.AWS = {}

        with pytest.raises(RegionError) as caught:
            check_region("sqs", given)

        assert f"{given!r} is no region that botocore knows for sqs." in str(caught.value)
        assert (f"Did you mean '{nearest}'?" in str(caught.value)) is (nearest is not None)
        assert str(caught.value).endswith("If it is a new one, upgrade boto3.")

    @pytest.mark.parametrize(
        "given", ["", "EU-WEST-1", "eu west 1", "eu-west-1\n", "eu/west", "-", "eu--west", None]
    )
    @pytest.mark.parametrize("value", [{}, {"endpoint_url": "http://127.0.0.1:1"}], ids=str)
    def test_what_has_not_the_form(
        self, settings: Settings, given: str, value: dict[str, Any]
    ) -> None:
        settings.AWS = value

        with pytest.raises(RegionError, match=r"is no region name\. Write one such as 'eu-west-1'"):
            check_region("sqs", given)

    def test_an_endpoint_of_ones_own_names_its_regions_itself(self, settings: Settings) -> None:
        settings.AWS = {"endpoint_url": {"sqs": "http://127.0.0.1:1"}}

        assert check_region("sqs", "garage") == "garage"
        with pytest.raises(RegionError):
            check_region("s3", "garage")


class TestHomeRegion:
    def test_the_settings(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.AWS = {"credentials": KEYS, "region": "eu-west-3"}
        with monkeypatch.context() as patch:
            patch.setenv("AWS_DEFAULT_REGION", "eu-north-1")

            assert home_region() == "eu-west-3"

    def test_botos(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.AWS = {"credentials": {**KEYS, "aws_session_token": "home"}}
        with monkeypatch.context() as patch:
            patch.setenv("AWS_DEFAULT_REGION", "eu-north-1")

            assert home_region() == "eu-north-1"

    def test_else_the_first_that_aws_had(self, settings: Settings) -> None:
        settings.AWS = {"credentials": {**KEYS, "aws_session_token": "nowhere"}}

        assert home_region() == "us-east-1"


class TestEnabledRegions:
    def test_the_settings_come_first(self, settings: Settings) -> None:
        settings.AWS = {"regions": ["eu-west-1", "us-east-1"], "endpoint_url": "http://127.0.0.1:1"}

        assert enabled_regions() == ("eu-west-1", "us-east-1")

    def test_then_the_accounts(self, ministack: LocalAWS) -> None:
        answer = ministack.client("account").list_regions()

        found = enabled_regions()

        assert list(found) == sorted(region["RegionName"] for region in answer["Regions"])

    def test_only_those_switched_on_are_asked_for_on_all_pages(
        self, ministack: LocalAWS, settings: Settings
    ) -> None:
        # ministack neither pages nor knows of a region that is switched off.
        def page(call: Call, forward: Forward) -> Reply:
            assert call.action == "/listRegions"
            assert '"ENABLED", "ENABLED_BY_DEFAULT"' in call.body
            if "NextToken" in call.body:
                return Reply(200, {"Regions": [{"RegionName": "eu-west-1"}]})
            return Reply(200, {"Regions": [{"RegionName": "sa-east-1"}], "NextToken": "t"})

        with proxies.running(ministack.endpoint_url) as proxy:
            proxy.behaviour = page
            settings.AWS = {**ministack.settings, "endpoint_url": proxy.endpoint_url}

            assert enabled_regions() == ("eu-west-1", "sa-east-1")

    def test_then_ec2s(self, moto: LocalAWS) -> None:
        # moto does not have the account's list.
        answer = moto.client("ec2").describe_regions()

        found = enabled_regions()

        assert list(found) == sorted(region["RegionName"] for region in answer["Regions"])

    @pytest.mark.parametrize(
        ("home", "some", "none"),
        [
            ("eu-west-1", {"us-east-1", "eu-west-1"}, "cn-north-1"),
            ("cn-north-1", {"cn-north-1", "cn-northwest-1"}, "us-east-1"),
        ],
    )
    def test_then_botocores_for_the_partition(
        self, ministack: LocalAWS, settings: Settings, home: str, some: set[str], none: str
    ) -> None:
        with proxies.running(ministack.endpoint_url) as proxy:
            proxy.behaviour = lambda call, forward: refusal("AccessDenied", 403)
            settings.AWS = {
                **ministack.settings,
                "endpoint_url": proxy.endpoint_url,
                "region": home,
            }

            found = enabled_regions()

            assert len(proxy.calls) == 2

        assert some <= set(found)
        assert none not in found

    @pytest.mark.parametrize(
        "body",
        [
            {},
            b"<html>log in</html>",
            b"",
            {"Regions": [{}]},
            {"Regions": [{"RegionName": 5}]},
            {"regions": []},
            {"Regions": "abc"},
            [],
        ],
        ids=str,
    )
    def test_answers_that_name_none_are_passed_over(
        self, ministack: LocalAWS, settings: Settings, body: object
    ) -> None:
        with proxies.running(ministack.endpoint_url) as proxy:
            proxy.behaviour = lambda call, forward: Reply(200, body)
            settings.AWS = {**ministack.settings, "endpoint_url": proxy.endpoint_url}

            found = enabled_regions()

        assert {"us-east-1", "eu-west-1"} <= set(found)

    def test_pages_without_end_are_passed_over(
        self, ministack: LocalAWS, settings: Settings
    ) -> None:
        def endless(call: Call, forward: Forward) -> Reply:
            if call.action != "/listRegions":
                return refusal("AccessDenied", 403)
            return Reply(200, {"Regions": [{"RegionName": "eu-west-1"}], "NextToken": "same"})

        with proxies.running(ministack.endpoint_url) as proxy:
            proxy.behaviour = endless
            settings.AWS = {**ministack.settings, "endpoint_url": proxy.endpoint_url}

            assert len(enabled_regions()) > 10
            assert len(proxy.calls) < 5

    def test_an_sqs_endpoint_alone_is_one_region(self, settings: Settings) -> None:
        settings.AWS = {
            "credentials": KEYS,
            "region": "eu-west-1",
            "endpoint_url": {"sqs": "http://127.0.0.1:1"},
        }

        assert enabled_regions() == ("eu-west-1",)
