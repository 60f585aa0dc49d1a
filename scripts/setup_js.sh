#!/bin/sh
# Installs the JavaScript packages that tests need, in the folder that is named. Says plainly what is missing.
set -eu
cd "$(dirname "$0")/../$1"
if ! command -v npm >/dev/null; then
  printf '%s\n' "npm is missing; these tests need it." \
    "Debian or Ubuntu:  sudo apt-get install npm" \
    "macOS:             brew install node" >&2
  exit 1
fi
npm ci --loglevel=error
