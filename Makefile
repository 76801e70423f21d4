# eBPF Hub for developers: `make` alone lists what there is. Everything runs in .venv, made by the first target that
# needs it with $(PYTHON) (3.11 or newer).

PYTHON ?= python3
BIN := .venv/bin
MYPY := MYPYPATH=.typing $(BIN)/mypy
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable

# How many tests run at once, and which: make test TESTS=tests/signing JOBS=1
JOBS ?= 2
TESTS ?= tests

# How many inputs `make fuzz` tries on each parser.
RUNS ?= 100000

.DEFAULT_GOAL := help
.PHONY: help demo test interop lint check format transcript screenshots bench fuzz types clean
.DELETE_ON_ERROR:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

demo: .venv/demo ## the whole path on this machine, as root: build, sign, publish, verify, run; and attacks
	@.ci/install-missing demo
	@$(BIN)/python -P -m ebpfhub.examples.demo

test: .venv/dev ## all tests, as root; TESTS=tests/signing for some, JOBS=1 for one at a time
	@.ci/install-missing demo test
	$(BIN)/python -P -m pytest --numprocesses=$(JOBS) --dist=loadscope $(TESTS)

interop: .venv/dev ## cosign, sigstore-js, oras and others, unmodified, against ours, and their vectors; of `make test` too
	@.ci/install-missing demo test
	@$(BIN)/python -P -m ebpfhub.tests.interop
	$(BIN)/python -P -m pytest --numprocesses=$(JOBS) --dist=loadscope tests/interop tests/conformance

lint: .venv/dev .typing/ebpfhub ## formatting, ruff, mypy (strict), import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(MYPY) -p ebpfhub
	$(BIN)/lint-imports

check: lint test ## what must pass before a commit: lint, then test

format: .venv/dev ## let ruff format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

transcript: .venv/demo ## run the demo, and put its output into README.md
	@.ci/install-missing demo
	@$(BIN)/python -P -m ebpfhub.examples.demo.transcript README.md

screenshots: .venv/dev ## take the documentation's pictures of a hub's pages anew, as root
	@.ci/install-missing demo test
	@$(BIN)/python -P -m ebpfhub.tests.browser.screenshots docs/screenshots

bench: .venv/demo ## measure beside the peers, and write bench/RESULTS.md; ROWS="S1 S3" for some
	@.ci/install-missing demo
	@$(BIN)/python -P -m ebpfhub.bench $(ROWS)

fuzz: .venv/fuzz ## search parsers of untrusted bytes for faults; NAMES="btf elf" for some, RUNS=1000000 inputs for each
	$(BIN)/python -P -m ebpfhub.tests.fuzz $(NAMES) --runs $(RUNS)

types: .venv/dev ## make the kernel types that come with ecli anew, from the newest Debian kernels (200 MB of downloads)
	$(BIN)/python -P -m ebpfhub.client.builder.vmlinux.derive

clean: ## remove what the other targets made
	rm -rf .venv .typing build dist *.egg-info
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is older than Python 3.11; name a newer one: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv .venv

# A stale build/ would ship files that are long gone, so it goes before every installation.
.venv/demo: pyproject.toml | .venv/bin/python
	rm -rf build
	$(INSTALL) '.[node,build]'
	@touch $@

.venv/dev: pyproject.toml | .venv/bin/python
	rm -rf build
	$(INSTALL) '.[dev]'
	@touch $@ .venv/demo

.venv/fuzz: pyproject.toml | .venv/bin/python
	rm -rf build
	$(INSTALL) '.[fuzz]'
	@touch $@

# Lets mypy see the checkout as the package `ebpfhub`, whatever its folder is called.
.typing/ebpfhub:
	@mkdir -p .typing
	@ln -sfn .. $@
