"""Whatever boto3 and the system raise, turned into the errors of this package.

botocore is imported where there is an error of its own, and not before.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from django.utils.translation import gettext_noop

from ._frames import cut, passed
from .exceptions import AWSError, Context, LocalFileError, is_reading
from .sentences import Sentence


@contextlib.contextmanager
def translated(**context: str | None) -> Iterator[None]:
    """Turn botocore's and the operating system's errors of the block into :class:`AWSError`.

    The keywords are the fields of :class:`Context`. What is no such error passes unchanged.
    """
    try:
        yield
    except AWSError:
        raise
    except Exception as error:
        made = translate(error, **context)
        if made is None:
            raise
        try:
            raise made from error
        finally:
            # Else the error holds this frame and the frame the error, and with them all that the
            # callers hold until the garbage is collected.
            del made


def translate(error: BaseException, **context: str | None) -> AWSError | None:
    """Return the :class:`AWSError` for ``error``; ``None`` where neither AWS nor the OS made it."""
    if isinstance(error, AWSError):
        return error
    where = Context(**{key: value for key, value in context.items() if value})
    made = _translate(error, where)
    if made is not None and is_reading(where.operation):
        made.of_reading = True
    return made


def _translate(error: BaseException, where: Context) -> AWSError | None:
    if type(error).__module__.partition(".")[0] in ("botocore", "boto3", "s3transfer"):
        from .boto_errors import from_botocore

        cut(error)
        return from_botocore(error, where)
    if passed(error, "botocore.credentials"):
        from .boto_errors import no_credentials

        # What becomes of a program that prints no keys, or old ones, has no class of botocore's.
        cut(error)
        return no_credentials(error)
    if isinstance(error, OSError):
        cut(error)
        return _from_os(error, where)
    return None


def _from_os(error: OSError, where: Context) -> AWSError:
    name = error.filename if error.filename is not None else where.filename
    shown = repr(name.decode(errors="replace") if isinstance(name, bytes) else str(name or ""))
    reasons: dict[type[OSError], str] = {
        FileNotFoundError: gettext_noop("There is no file or folder {file}. Check the path."),
        IsADirectoryError: gettext_noop(
            "{file} is a folder, not a file. Use upload_dir for folders."
        ),
        NotADirectoryError: gettext_noop(
            "{file} is not a folder. Use upload_file for single files."
        ),
        PermissionError: gettext_noop(
            "{file} cannot be opened: permission denied. Check its owner and mode."
        ),
    }
    template = reasons.get(type(error), gettext_noop("{file} cannot be used: {cause}."))
    made = LocalFileError(Sentence(template, file=shown, cause=error.strerror or str(error)))
    made.errno = error.errno
    return made
