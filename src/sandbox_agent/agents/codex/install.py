"""Where Codex's CLI comes from. Its npm package has a version of its own for each platform; wheels lag behind."""

from __future__ import annotations

from sandbox_agent.adapter import Install

__all__ = ["INSTALL"]

_TRIPLES = {
    "darwin-arm64": "aarch64-apple-darwin",
    "darwin-x64": "x86_64-apple-darwin",
    "linux-arm64": "aarch64-unknown-linux-musl",
    "linux-x64": "x86_64-unknown-linux-musl",
}
# The builds for Linux are static, so they run with any libc.
_PLATFORMS = {name: name.removesuffix("-musl") for name in (*_TRIPLES, "linux-arm64-musl", "linux-x64-musl")}
_WHEELS = ("0.160.1", "0.161.0", "0.162.1", "0.163.0")

INSTALL = Install(
    version="0.169.0",
    executable="bin/codex",
    npm=dict.fromkeys(_PLATFORMS, "@openai/codex"),
    npm_suffix={name: f"-{build}" for name, build in _PLATFORMS.items()},
    npm_path={name: f"vendor/{_TRIPLES[build]}" for name, build in _PLATFORMS.items()},
    pip="openai-codex-cli-bin",
    pip_versions={version: version for version in _WHEELS},
    pip_path="codex_cli_bin/bin/codex",
)
