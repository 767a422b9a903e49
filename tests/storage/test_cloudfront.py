"""Signatures for CloudFront, beside botocore's own."""

from __future__ import annotations

import base64
import copy
import datetime
import json
import pickle
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.signers import CloudFrontSigner as BotocoresSigner
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from django.core.exceptions import ImproperlyConfigured
from django.views.debug import ExceptionReporter

from philo_aws.storage import cloudfront
from philo_aws.storage.cloudfront import signer_for
from philo_aws.storage.options import Options

URL = "https://d111.cloudfront.net/media/a%20b.jpg"
END = 1_772_280_000


def pem(key: Any, encryption: KeySerializationEncryption | None = None) -> str:
    made: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())
    return made.decode()


RSA_KEY = rsa.generate_private_key(65537, 2048)
RSA = pem(RSA_KEY)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def options(key: str, key_id: str = "K2JCJMDEHXQW5F") -> Options:
    return Options(bucket="b", cloudfront_key_id=key_id, cloudfront_key=key)


@pytest.mark.parametrize("url", [URL, f"{URL}?versionId=a%2Fb", "https://d111/%22\\*'.jpg"])
def test_a_url_is_botocores(url: str) -> None:
    def sign(message: bytes) -> bytes:
        return RSA_KEY.sign(message, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303

    theirs = BotocoresSigner("K2JCJMDEHXQW5F", sign).generate_presigned_url(
        url, date_less_than=datetime.datetime.fromtimestamp(END, datetime.UTC)
    )
    assert signer_for(options(RSA)).url(url, END) == theirs


def test_a_key_of_ecdsa_signs_by_sha_256_and_says_so() -> None:
    signed = signer_for(options(pem(EC_KEY))).url(URL, END)
    query = parse_qs(urlsplit(signed).query)
    assert query["Hash-Algorithm"] == ["SHA256"]
    assert query["Expires"] == [str(END)]
    told = query["Signature"][0].translate(str.maketrans("-_~", "+=/"))
    condition = {"DateLessThan": {"AWS:EpochTime": END}}
    policy = {"Statement": [{"Resource": URL, "Condition": condition}]}
    asked = json.dumps(policy, separators=(",", ":")).encode()
    EC_KEY.public_key().verify(base64.b64decode(told), asked, ec.ECDSA(hashes.SHA256()))


def test_urls_of_ecdsa_are_alike_in_all_processes() -> None:
    made = set()
    for _ in range(3):
        cloudfront._signers.clear()
        made.add(signer_for(options(pem(EC_KEY))).url(URL, END))
    assert len(made) == 1


def test_a_key_is_read_once_and_from_a_file_too(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text(RSA)
    signer = signer_for(options(str(file)))
    file.unlink()
    assert signer_for(options(str(file))) is signer
    assert signer.url(URL, END) == signer_for(options(RSA)).url(URL, END)


def test_other_ids_and_keys_have_signers_of_their_own() -> None:
    other = pem(rsa.generate_private_key(65537, 2048))
    urls = {
        signer_for(made).url(URL, END)
        for made in (options(RSA), options(RSA, "K2"), options(other))
    }
    assert len(urls) == 3


FAULTY = {
    "no key": ("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj", "cannot be read"),
    "broken": (RSA.replace("MII", "MIJ"), "no private key in PEM"),
    "public": (
        "-----BEGIN PUBLIC KEY-----\nTUlJ\n-----END PUBLIC KEY-----\n",
        "no private key in PEM",
    ),
    "password": (pem(RSA_KEY, BestAvailableEncryption(b"p")), "has a password"),
    "curve": (pem(ec.generate_private_key(ec.SECP384R1())), "none that CloudFront takes"),
    "kind": (pem(ed25519.Ed25519PrivateKey.generate()), "none that CloudFront takes"),
}


@pytest.mark.parametrize(("key", "told"), FAULTY.values(), ids=FAULTY)
def test_a_key_that_cannot_be_used_is_told_and_not_shown(key: str, told: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=told) as refused:
        signer_for(options(key))
    error = refused.value
    assert error.__traceback__ is not None
    below = error.__traceback__.tb_next  # this module's own frame knows the key
    shown = ExceptionReporter(None, type(error), error, below).get_traceback_html()
    line = key.split("\n")[1] if "\n" in key else key
    assert line[:24] not in shown
    assert "cloudfront_key" in shown


def test_a_missing_package_is_told_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    # It is there wherever the tests run.
    name = "cryptography.hazmat.primitives.serialization"
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImproperlyConfigured, match=r"pip install 'django-philo-aws\[cloudfront\]'"):
        signer_for(options(RSA, "K-other"))


def test_a_fault_is_not_kept(tmp_path: Path) -> None:
    file = tmp_path / "later.pem"
    with pytest.raises(ImproperlyConfigured):
        signer_for(options(str(file)))
    file.write_text(RSA)
    assert "Signature=" in signer_for(options(str(file))).url(URL, END)


def test_no_key_shows_or_leaves_the_process() -> None:
    made = options(RSA)
    signer = signer_for(made)
    assert "PRIVATE KEY" not in f"{made!r} {signer!r} {vars(signer)!r}"
    for leave in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="holds a key"):
            leave(signer)
