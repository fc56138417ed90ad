# geoservice: set-up, start, tests. `make help` lists the targets.
#
# Everything is kept below this folder: the environment in .venv, the web assets in geoservice/assets/vendor,
# the register in data/. What is done already is not done again: a second run takes about a second.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV ?= .venv
PY = $(VENV)/bin/python
STAMPS = $(VENV)/.stamps
# `make wheel ASSETS=prebuilt` takes the web assets as they stand, on a machine without Node.js.
ASSETS ?=
MANIFEST = geoservice/assets/vendor/manifest.json
NODE_STAMP = geoservice/assets/node_modules/.package-lock.json
# What layers are read from in a tenth of the time.
LAYERS = $(wildcard layers/data/*.geojson)
PACKED = $(LAYERS:.geojson=.packed)
FONTS = $(shell sed -n 's/^ *"\([^"]*\.[ot]tf\)":.*/styles\/fonts\/\1/p' geoservice/assets/fonts.json 2>/dev/null)
# pip compiles one file after another; compileall takes all cores. Where PYTHONDONTWRITEBYTECODE is set, importing
# geopandas from sources takes 1.9 s instead of 0.5 s, so the files are written here.
PIP = $(PY) -m pip --disable-pip-version-check install --quiet --no-compile
COMPILE = $(PY) -m compileall -q -j0 -x '/tests/|/lib2to3/'

##@ Use
.PHONY: setup
setup: env assets dev ## all that serve and test need; the environment is made in .venv
	-@.ci/need browser
	-@.ci/need poppler
	-@.ci/need gdal

.PHONY: serve
serve: env assets ## start the service; HOST=, PORT= and DATA= choose its address and data folder
	exec $(VENV)/bin/geoservice serve $(if $(HOST),--host '$(HOST)') $(if $(PORT),--port '$(PORT)') $(if $(DATA),--data '$(DATA)')

.PHONY: env
env: $(STAMPS)/project $(PACKED) ## the Python side alone: import, check, export; no pages, no fonts for sheets

.PHONY: assets
assets: ## the web assets alone: needs Node.js 18 or newer
ifneq ($(ASSETS),prebuilt)
assets: $(MANIFEST) $(FONTS)
else
	@.ci/need assets
endif

##@ Work
.PHONY: test
test: env assets dev ## the whole suite, with all that it needs
	@.ci/need browser
	@.ci/need poppler
	@.ci/need gdal
	$(PY) -m pytest $(PYTEST_ARGS)

.PHONY: lint
lint: env dev $(NODE_STAMP) ## style, types and the direction of dependencies; our scripts and style sheets
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	cd geoservice/assets && node_modules/.bin/eslint --max-warnings 0 .

.PHONY: bench
bench: env assets dev ## medians and ratios; BENCH="startup concentration" chooses some
	$(PY) -m benchmarks $(BENCH)

.PHONY: dev
dev: $(STAMPS)/dev ## what tests, linters and benchmarks need besides

.PHONY: pictures
pictures: setup dev ## the pictures of the README, drawn anew
	$(PY) .ci/pictures.py

.PHONY: lock
lock: $(STAMPS)/venv ## bring constraints*.txt up to pyproject.toml; UPGRADE=1 takes newer versions
	$(PY) .ci/lock.py $(if $(UPGRADE),--upgrade)

.PHONY: wheel
wheel: assets $(STAMPS)/runtime $(PACKED) ## build dist/*.whl with layers, styles and web assets inside
	rm -rf dist
	$(PY) -m pip --disable-pip-version-check wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

.PHONY: install-wheel
install-wheel: wheel ## build the wheel and install it, with the lock, into the environment VENV=
	$(PIP) --force-reinstall --no-deps dist/*.whl
	$(COMPILE) $(VENV)/lib

.PHONY: clean
clean: ## remove what was built and all caches; the environment and the data stay
	rm -rf build dist layers/data/*.packed geoservice/assets/vendor .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache tests/output
	find geoservice tests benchmarks layers -name __pycache__ -prune -exec rm -rf {} +

.PHONY: distclean
distclean: clean ## remove the environment and node_modules too; the data stay
	rm -rf $(VENV) geoservice/assets/node_modules

.PHONY: help
help: ## this list
	@awk 'BEGIN { FS = ":.*## " } /^##@/ { printf "\n%s\n", substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# -- how ----------------------------------------------------------------------------------------------------------

$(STAMPS)/venv:
	@.ci/need venv '$(VENV)' $(PYTHON)
	@mkdir -p $(STAMPS) && touch $@

# The lock is installed as a list of requirements, not with -c: the pip of Debian 12 refuses hashes in a -c file,
# and --require-hashes is what refuses a download whose hash is not in the lock.
$(STAMPS)/runtime: constraints.txt | $(STAMPS)/venv
	@echo "Installing the packages of constraints.txt into $(VENV) (about a minute the first time)"
	$(PIP) --require-hashes --requirement constraints.txt
	$(COMPILE) $(VENV)/lib
	@touch $@

$(STAMPS)/project: pyproject.toml $(STAMPS)/runtime
	$(PIP) --no-deps --no-build-isolation --editable .
	$(PY) -m compileall -q -x node_modules geoservice
	@touch $@

$(PACKED) &: $(LAYERS) geoservice/packed.py geoservice/geojson.py | $(STAMPS)/runtime
	$(PY) -m geoservice.packed $(LAYERS)

$(STAMPS)/dev: constraints-dev.txt $(STAMPS)/runtime
	@echo "Installing the packages of constraints-dev.txt into $(VENV)"
	$(PIP) --require-hashes --requirement constraints.txt --requirement constraints-dev.txt
	$(COMPILE) $(VENV)/lib
	@touch $@

# npm writes this file last, so it tells that an installation was completed.
$(NODE_STAMP): geoservice/assets/package.json geoservice/assets/package-lock.json
	@.ci/need node
	cd geoservice/assets && npm ci --ignore-scripts --no-update-notifier --no-audit --no-fund --loglevel=error
	@touch $@

# A build that fails leaves the assets and fonts of the last one, which a service may be using.
.PRECIOUS: $(MANIFEST) $(FONTS)

$(MANIFEST) $(FONTS) &: $(NODE_STAMP) $(wildcard geoservice/assets/*.mjs geoservice/assets/*.json) $(shell find geoservice/assets/own -type f 2>/dev/null)
	cd geoservice/assets && node build.mjs
	@touch -c $(MANIFEST) $(FONTS)
