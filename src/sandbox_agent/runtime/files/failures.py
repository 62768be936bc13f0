"""What the operating system says, in the words of the API.

Source: the 0.1.x contract: what is not there is a bad request, anything else that fails is a `stream_error`.
"""

from __future__ import annotations

import errno
from collections.abc import Generator
from contextlib import contextmanager

from sandbox_agent.schema.errors import ApiError, InvalidRequest, PermissionDenied, StreamError

__all__ = ["Outside", "explain", "explained", "not_a_file", "not_a_folder", "not_found"]


class Outside(Exception):
    """A path leads out of the file root."""


@contextmanager
def explained(path: str, *, making: bool = False) -> Generator[None]:
    """Turns what goes wrong with `path` into an `ApiError`. `making`: folders on the way are made when missing."""
    try:
        yield
    except Outside as error:
        message = f"outside the file root: {path}"
        raise PermissionDenied(details={"message": message}, hint="see --fs-root of the server") from error
    except NotADirectoryError as error:
        raise (not_a_folder if making else not_found)(path) from error
    except OSError as error:
        raise explain(error, path) from error


def explain(error: OSError, path: str) -> ApiError:
    """The error of the API for an error of the operating system."""
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return not_found(path)
        case errno.ELOOP:
            return InvalidRequest(f"too many symbolic links: {path}")
        case errno.ENAMETOOLONG:
            return InvalidRequest(f"path is too long: {path[:200]}...")
        case errno.ENOTEMPTY:
            return StreamError(f"directory is not empty: {path}", hint="recursive=true")
        case _:
            return StreamError(f"{path}: {error.strerror or error}", details={"message": error.strerror or str(error)})


def not_found(path: str) -> InvalidRequest:
    """Nothing is there."""
    return InvalidRequest(f"path not found: {path}")


def not_a_file(path: str) -> InvalidRequest:
    """A folder, a device, a pipe or a socket is there."""
    return InvalidRequest(f"path is not a file: {path}")


def not_a_folder(path: str) -> InvalidRequest:
    """Something else than a folder is there."""
    return InvalidRequest(f"path is not a directory: {path}")
