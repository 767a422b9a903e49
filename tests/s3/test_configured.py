"""The table of what can be set."""

from __future__ import annotations

from philo_aws import s3
from philo_aws.clients import get_session
from philo_aws.management import s3_configuration
from philo_aws.s3.configured import CONFIGURABLES
from philo_aws.s3.request.extra_args import parameters_of


def test_it_names_what_boto_has() -> None:
    operations = get_session().get_service_model("s3").operation_names
    methods = {name.lower() for name in operations}
    for name, kind in CONFIGURABLES.items():
        for method in (f"get_{name}", f"put_{name}", kind.delete):
            assert not method or method.replace("_", "") in methods
        [put] = [each for each in operations if each.lower() == f"put_{name}".replace("_", "")]
        assert {kind.parameter, *kind.beside} <= parameters_of(put)


def test_every_one_is_a_function_and_an_action() -> None:
    wanted = {
        function
        for name, kind in CONFIGURABLES.items()
        for function in (f"get_{name}", f"put_{name}", kind.delete)
        if function
    }
    assert wanted <= set(s3.__all__)
    assert {action.name for action in s3_configuration.ACTIONS} == wanted


def test_tags_that_are_awss_own_are_put_back() -> None:
    given = {"TagSet": [{"Key": "aws:cloudformation:stack-name", "Value": "web"}]}
    assert CONFIGURABLES["bucket_tagging"].arguments(given) == {"Tagging": given}
