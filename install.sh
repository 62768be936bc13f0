#!/bin/sh
# Installs Sandbox Agent for the current user, and says what it does.
#
#   sh install.sh                  install or update
#   sh install.sh --uninstall      undo all of it
#   sh install.sh --method METHOD  uv, pipx, venv or binary, instead of the first that works
#
# SANDBOX_AGENT_VERSION   a version instead of the newest
# SANDBOX_AGENT_MIRROR    where releases lie, a folder or an http(s) address: wheels, the portable executable and
#                         SHA256SUMS; without it the package comes from the index that uv, pipx or pip is set up for
# XDG_DATA_HOME, XDG_BIN_HOME   where things go; ~/.local/share and ~/.local/bin by default
set -eu

PACKAGE=sandbox-agent-py
COMMAND=sandbox-agent
EXECUTABLE=sandbox-agent-linux-x64

say() { printf '%s\n' "$*"; }
fail() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }
quiet() {
  if ! output=$("$@" 2>&1); then
    printf '%s\n' "$output" >&2
    fail "'$*' failed"
  fi
}

[ -n "${HOME:-}" ] || fail "HOME is not set, so there is no place to install to; set it and try again"
home_of_ours=${XDG_DATA_HOME:-$HOME/.local/share}/sandbox-agent/installed
bin=${XDG_BIN_HOME:-$HOME/.local/bin}
version=${SANDBOX_AGENT_VERSION:-}
mirror=${SANDBOX_AGENT_MIRROR:-}
wanted=$PACKAGE${version:+==$version}

usage() { sed -n '2,/^set -eu/{/^set -eu/d;s/^# \{0,1\}//;p;}' "$0"; }

python_for_us() {
  for each in python3 python3.13 python3.12 python3.11; do
    if have "$each" && "$each" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      say "$each"
      return
    fi
  done
  return 1
}

first_method() {
  if have uv; then
    say uv
  elif have pipx; then
    say pipx
  elif python_for_us >/dev/null; then
    say venv
  elif [ "$(uname -s)-$(uname -m)" = Linux-x86_64 ]; then
    say binary
  else
    fail "there is no uv, no pipx and no Python 3.11 or newer with venv here, and the portable executable is for Linux
on x86-64 only; install one of them and try again"
  fi
}

install_with_uv() {
  say "Installing $wanted with uv (as a tool of its own) ..."
  quiet env UV_TOOL_BIN_DIR="$bin" uv tool install --force ${mirror:+--find-links "$mirror"} "$wanted"
}

install_with_pipx() {
  say "Installing $wanted with pipx ..."
  quiet env PIPX_BIN_DIR="$bin" pipx install --force ${mirror:+--pip-args "--find-links $mirror"} "$wanted"
}

install_with_venv() {
  python=$(python_for_us) || fail "there is no Python 3.11 or newer with venv and pip here"
  say "Installing $wanted into an environment of its own, $home_of_ours/venv ..."
  quiet "$python" -m venv --clear "$home_of_ours/venv"
  quiet "$home_of_ours/venv/bin/python" -m pip --disable-pip-version-check install --quiet \
    ${mirror:+--find-links "$mirror"} "$wanted"
  link "$home_of_ours/venv/bin/$COMMAND"
}

install_with_binary() {
  [ -n "$mirror" ] || fail "set SANDBOX_AGENT_MIRROR to where the releases of Sandbox Agent lie, to get the portable
executable from there; or install uv, pipx or Python 3.11"
  say "Installing the portable executable from $mirror ..."
  draft=$home_of_ours/.draft
  rm -rf "$draft"
  mkdir -p "$draft"
  fetch "$EXECUTABLE" "$draft/$EXECUTABLE"
  fetch SHA256SUMS "$draft/SHA256SUMS"
  (cd "$draft" && grep " [ *]*$EXECUTABLE\$" SHA256SUMS | sha256sum -c - >/dev/null 2>&1) ||
    fail "$EXECUTABLE is not what SHA256SUMS says; it was cut short or changed on its way, nothing was installed"
  chmod 755 "$draft/$EXECUTABLE"
  mv -f "$draft/$EXECUTABLE" "$home_of_ours/$COMMAND"
  rm -rf "$draft"
  link "$home_of_ours/$COMMAND"
}

fetch() {
  from=$mirror${version:+/$version}/$1
  case $from in
    http://* | https://*)
      if have curl; then
        quiet curl -fsSL -o "$2" "$from"
      elif have wget; then
        quiet wget -q -O "$2" "$from"
      else
        fail "there is neither curl nor wget to fetch $from with"
      fi
      ;;
    *) quiet cp "$from" "$2" ;;
  esac
}

link() {
  mkdir -p "$bin"
  ln -sfn "$1" "$bin/$COMMAND"
}

uninstall() {
  [ -f "$home_of_ours/method" ] || fail "nothing that install.sh installed is here ($home_of_ours)"
  method=$(cat "$home_of_ours/method")
  case $method in
    uv) quiet uv tool uninstall "$PACKAGE" ;;
    pipx) quiet pipx uninstall "$PACKAGE" ;;
    *) rm -f "$bin/$COMMAND" ;;
  esac
  rm -rf "$home_of_ours"
  say "Sandbox Agent is uninstalled ($method). Agents it installed stay in ${home_of_ours%/installed}."
}

install() {
  mkdir -p "$home_of_ours"
  if [ -f "$home_of_ours/method" ] && [ "$(cat "$home_of_ours/method")" != "$1" ]; then
    say "Replacing what was installed with $(cat "$home_of_ours/method") before ..."
    (uninstall >/dev/null)
    mkdir -p "$home_of_ours"
  fi
  "install_with_$1"
  say "$1" >"$home_of_ours/method"
  found=$("$bin/$COMMAND" --version) || fail "$bin/$COMMAND is there but does not run"
  say "Installed $found as $bin/$COMMAND. Undo: sh install.sh --uninstall"
  case :$PATH: in
    *:"$bin":*) ;;
    *) say "$bin is not in your PATH: add it, or call the command by its full name." ;;
  esac
  say "Try it: $COMMAND run mock hello"
}

method=
while [ $# -gt 0 ]; do
  case $1 in
    --uninstall) uninstall && exit ;;
    --method)
      [ $# -gt 1 ] || fail "--method needs one of uv, pipx, venv, binary"
      method=$2
      shift
      ;;
    -h | --help) usage && exit ;;
    *) fail "unknown option $1; see sh install.sh --help" ;;
  esac
  shift
done
case ${method:=$(first_method)} in
  uv | pipx | venv | binary) install "$method" ;;
  *) fail "unknown method $method; there are uv, pipx, venv and binary" ;;
esac
