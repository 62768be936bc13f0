from __future__ import annotations

from sandbox_agent.agents.codex.install import INSTALL


def test_every_platform_has_a_package_a_version_and_a_folder() -> None:
    assert INSTALL.npm.keys() == INSTALL.npm_suffix.keys() == INSTALL.npm_path.keys()
    assert {"linux-x64", "linux-arm64", "linux-x64-musl", "darwin-arm64"} <= INSTALL.npm.keys()


def test_linux_builds_are_static_so_musl_has_the_same() -> None:
    assert INSTALL.npm_suffix["linux-x64-musl"] == INSTALL.npm_suffix["linux-x64"] == "-linux-x64"
    assert INSTALL.npm_path["linux-x64"] == "vendor/x86_64-unknown-linux-musl"
