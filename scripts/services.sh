#!/usr/bin/env bash
# Programs that the tests run and that come neither through pip nor through npm: installed from Debian's packages where
# they are missing. Does nothing when all are there.
set -euo pipefail

missing=()
need() { command -v "$1" >/dev/null || missing+=("$2"); }

need node nodejs
need openssl openssl
need caddy caddy
need npm npm
need chromium chromium
PATH="$PATH:/usr/sbin" need nginx nginx-light
need debootstrap debootstrap
need objdump binutils
need shellcheck shellcheck
compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || missing+=(postgresql)
need redis-server redis-server
compgen -G "/usr/lib/*/faketime/libfaketimeMT.so.1" >/dev/null || missing+=(libfaketime)
need zsh zsh
need fish fish

((${#missing[@]})) || exit 0
if ! command -v apt-get >/dev/null || ((EUID != 0)); then
  echo "The tests need: ${missing[*]}. Install them (on Debian and Ubuntu, as root: apt-get install ${missing[*]})." >&2
  exit 1
fi
echo "Installing ${missing[*]} ..."
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
