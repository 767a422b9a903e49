"""Services are found as botocore finds them, and the descriptions of one's own too."""

from __future__ import annotations

import json
from collections import OrderedDict
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import loaders
from botocore.exceptions import UnknownServiceError

from philo_aws import _loader


@pytest.fixture(autouse=True)
def read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the files themselves, and not what other tests made of those read once."""
    for loader in (loaders.JSONFileLoader, _loader.PlainFileLoader):
        read: Any = loader.load_file
        monkeypatch.setattr(loader, "load_file", read.__wrapped__)


@pytest.fixture
def core() -> botocore.session.Session:
    made = botocore.session.Session()
    _loader.use(made)
    return made


def test_every_service_of_botocore_is_known(core: botocore.session.Session) -> None:
    theirs = botocore.session.Session().get_available_services()
    assert set(theirs) <= set(core.get_available_services())
    for name in ("s3", "sqs", "sts", "iam", "sso-oidc"):
        assert core.get_service_model(name).service_name == name


def test_an_unknown_service_is_named(core: botocore.session.Session) -> None:
    with pytest.raises(UnknownServiceError, match="Unknown service: 's4'"):
        core.get_service_model("s4")


def test_descriptions_of_ones_own_are_found(core: botocore.session.Session, tmp_path: Path) -> None:
    folder = tmp_path / "own" / "2026-01-01"
    folder.mkdir(parents=True)
    model = '{"metadata": {"serviceId": "Own"}, "operations": {}, "shapes": {}}'
    (folder / "service-2.json").write_text(model)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DATA_PATH", str(tmp_path))
        assert core.get_service_model("own").metadata["serviceId"] == "Own"
    assert core.get_service_model("sqs").service_name == "sqs"


def test_clients_are_made_by_it() -> None:
    from philo_aws.clients import get_session

    assert isinstance(get_session().get_component("data_loader"), _loader.ServiceLoader)


def test_a_description_reads_as_botocore_reads_it(core: botocore.session.Session) -> None:
    ours = core.get_component("data_loader").load_service_model("s3", "service-2")
    theirs = botocore.session.Session().get_component("data_loader")
    assert ours == theirs.load_service_model("s3", "service-2")
    # In the same order, which parameters and members of shapes have from it.
    assert json.dumps(ours) == json.dumps(theirs.load_service_model("s3", "service-2"))
    assert type(ours["shapes"]) is dict


def test_a_file_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert _loader.PlainFileLoader().load_file(str(tmp_path / "none")) is None
    assert _loader.PlainFileLoader().load_file(str(tmp_path / "no" / "folder" / "none")) is None


def test_botocore_still_reads_into_ordered_dicts_and_opens_every_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # When this fails, one half of philo_aws._loader or the other has no reason any more.
    theirs = botocore.session.Session().get_component("data_loader")
    assert type(theirs.load_service_model("s3", "service-2")["shapes"]) is OrderedDict
    looked_at: list[str] = []
    exists = loaders.JSONFileLoader.exists

    def note(self: loaders.JSONFileLoader, path: str) -> bool:
        looked_at.append(path)
        return bool(exists(self, path))

    monkeypatch.setattr(loaders.JSONFileLoader, "exists", note)
    another = botocore.session.Session().get_component("data_loader")
    services = another.list_available_services("service-2")
    assert len(looked_at) >= len(services) > 100
