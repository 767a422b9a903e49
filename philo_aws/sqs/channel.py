"""A queue as it is asked often: the requests for many messages, made without botocore's cost.

botocore says where and how SQS is asked (:mod:`.endpoint`), whether a failed request is sent again
and what its answer means. In between a request is one JSON text, signed by
:mod:`philo_aws.sigv4`, on a connection that is kept. What botocore has to make itself it makes.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import answers
from ..aws_errors import translated
from ..conf import Config, Purpose, get_config
from ..exceptions import ServiceError
from ..forks import ForkLock
from ..patience import BEGUN
from ..sigv4 import stamp_of
from .access import queue_client
from .connections import Connections, HTTPAnswer
from .endpoint import Endpoint, endpoint_of, identity_of, is_plain
from .limits import MAX_BATCH_ENTRIES
from .outcome import failed
from .proof import fault_of_received

if TYPE_CHECKING:
    from botocore.model import Shape
    from mypy_boto3_sqs import SQSClient

logger = logging.getLogger(__name__)

Record = Mapping[str, Any]
Told = dict[str, Any]

# Answers of which botocore would make the same: of other fields, and of bytes, it knows more.
_PLAIN_MESSAGE = frozenset({"MessageId", "ReceiptHandle", "MD5OfBody", "Body", "Attributes"})
_METHODS = {
    "ChangeMessageVisibilityBatch": "change_message_visibility_batch",
    "DeleteMessageBatch": "delete_message_batch",
    "ReceiveMessage": "receive_message",
    "SendMessage": "send_message",
    "SendMessageBatch": "send_message_batch",
}

_lock = ForkLock()
_ways: weakref.WeakKeyDictionary[Any, _Way | None] = weakref.WeakKeyDictionary()


@dataclass(frozen=True, kw_only=True)
class _Way:
    """How the requests of a client go past botocore."""

    endpoint: Endpoint
    connections: Connections


@dataclass(frozen=True, kw_only=True)
class Received:
    """What a receive brought."""

    messages: list[Any]
    """boto's dicts of the messages that are as SQS has them."""
    damaged: list[dict[str, Any]]
    """Those that changed on the way: ``MessageId``, ``Code`` and ``Message``."""
    metadata: Mapping[str, Any]
    """boto's ``ResponseMetadata``."""
    fault: ServiceError | None = None
    """What is wrong with the last of the damaged ones."""


