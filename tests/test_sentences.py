"""English where programs read, the person's language where people do."""

from __future__ import annotations

import copy
import pickle

from django.test import Client
from django.utils import translation
from pytest_django import Settings

from philo_aws._translation import from_code
from philo_aws.exceptions import Context
from philo_aws.sentences import Sentence, localized
from tests.admin.stores import refusal, serving


def test_a_sentence_is_a_string_and_knows_its_language() -> None:
    error = from_code("NoSuchBucket", 404, "", Context(bucket="media"))
    with translation.override("de"):
        assert str(error).startswith("There is no bucket 'media'")
        assert localized(error.message).startswith("Es gibt kein")
        assert "'media'" in localized(error.message)
    with translation.override("fr"):
        assert localized(error.message) == str(error)


def test_what_it_is_about_is_said_in_that_language_too() -> None:
    error = from_code("EntityTooLarge", 400, "", Context(bucket="b", key="{k}"))
    assert str(error) == "Object '{k}' in bucket 'b' is larger than AWS takes."
    with translation.override("de"):
        assert localized(error.message).startswith("Objekt '{k}' im Bucket 'b'")


def test_it_can_be_copied_and_sent_to_another_process() -> None:
    sentence = Sentence("{what} is full.", what="it")
    assert sentence == "It is full."
    for made in (copy.deepcopy(sentence), pickle.loads(pickle.dumps(sentence))):  # noqa: S301
        assert made == sentence
        assert made.localized() == sentence


def test_other_texts_stay_what_they_are() -> None:
    assert localized("as it is") == "as it is"


def test_pages_say_what_went_wrong_in_the_language_of_the_page(
    settings: Settings, admin_client: Client
) -> None:
    with serving(lambda asked: refusal(asked, "AccessDenied", 403, "Not you.")) as store:
        settings.AWS = store.settings()
        settings.LANGUAGE_CODE = "de"
        with translation.override("de"):
            response = admin_client.get("/admin/philo_aws/bucket/some-bucket/change/")
    body = response.content.decode()
    assert "AWS verweigert den Zugriff" in body
    assert "Not you." in body
    assert "AWS denied access" not in body
