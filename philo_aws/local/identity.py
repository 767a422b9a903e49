"""The IAM user whose keys are handed out when the embedded AWS verifies signatures."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from .errors import LocalAWSError
from .guard import TOKEN_HEADER

REGION = "us-east-1"
# The server takes this pair for the account's root; it looks at no signature made with it.
ROOT_KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
USER = "local-developer"
ACTIONS = (
    "s3:*",
    "sqs:*",
    "sts:*",
    "cloudwatch:*",
    "iam:Get*",
    "iam:List*",
    "ec2:DescribeRegions",
    "account:Get*",
    "account:List*",
)
TIMEOUT = 10.0

Answer = dict[str, list[str]]


def keys_of_user(endpoint_url: str, file: Path, token: str) -> dict[str, str]:
    """Return the keys in ``file`` if they still work, else make the user and new keys.

    ``token`` lets the root's calls through the guard.
    """
    keys = _read(file)
    if not keys or not _work(endpoint_url, keys):
        keys = _make_user(endpoint_url, token)
        _write(file, keys)
    return keys


def _make_user(endpoint_url: str, token: str) -> dict[str, str]:
    def root(action: str, **parameters: str) -> Answer:
        return _call(endpoint_url, "iam", ROOT_KEYS, token, Action=action, **parameters)

    def iam(action: str, **parameters: str) -> Answer:
        return root(action, UserName=USER, **parameters)

    users = root("ListUsers").get("UserName", [])
    if USER not in users:
        iam("CreateUser")
    statement = {"Effect": "Allow", "Action": ACTIONS, "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam("PutUserPolicy", PolicyName="development", PolicyDocument=policy)
    # A user has two keys at most, and those whose secret is lost are of no use to anybody.
    for lost in iam("ListAccessKeys").get("AccessKeyId", []):
        iam("DeleteAccessKey", AccessKeyId=lost)
    made = iam("CreateAccessKey")
    return {
        "aws_access_key_id": made["AccessKeyId"][0],
        "aws_secret_access_key": made["SecretAccessKey"][0],
    }


def _work(endpoint_url: str, keys: Mapping[str, str]) -> bool:
    try:
        _call(endpoint_url, "sts", keys, Action="GetCallerIdentity")
    except LocalAWSError:
        return False
    return True


def _call(
    endpoint_url: str, service: str, keys: Mapping[str, str], token: str = "", **parameters: str
) -> Answer:
    """Make one signed call; return the texts of the answer by the names of their elements.

    Not by a boto3 client: that one would read the machine's AWS configuration and proxies, which
    must have no say here.
    """
    from xml.etree import ElementTree

    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    body = urllib.parse.urlencode({"Version": "2010-05-08", **parameters})
    form = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    signed = AWSRequest("POST", f"{endpoint_url}/", data=body, headers=form)
    credentials = Credentials(keys["aws_access_key_id"], keys["aws_secret_access_key"])
    SigV4Auth(credentials, service, REGION).add_auth(signed)
    headers = dict(signed.headers.items()) | ({TOKEN_HEADER: token} if token else {})
    request = urllib.request.Request(f"{endpoint_url}/", body.encode(), headers)  # noqa: S310
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=TIMEOUT) as response:
            document = ElementTree.fromstring(response.read())  # noqa: S314
    except urllib.error.HTTPError as error:
        with error:
            raise LocalAWSError(
                f"The local AWS answered {parameters['Action']} with HTTP status {error.code}."
            ) from error
    except OSError as error:
        raise LocalAWSError(f"The local AWS at {endpoint_url} does not answer.") from error
    answer: Answer = {}
    for element in document.iter():
        answer.setdefault(element.tag.rpartition("}")[2], []).append(element.text or "")
    return answer


def _read(file: Path) -> dict[str, str]:
    try:
        found = json.loads(file.read_text())
        return {name: str(found[name]) for name in ROOT_KEYS}
    except (OSError, ValueError, TypeError, LookupError):
        return {}


def _write(file: Path, keys: Mapping[str, str]) -> None:
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w") as opened:
        json.dump(keys, opened)
