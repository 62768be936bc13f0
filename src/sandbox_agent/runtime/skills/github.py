"""Repositories on GitHub, as archives: no git is needed. Used in threads.

Asked each time whether it changed, so a branch that moved is never served from the cache.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import IO
from urllib.parse import quote

import httpx

from sandbox_agent.runtime.skills.cache import SkillCache, key_of
from sandbox_agent.runtime.skills.limits import BYTES, SECONDS, too_much
from sandbox_agent.runtime.skills.naming import shown, source_error
from sandbox_agent.runtime.skills.unzip import unzip
from sandbox_agent.schema.api import SkillSource
from sandbox_agent.schema.errors import StreamError

__all__ = ["fetch_github"]

_REPOSITORY = re.compile(r"(?:https?://[^/\s]+/)?([\w.-]+)/([\w.-]+?)(?:\.git)?/?")
_NOT_MODIFIED = 304
_NOT_FOUND = frozenset({400, 401, 403, 404, 410, 422})


def fetch_github(source: SkillSource, cache: SkillCache, environ: Mapping[str, str]) -> tuple[Path, str]:
    """Where the repository is now, and its name. SANDBOX_AGENT_GITHUB_URL names another server than github.com.

    Raises `InvalidRequest` for what is not there or cannot be used, `StreamError` when the server does not answer.
    """
    match = _REPOSITORY.fullmatch(source.source)
    if match is None or ".." in match.groups():
        raise source_error(source, "{} is no repository", hint="write owner/name")
    owner, name = match.groups()
    base = (environ.get("SANDBOX_AGENT_GITHUB_URL") or "https://github.com").rstrip("/")
    url = f"{base}/{owner}/{name}/archive/{quote(source.ref or 'HEAD', safe='/')}.zip"
    try:
        with httpx.Client(follow_redirects=True, timeout=SECONDS) as http:
            return _fetch(source, cache, http, url), name
    except httpx.HTTPError as error:
        raise StreamError(f"{shown(source)} cannot be fetched: {type(error).__name__} {error}") from error


def _fetch(source: SkillSource, cache: SkillCache, http: httpx.Client, url: str) -> Path:
    known = cache.noted(key_of(url))
    present = cache.find(key_of(url, known)) if known else None
    headers = {"if-none-match": known} if present else {}
    with http.stream("GET", url, headers=headers) as response:
        if present is not None and response.status_code == _NOT_MODIFIED:
            return present
        if response.status_code in _NOT_FOUND:
            hint = "is it private? then name its URL with the type git, which uses your git credentials"
            at = f" at {source.ref}" if source.ref else ""
            raise source_error(source, f"{{}} is not there{at}", hint=hint)
        response.raise_for_status()
        with tempfile.TemporaryFile() as file:
            digest = _download(source, response, file)
            version = response.headers.get("etag") or digest
            path = cache.add(key_of(url, version), lambda folder: unzip(source, file, folder))
    cache.note(key_of(url), version)
    return path


def _download(source: SkillSource, response: httpx.Response, file: IO[bytes]) -> str:
    """The digest of what was written to the file."""
    size, digest = 0, sha256()
    for piece in response.iter_bytes():
        size += len(piece)
        if size > BYTES:
            raise too_much(source)
        digest.update(piece)
        file.write(piece)
    file.seek(0)
    return digest.hexdigest()
