from __future__ import annotations

from pathlib import Path

from sandbox_agent.runtime.install.environment import client_environment, probe_environment

KEYS = {
    "ANTHROPIC_API_KEY": "a",
    "ANTHROPIC_AUTH_TOKEN": "a",
    "CLAUDE_CODE_OAUTH_TOKEN": "a",
    "CLAUDECODE": "1",
    "OPENAI_API_KEY": "a",
    "CODEX_API_KEY": "a",
    "SOMEBODYS_API_KEY": "a",
    "SANDBOX_AGENT_TOKEN": "a",
}
OF_THE_CLIENT = {
    "PATH": "/bin",
    "HOME": "/home/u",
    "HTTPS_PROXY": "http://127.0.0.1:3128",
    "NODE_EXTRA_CA_CERTS": "/ca.pem",
    "NODE_AUTH_TOKEN": "of the registry",
    "npm_config_registry": "http://127.0.0.1:4873/",
    "PIP_INDEX_URL": "http://127.0.0.1:4874/",
}
ELSEWHERE = {
    "npm_lifecycle_event": "test",
    "npm_package_name": "x",
    "npm_config_prefix": "/usr",
    "NPM_CONFIG_GLOBAL": "true",
    "INIT_CWD": "/x",
    "PIP_TARGET": "/x",
    "PIP_USER": "1",
    "PIP_CONSTRAINT": "/x",
}


def test_a_package_client_gets_its_own_settings_and_no_key() -> None:
    env = client_environment(KEYS | OF_THE_CLIENT | ELSEWHERE, Path("/scratch"))
    assert env == OF_THE_CLIENT | {
        "TMPDIR": "/scratch",
        "CI": "1",
        "NO_UPDATE_NOTIFIER": "1",
        "NO_COLOR": "1",
        "PIP_USER": "0",
        "PIP_REQUIRE_VIRTUALENV": "0",
    }


def test_an_agent_that_tells_its_version_gets_next_to_nothing() -> None:
    env = probe_environment(KEYS | OF_THE_CLIENT | {"LANG": "C.UTF-8"}, Path("/none"))
    assert env == {"PATH": "/bin", "LANG": "C.UTF-8", "HOME": "/none", "TMPDIR": "/none"}
