#!/bin/sh
# Installs Limner into a virtual environment: setup.sh FOLDER run|dev|bench
# Needs Python 3.11 or newer and the internet once. Says plainly what is missing.
set -eu
venv=$1
set_name=$2

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

find_python() {
  for name in ${PYTHON:-} python3.14 python3.13 python3.12 python3.11 python3; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  return 1
}

make_venv() {
  "$python" -m venv "$venv" >/dev/null 2>&1 && return
  rm -rf "$venv"
  # Debian and Ubuntu ship Python without its venv module.
  version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing python$version-venv ..."
    apt-get update -qq && apt-get install -y -qq "python$version-venv" >/dev/null || true
    "$python" -m venv "$venv" && return
  fi
  fail "Python's venv module is missing." \
    "Install it with:  sudo apt-get install python$version-venv" \
    "then run make again."
}

if [ ! -x "$venv/bin/python" ]; then
  python=$(find_python) || fail "Limner needs Python 3.11 or newer, and none was found." \
    "Debian or Ubuntu:  sudo apt-get install python3 python3-venv" \
    "macOS:             brew install python"
  echo "Setting up $venv with $("$python" --version) ..."
  make_venv
fi

pip="$venv/bin/python -m pip --disable-pip-version-check --quiet"
echo "Installing what is needed (once) ..."
$pip install --require-hashes --requirement "requirements/$set_name.txt"
$pip install --no-deps --no-build-isolation --editable .
touch "$venv/.installed"
[ "$set_name" = run ] || touch "$venv/.installed-dev"
[ "$set_name" != bench ] || touch "$venv/.installed-bench"
