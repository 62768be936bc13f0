"""Where a session's agent works."""

from __future__ import annotations

from pathlib import Path

from sandbox_agent.runtime.files.failures import Outside
from sandbox_agent.runtime.files.looking import look
from sandbox_agent.runtime.files.root import Root
from sandbox_agent.schema.errors import ApiError, InvalidRequest, PermissionDenied

__all__ = ["working_directory"]


def working_directory(default: str, named: str | None, fs_root: Path | None) -> str:
    """The absolute path of a session's working directory.

    A relative name begins at `default`, the daemon's own directory, or at the file root when that is not inside it.
    Raises `InvalidRequest` for what is no folder and `PermissionDenied` for what is outside the file root.
    """
    root = Root(fs_root)
    path = Path(_base(root, default), named or "")
    try:
        status = look(root, str(path))
    except PermissionDenied:
        raise
    except (ApiError, ValueError) as error:
        raise _no_folder(named) from error
    if status.entry_type != "directory":
        raise _no_folder(named)
    return status.path


def _base(root: Root, default: str) -> str:
    try:
        root.parts(default)
    except Outside:
        return root.path
    return default


def _no_folder(named: str | None) -> InvalidRequest:
    return InvalidRequest(f"path is not a directory: {named}", hint="`directory` must exist on the server")
