"""URLs signed for CloudFront: whoever has one may read what it names until it ends.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-canned-policy.html
"""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from django.core.exceptions import ImproperlyConfigured

from ..forks import ForkLock

if TYPE_CHECKING:
    from .options import Options

KEPT = 4096
"""Signed URLs that are kept: a signature by RSA takes a millisecond."""

_FOR_QUERIES = bytes.maketrans(b"+=/", b"-_~")
_reading = ForkLock()
_signers: dict[tuple[str, str], CloudFrontSigner] = {}


class CloudFrontSigner:
    """Signs URLs by one key: RSA, or ECDSA on the curve P-256, as CloudFront takes them.

    Neither its ``repr`` nor a pickle has the key.
    """

    def __init__(self, key_id: str, sign: Callable[[bytes], bytes], algorithm: str) -> None:
        self._key_id = key_id
        self._sign = sign
        self._algorithm = algorithm
        self.url = functools.lru_cache(maxsize=KEPT)(self._url)
        """Return ``url`` (absolute) signed, to end at a second since 1970: ``url(url, end)``."""

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: it holds a key."""
        raise TypeError("A CloudFrontSigner is not pickled: it holds a key.")

    def _url(self, url: str, end: int) -> str:
        condition = {"DateLessThan": {"AWS:EpochTime": end}}
        policy = {"Statement": [{"Resource": url, "Condition": condition}]}
        signature = self._sign(json.dumps(policy, separators=(",", ":")).encode())
        told = base64.b64encode(signature).translate(_FOR_QUERIES).decode()
        joint = "&" if "?" in url else "?"
        signed = f"{url}{joint}Expires={end}&Signature={told}&Key-Pair-Id={self._key_id}"
        return f"{signed}&Hash-Algorithm={self._algorithm}" if self._algorithm else signed


def signer_for(options: Options) -> CloudFrontSigner:
    """Return what signs by the key of a storage, which is read once per process.

    Raises :exc:`~django.core.exceptions.ImproperlyConfigured` where the package ``cryptography`` is
    not installed, the file cannot be read, or the key is none that CloudFront takes.
    """
    # The key itself is in no variable of this function, as Django shows those of an error.
    made = _signers.get((options.cloudfront_key_id or "", options.cloudfront_key or ""))
    if made is None:
        with _reading:
            found = _read(options.cloudfront_key_id or "", options.cloudfront_key or "")
        if isinstance(found, str):
            raise ImproperlyConfigured(found)
        made = found
    return made


def _read(key_id: str, key: str) -> CloudFrontSigner | str:
    """Return the signer of a key, or the sentence that says why there is none.

    It raises nothing and its sentences quote nothing, so that no error shows the key.
    """
    try:
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ImportError:
        return (
            "URLs for CloudFront are signed by the package 'cryptography', which is not installed. "
            "Install it: pip install 'django-philo-aws[cloudfront]'."
        )
    try:
        loaded = load_pem_private_key(_pem(key), password=None)
    except OSError as error:
        return f"The file that the option 'cloudfront_key' names cannot be read: {error.strerror}."
    except TypeError:
        return "The key of the option 'cloudfront_key' has a password. Store it without one."
    except Exception:  # noqa: BLE001 - a dozen classes of cryptography's say it in as many ways
        return "The option 'cloudfront_key' is no private key in PEM, and no path of a file of one."
    made = _signer_of(key_id, loaded)
    if made is None:
        return (
            "The key of the option 'cloudfront_key' is none that CloudFront takes. Use one of RSA "
            "with 2,048 bits, or of ECDSA on the curve P-256."
        )
    _signers[key_id, key] = made
    return made


def _pem(key: str) -> bytes:
    if "-----BEGIN" in key:
        return key.encode()
    with open(key, "rb") as file:
        return file.read()


def _signer_of(key_id: str, key: Any) -> CloudFrontSigner | None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    if isinstance(key, rsa.RSAPrivateKey):
        # CloudFront's own choice where a URL says nothing; the only one of older software.
        def sign(policy: bytes) -> bytes:
            return key.sign(policy, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303

        return CloudFrontSigner(key_id, sign, "")
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        algorithm = _ecdsa()
        return CloudFrontSigner(key_id, lambda policy: key.sign(policy, algorithm), "SHA256")
    return None


def _ecdsa() -> Any:
    """Return how ECDSA signs: alike each time where that can be had, so that URLs are alike."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        return ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    except (TypeError, UnsupportedAlgorithm):  # an older cryptography, an older OpenSSL
        return ec.ECDSA(hashes.SHA256())
