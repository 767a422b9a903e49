from __future__ import annotations

import pytest

from philo_aws.exceptions import InvalidRequestError
from philo_aws.limits import MAX_OBJECT_SIZE
from philo_aws.s3.request.sizes import check_size


@pytest.mark.parametrize("size", [0, 1, MAX_OBJECT_SIZE])
def test_what_an_object_can_have(size: int) -> None:
    check_size(size)


@pytest.mark.parametrize("size", [-1, MAX_OBJECT_SIZE + 1])
def test_what_it_cannot_have_is_refused_with_the_limit(size: int) -> None:
    with pytest.raises(InvalidRequestError, match=r"48\.8 TiB") as caught:
        check_size(size)
    assert caught.value.code == "EntityTooLarge"
