from __future__ import annotations

import re
from html import unescape

import pytest

from philo_aws.admin.addresses import unpack
from tests.admin.buckets.conftest import HOSTILE_KEYS, Pages
from tests.admin.buckets.test_removal import put
from tests.servers import LocalAWS

pytestmark = pytest.mark.aws_servers("ministack")


def test_each_row_has_a_menu_that_needs_no_script(aws: LocalAWS, pages: Pages) -> None:
    put(aws, pages.bucket, "a", "d/1")
    body = pages.get("change").content.decode()
    folder, entry = re.findall(r'<details class="aws-menu".*?</details>', body, re.DOTALL)
    assert 'aria-labelledby="aws-actions aws-name-0"' in folder
    assert 'aria-labelledby="aws-actions aws-name-1"' in entry
    for page, label in (("share", "Share"), ("rename", "Rename"), ("delete-objects", "Delete")):
        assert f'href="{pages.path(page, key="a")}"' in entry
        assert f">{label}</a>" in entry
    assert f'href="{pages.path("rename", select_folder="d/")}"' in folder
    # What only a script can do is not seen without one.
    assert "<li hidden><button" in folder


def test_every_row_leads_to_its_own_object(aws: LocalAWS, pages: Pages) -> None:
    put(aws, pages.bucket, *HOSTILE_KEYS)
    body = pages.get("change").content.decode()
    found = re.findall(r'href="([^"]*/share/[^"]*)"', body)
    names = [key for key in HOSTILE_KEYS if "/" not in key.rstrip("/")]
    titles = [pages.client.get(unescape(url)).status_code for url in found]
    assert titles == [200] * len(names)
    addresses = [unpack(unescape(at)) for at in re.findall(r'data-aws-address="([^"]*)"', body)]
    assert set(names) <= set(addresses)