class Channel:
    """One queue, and the requests that are sent to it often. It may be used by many threads.

    Connections are kept for each region and purpose: channels to several queues share them, and a
    child that was forked opens its own. Every method raises
    :exc:`~philo_aws.exceptions.AWSError`, after the patience of the purpose.
    """

    def __init__(
        self, queue_url: str, region: str | None = None, purpose: Purpose = "commands"
    ) -> None:
        """Find the client; nothing is sent. Raises as :func:`.access.queue_client` does.

        Handlers of the site's own that the client has now get to see every request.
        """
        self.queue_url = queue_url
        """The queue's URL."""
        self._region = region
        self._purpose: Purpose = purpose
        self._made = self._client_now()

    def _client_now(self) -> tuple[int, Config, SQSClient]:
        with queue_client(self.queue_url, self._region, self._purpose) as client:
            self._is_plain = is_plain(client)
            return os.getpid(), get_config(), client

    def _client(self) -> SQSClient:
        """Return the client; another one in a child, and once the settings have changed."""
        process, config, client = self._made
        if process != os.getpid() or config is not get_config():
            self._made = self._client_now()
            client = self._made[2]
        return client

    def send(self, entries: Sequence[Record]) -> Told:
        """Send at most 10 entries in boto's words, ``Id`` included; return boto's dict."""
        return self._ask("SendMessageBatch", {"Entries": list(entries)}, _is_batch)

    def send_one(self, message: Record) -> Told:
        """Send one message in boto's words; return boto's dict, whose digests are not compared."""
        return self._ask("SendMessage", message, _is_sent)

    def receive(
        self,
        most: int = MAX_BATCH_ENTRIES,
        *,
        wait: int | None = None,
        visibility: int | None = None,
        attribute_names: Sequence[str] = ("All",),
        system_attribute_names: Sequence[str] = ("All",),
        read_timeout: float | None = None,
    ) -> Received:
        """Receive 1 to 10 messages by one request.

        ``wait`` (0 to 20) and ``visibility`` (0 to 43,200) are seconds, by default the queue's;
        ``read_timeout`` the seconds of silence after which the request has failed, by default the
        purpose's. Numbers are not checked here, the digests of messages are.
        """
        request: dict[str, Any] = {
            "MaxNumberOfMessages": most,
            "MessageAttributeNames": list(attribute_names),
            "MessageSystemAttributeNames": list(system_attribute_names),
        }
        if wait is not None:
            request["WaitTimeSeconds"] = wait
        if visibility is not None:
            request["VisibilityTimeout"] = visibility
        told = self._ask("ReceiveMessage", request, _is_plain, read_timeout)
        everything = not {"All", ".*"}.isdisjoint(attribute_names)
        return _received(told, all_attributes=everything)

    def delete(self, handles: Sequence[str]) -> list[Record | None]:
        """Delete at most 10 messages by their receipt handles.

        For each, in their order, ``None`` where it is done, else ``SenderFault``, ``Code`` and
        ``Message`` of its failure; ``NoProof`` where the answer does not name it.
        """
        entries = [{"Id": str(n), "ReceiptHandle": handle} for n, handle in enumerate(handles)]
        return self._by_position("DeleteMessageBatch", entries)

    def change_visibility(self, pairs: Sequence[tuple[str, int]]) -> list[Record | None]:
        """Hide at most 10 messages, by their receipt handles, for so many seconds from now.

        What is returned is that of :meth:`delete`.
        """
        entries = [
            {"Id": str(n), "ReceiptHandle": handle, "VisibilityTimeout": seconds}
            for n, (handle, seconds) in enumerate(pairs)
        ]
        return self._by_position("ChangeMessageVisibilityBatch", entries)

    def attributes(self, *names: str) -> Mapping[str, str]:
        """Return attributes of the queue."""
        client: Any = self._client()
        with translated(queue=self.queue_url, region=client.meta.region_name):
            told = client.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=list(names))
        found: Mapping[str, str] = told.get("Attributes") or {}
        return found

    @property
    def entry_shape(self) -> Shape:
        """Botocore's description of an entry of a batch that is sent."""
        model = self._client().meta.service_model.operation_model("SendMessageBatch")
        shape: Shape = model.input_shape.members["Entries"].member  # type: ignore[union-attr]
        return shape

    def _by_position(self, operation: str, entries: list[dict[str, Any]]) -> list[Record | None]:
        if not entries:
            return []
        told = self._ask(operation, {"Entries": entries}, _is_batch)
        found: dict[Any, Record | None] = {
            record.get("Id"): None for record in told.get("Successful") or ()
        }
        for record in told.get("Failed") or ():
            found[record.get("Id")] = {key: record[key] for key in record if key != "Id"}
        return [found.get(entry["Id"], NOT_NAMED) for entry in entries]

    def _ask(
        self,
        operation: str,
        parameters: Mapping[str, Any],
        is_usual: Callable[[Any], bool],
        read_timeout: float | None = None,
    ) -> Told:
        client = self._client()
        with translated(queue=self.queue_url, region=client.meta.region_name):
            way = _way_of(client) if self._is_plain else None
            if way is not None:
                request = _Request(client, way, operation, is_usual, read_timeout)
                told = request.send({"QueueUrl": self.queue_url, **parameters})
                if told is not None:
                    return told
            method: Callable[..., Told] = getattr(client, _METHODS[operation])
            return method(QueueUrl=self.queue_url, **parameters)


NOT_NAMED: Record = failed(answers.NO_PROOF, "The answer does not say what became of the message.")
"""What is told of an entry that the answer to its request does not name."""


def _way_of(client: SQSClient) -> _Way | None:
    """Return how requests go past botocore; ``None`` where they have to be botocore's."""
    try:
        return _ways[client]
    except KeyError:
        pass
    with _lock:
        if client not in _ways:
            endpoint = endpoint_of(client)
            way = None
            if endpoint is not None:
                config: Any = client.meta.config
                connections = Connections(
                    endpoint,
                    connect=config.connect_timeout,
                    read=config.read_timeout,
                    keepalive=bool(config.tcp_keepalive),
                )
                way = _Way(endpoint=endpoint, connections=connections)
                weakref.finalize(client, connections.close)
            _ways[client] = way
        return _ways[client]


