#!/bin/sh
# The fault tests break the program at its system calls with strace (Linux only). Installs it where that is allowed.
set -eu
command -v strace >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq && apt-get install -y -qq strace >/dev/null && exit 0
fi
echo "strace is missing, and the fault tests need it. Install it with:  sudo apt-get install strace" >&2
exit 1
