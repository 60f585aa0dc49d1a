# Everything a person does here is one word. `make help` lists the words.
.DEFAULT_GOAL := help
PROMPT ?= a pig with wings and a top hat over a futuristic city, golden hour
export PROMPT
ARGS ?= --aspect 16:9
VENV := .venv
BIN := $(VENV)/bin
SETUP := sh scripts/setup.sh

run: $(VENV)/.installed ## make a picture, with no key and no network: make run PROMPT="…"
	@$(BIN)/limner generate $(ARGS) --connection sandbox --out pictures/ -- "$$PROMPT"

test: $(VENV)/.installed-dev ## install the test tools and run the whole suite
	$(BIN)/python -m pytest -n 2 -m "not slow and not browser and not faults and not contract"

check: $(VENV)/.installed-dev ## format, lint, types; the layers and sizes are tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_structure.py

slow: $(VENV)/.installed-dev ## run every example of the docs, and what needs real processes, databases and storage servers
	$(BIN)/python -m pytest -n 2 -q -m slow

browser: $(VENV)/.installed-dev tests/browser/js/node_modules/.package-lock.json ## use the studio in a real browser, with keys, on a phone, across a killed server
	@sh scripts/need_chromium.sh
	$(BIN)/python -m pytest -q -m browser tests/browser

faults: $(VENV)/.installed-dev ## break the program at every system call and cut its power: nothing lost, nothing paid twice
	@sh scripts/need_strace.sh
	$(BIN)/python -m pytest -q -s -m faults tests/faults

contract: $(VENV)/.installed-dev tests/contract/js/node_modules/.package-lock.json ## let Google's Python and JavaScript libraries judge the server
	$(BIN)/python -m pytest -q -m contract tests/contract

conformance: $(VENV)/.installed-dev ## run the tests that Google ships with its library against the server
	$(BIN)/python -m scripts.conformance

fmt: $(VENV)/.installed-dev ## format the code and mend what lint can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

gen: $(VENV)/.installed-dev ## make the generated pages and pictures of the docs anew
	$(BIN)/python scripts/generate_docs.py

bench: $(VENV)/.installed-bench ## measure speed and memory side by side with google-genai and plain requests
	$(BIN)/python -m benchmarks

live: $(VENV)/.installed-dev ## the same contract against Google, with a key; says first what it costs
	$(BIN)/python scripts/live.py

lock: $(VENV)/.installed-dev ## pin every dependency anew, with hashes and without addresses
	sh scripts/lock.sh

clean: ## remove what was installed and built here
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .hypothesis

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.installed: pyproject.toml requirements/run.txt scripts/setup.sh
	@$(SETUP) $(VENV) run

$(VENV)/.installed-dev: pyproject.toml requirements/dev.txt scripts/setup.sh
	@$(SETUP) $(VENV) dev

$(VENV)/.installed-bench: pyproject.toml requirements/bench.txt scripts/setup.sh
	@$(SETUP) $(VENV) bench

tests/contract/js/node_modules/.package-lock.json: tests/contract/js/package-lock.json scripts/setup_js.sh
	@sh scripts/setup_js.sh tests/contract/js

tests/browser/js/node_modules/.package-lock.json: tests/browser/js/package-lock.json scripts/setup_js.sh
	@sh scripts/setup_js.sh tests/browser/js

.PHONY: run test check slow browser faults contract conformance fmt gen bench live lock clean help
