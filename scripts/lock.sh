#!/bin/sh
# Pins every dependency with its hashes, for every platform, and without the address of any registry.
set -eu
uv="${UV:-.venv/bin/uv}"
[ -x "$uv" ] || .venv/bin/pip install --quiet uv
pin() {
  "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-header --no-emit-index-url --no-annotate "$@"
}
build="$(mktemp)"
printf 'hatchling>=1.27\neditables\n' >"$build"
# The test server for S3 (moto) does not take python-dateutil 3 yet; dbos takes either.
printf 'python-dateutil<3\n' >>"$build"
pin pyproject.toml "$build" --output-file requirements/run.txt
pin pyproject.toml "$build" --group dev --constraint requirements/run.txt --output-file requirements/dev.txt
pin pyproject.toml "$build" --group dev --group bench --constraint requirements/dev.txt --output-file requirements/bench.txt
rm "$build"
