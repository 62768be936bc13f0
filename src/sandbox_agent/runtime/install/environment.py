"""What the programs we run while installing may know: package clients no model keys, agents nothing at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

__all__ = ["client_environment", "probe_environment"]

_SECRETS = re.compile(
    r"^(ANTHROPIC|CLAUDE|OPENAI|CODEX|AMP|GEMINI|OPENROUTER|GROQ|MISTRAL|DEEPSEEK|XAI|AZURE_OPENAI|SANDBOX_AGENT)_"
    r"|_API_KEY$|^CLAUDECODE$"
)
"""A registry's own credentials have other names and do reach its client."""

_NPM_OUTER = re.compile(
    r"^(npm_(lifecycle|package)_.*|npm_(command|execpath|node_execpath)|INIT_CWD"
    r"|npm_config_(prefix|local_prefix|global|global_prefix|location|dry_run|workspaces?|omit|include|only|production"
    r"|package_lock|package_lock_only|os|cpu|libc|user_agent|init_module|before|save.*|install_.*))$",
    re.IGNORECASE,
)
"""What an `npm run` around us tells its children: it would send our files elsewhere."""

_PIP_OUTER = re.compile(
    r"^(PIP_(TARGET|PREFIX|ROOT|USER|DRY_RUN|REQUIRE_VIRTUALENV|NO_BINARY|ONLY_BINARY|CONSTRAINT|REQUIREMENT"
    r"|PLATFORM|PYTHON_VERSION|IMPLEMENTATION|ABI|REPORT|EDITABLE|UPGRADE|PYTHON)"
    r"|UV_(CONSTRAINT|OVERRIDE|NO_BINARY|NO_BUILD|SYSTEM_PYTHON|PYTHON|PROJECT|EXCLUDE_NEWER))$"
)
"""Settings that a user has for other packages and that contradict how we ask."""

_NEEDED = re.compile(r"^(PATH|LANG|LC_.*|TERM|LD_LIBRARY_PATH|NIX_LD.*)$")


def client_environment(environ: Mapping[str, str], scratch: Path) -> dict[str, str]:
    """The environment of npm, pip or uv: the user's set-up of that client without what is none of its business.

    `scratch`: where its temporary files go, so that they end with the installation and are on the same device.
    """
    outer = (_SECRETS, _NPM_OUTER, _PIP_OUTER)
    kept = {name: value for name, value in environ.items() if not any(one.search(name) for one in outer)}
    return kept | {
        "TMPDIR": str(scratch),
        "CI": "1",
        "NO_UPDATE_NOTIFIER": "1",
        "NO_COLOR": "1",
        "PIP_USER": "0",
        "PIP_REQUIRE_VIRTUALENV": "0",
    }


def probe_environment(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """The environment of an agent that is only asked for its version: no key, no real home."""
    kept = {name: value for name, value in environ.items() if _NEEDED.match(name)}
    return kept | {"HOME": str(home), "TMPDIR": str(home)}
