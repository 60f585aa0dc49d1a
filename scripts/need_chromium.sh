#!/bin/sh
# The browser tests drive the system's own Chromium. Installs it where that is allowed.
set -eu
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null && exit 0
fi
echo "Chromium is missing, and the browser tests need it. Install it with:  sudo apt-get install chromium" >&2
exit 1