class _Request:
    """One request, sent until it is answered or patience is over."""

    def __init__(
        self,
        client: Any,
        way: _Way,
        operation: str,
        is_usual: Callable[[Any], bool],
        read_timeout: float | None,
    ) -> None:
        self._client = client
        self._way = way
        self._operation = operation
        self._is_usual = is_usual
        self._read_timeout = read_timeout

    def send(self, parameters: Mapping[str, Any]) -> Told | None:
        """Return boto's dict; ``None``, and nothing sent, where botocore has to sign."""
        body = _written(parameters).encode()
        context = {BEGUN: time.monotonic()}
        attempts = 0
        while True:
            # Role credentials renew themselves here, when they are about to end.
            credentials = self._client._request_signer._credentials  # noqa: SLF001 - as in patience
            identity = credentials and identity_of(credentials.get_frozen_credentials())
            if not identity:
                return None
            attempts += 1
            answer, error = self._attempt(identity, body)
            if answer is not None and answer.status_code == 200:
                told = _read(answer.content)
                if self._is_usual(told):
                    return {**told, "ResponseMetadata": _metadata(answer, attempts - 1)}
            response = self._parsed(answer, attempts - 1) if answer is not None else None
            pause = self._pause(response, error, attempts, context)
            if pause is None:
                return self._told(response, error)
            time.sleep(pause)

    def _attempt(self, identity: Any, body: bytes) -> tuple[HTTPAnswer | None, Exception | None]:
        from botocore.exceptions import BotoCoreError

        way = self._way
        head = way.endpoint.head(self._operation, identity, stamp_of(int(time.time())), body)
        try:
            return way.connections.exchange(head + body, read=self._read_timeout), None
        except BotoCoreError as error:
            return None, error

    @property
    def _model(self) -> Any:
        return self._client.meta.service_model.operation_model(self._operation)

    def _parsed(self, answer: HTTPAnswer, retries: int) -> tuple[HTTPAnswer, Told]:
        """Return the answer with what botocore reads in it."""
        from .._parsing import ParserFactory

        model = self._model
        parser = ParserFactory().create_parser(model.service_model.resolved_protocol)
        response = {
            "status_code": answer.status_code,
            "headers": answer.headers,
            "body": answer.content,
            "context": {"operation_name": self._operation},
        }
        told: Told = parser.parse(response, model.output_shape)
        told.setdefault("ResponseMetadata", {})["RetryAttempts"] = retries
        return answer, told

    def _pause(
        self,
        response: tuple[HTTPAnswer, Told] | None,
        error: Exception | None,
        attempts: int,
        context: dict[str, Any],
    ) -> float | None:
        """Return the seconds after which to send it again, as the handlers of the client say."""
        said = self._client.meta.events.emit(
            f"needs-retry.sqs.{self._operation}",
            response=response,
            endpoint=None,
            operation=self._model,
            attempts=attempts,
            caught_exception=error,
            request_dict={"context": context},
        )
        pauses = (pause for _, pause in said if pause is not None and pause is not False)
        return next(pauses, None)

    def _told(self, response: tuple[HTTPAnswer, Told] | None, error: Exception | None) -> Told:
        """Return what the last answer says, or raise what it or ``error`` is."""
        if response is None:
            raise error or RuntimeError("There is neither an answer nor an error.")
        answer, told = response
        if answer.status_code >= 300:
            code = told.get("Error", {}).get("Code")
            raise self._client.exceptions.from_code(code)(told, self._operation)
        answers.check(answer, told, self._model)
        return told


def _base64(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} is no value of SQS's.")


# Made once: json.dumps() would make one for each request.
_written = json.JSONEncoder(default=_base64).encode


def _read(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _is_batch(told: Any) -> bool:
    """Say whether this is an answer to a batch that needs no further look."""
    if not isinstance(told, dict) or told.keys().isdisjoint(_BATCH) or not told.keys() <= _BATCH:
        return False
    return all(
        isinstance(records, list) and all(isinstance(record, dict) for record in records)
        for records in told.values()
    )


_BATCH = frozenset({"Successful", "Failed"})


def _is_sent(told: Any) -> bool:
    """Say whether this is an answer to a message that was sent which needs no further look."""
    return (
        isinstance(told, dict)
        and "MessageId" in told
        and told.keys() <= _SENT
        and all(isinstance(value, str) for value in told.values())
    )


_SENT = frozenset(
    {
        "MessageId",
        "MD5OfMessageBody",
        "MD5OfMessageAttributes",
        "MD5OfMessageSystemAttributes",
        "SequenceNumber",
    }
)


def _is_plain(told: Any) -> bool:
    """Say whether this is an answer to a receive that needs no further look."""
    if not isinstance(told, dict) or not told.keys() <= {"Messages"}:
        return False
    messages = told.get("Messages", ())
    return isinstance(messages, list | tuple) and all(
        isinstance(message, dict)
        and message.keys() <= _PLAIN_MESSAGE
        and isinstance(message.get("Attributes", {}), dict)
        for message in messages
    )


def _metadata(answer: HTTPAnswer, retries: int) -> dict[str, Any]:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    made = {"HTTPStatusCode": answer.status_code, "HTTPHeaders": headers, "RetryAttempts": retries}
    if request_id := headers.get("x-amzn-requestid"):
        return {"RequestId": request_id, **made}
    return made


def _received(told: Told, *, all_attributes: bool) -> Received:
    """Part the messages that are as SQS has them from those that changed on the way."""
    good: list[Any] = []
    damaged: list[dict[str, Any]] = []
    fault: ServiceError | None = None
    for message in told.get("Messages") or ():
        found = fault_of_received(message, all_attributes=all_attributes)
        if found is None:
            good.append(message)
            continue
        fault = found
        logger.warning("A received message is not given out: %s", fault)
        damaged.append(
            {"MessageId": message.get("MessageId"), "Code": fault.code, "Message": str(fault)}
        )
    metadata = told.get("ResponseMetadata") or {}
    return Received(messages=good, damaged=damaged, metadata=metadata, fault=fault)
