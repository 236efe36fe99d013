# `make demo` shows the toolkit, `make test` tests it, `make lab` opens it; `make help` lists the rest.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$python; break; }; done)
BIN := .venv/bin
PY := $(BIN)/python

# Two at a time: most tests wait for processes. A file's tests stay together, and in order.
SIDE_BY_SIDE := -n 2 --dist loadfile

EVERYTHING := @modelcontextprotocol/server-everything@2026.8.31
FILESYSTEM := @modelcontextprotocol/server-filesystem@2026.8.31
AXE := axe-core@4.14.1
CONFORMANCE := @modelcontextprotocol/conformance@0.2.0-alpha.12 node@24
OIDC := oidc-provider@9.13.3 node@24
TIME := mcp-server-time==2026.10.19
GIT := mcp-server-git==2026.10.19

.DEFAULT_GOAL := help
.PHONY: help demo lab test check format audit bench conformance lowest node servers clean

help: ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|'

demo: .venv/demo.stamp ## run the quickstart notebook in a real kernel, show it, write build/quickstart.html
	$(PY) notebooks/demo.py notebooks/quickstart.ipynb build/quickstart.html

lab: .venv/lab.stamp ## open JupyterLab on notebooks/
	$(BIN)/jupyter lab --notebook-dir=notebooks

test: .venv/test.stamp node servers ## build what the tests need and run them all: make test ARGS='-k grammar'
	$(PY) -m pytest $(SIDE_BY_SIDE) $(ARGS)

check: .venv/test.stamp ## style, types, and the direction of imports
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	$(PY) -m pytest -q tests/test_imports_point_down.py

format: .venv/test.stamp ## lay the code out
	$(PY) -m ruff check --fix
	$(PY) -m ruff format

audit: .venv/test.stamp ## published advisories for the dependencies, where they can be asked for
	PYTHONPATH=tests $(PY) -m support.advisories

bench: .venv/test.stamp node ## measure against the plain SDK
	$(PY) -m benchmarks $(ARGS)

conformance: .venv/test.stamp node ## the official client suite alone: make conformance ARGS='--scenario sse-retry --revision 2025-11-25'
	PYTHONPATH=tests $(PY) -m conformance $(ARGS)

lowest: build/lowest/test.stamp ## the tests that need no kernel, with the oldest dependencies allowed
	build/lowest/bin/python -m pytest -q -m 'not kernel and not node and not terminal' \
		-W 'ignore::DeprecationWarning' -W 'ignore::PendingDeprecationWarning' -W 'ignore::FutureWarning' $(SIDE_BY_SIDE) $(ARGS)

clean: ## remove what make built
	rm -rf .venv build

node: $(if $(shell command -v npm),build/node/test.stamp build/conformance/test.stamp build/oidc/test.stamp) ## what the tests need from npm, where npm is there

build/node/test.stamp: Makefile
	mkdir -p build/node
	npm install --prefix build/node --no-fund --no-audit --loglevel=error $(EVERYTHING) $(FILESYSTEM) $(AXE)
	touch $@

# The conformance suite does not run on Node 20; npm has a newer one.
build/conformance/test.stamp: Makefile
	mkdir -p build/conformance
	npm install --prefix build/conformance --no-fund --no-audit --loglevel=error $(CONFORMANCE)
	touch $@

# A certified OpenID provider, for a login at an authorization server nobody here wrote; it wants a newer Node too.
build/oidc/test.stamp: Makefile
	mkdir -p build/oidc
	npm install --prefix build/oidc --no-fund --no-audit --loglevel=error $(OIDC)
	touch $@

servers: build/servers/test.stamp ## the Python servers the tests talk to, in an environment of their own

build/servers/test.stamp: Makefile | .venv/test.stamp
	$(PY) -m uv venv --quiet --clear --python $(PY) build/servers
	$(PY) -m uv pip install --quiet --python build/servers/bin/python $(TIME) $(GIT)
	touch $@

# An environment per purpose would be slow to build: one .venv, a stamp for each set of extras in it.
.venv/%.stamp: pyproject.toml | $(PY)
	$(PY) -m pip install -qq --disable-pip-version-check --editable '.[$*]'
	touch $@

$(PY):
	@test -n '$(PYTHON)' || { echo 'Python 3.11 or later is needed: make $(MAKECMDGOALS) PYTHON=/path/to/python3'; exit 1; }
	$(PYTHON) -m venv .venv

build/lowest/test.stamp: pyproject.toml .venv/test.stamp
	$(PY) -m uv venv --quiet --clear --python $(PY) build/lowest
	$(PY) -m uv pip install --quiet --python build/lowest/bin/python --resolution lowest-direct --editable '.[test]'
	touch $@
