#!/bin/sh
# Installs Google's JavaScript library, and a Node that it runs on, beside its tests. Says plainly what is missing.
set -eu
cd "$(dirname "$0")/../tests/contract/js"
if ! command -v npm >/dev/null; then
  printf '%s\n' "npm is missing; the tests with Google's JavaScript library need it." \
    "Debian or Ubuntu:  sudo apt-get install npm" \
    "macOS:             brew install node" >&2
  exit 1
fi
npm ci --loglevel=error
