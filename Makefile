# make run    sets up and starts Catalog Explorer         (PORT=8000 DATA_DIR=data DEMO=1 HOST=127.0.0.1)
# make test   sets up and runs every check and test       make lint      the fast checks alone
# make test-fast  runs the tests that need nothing but Python, without the large ones
# make test-newest  runs the tests of the clients with the newest release of each (.ci/nightly)
# make format writes code, templates, CSS and JavaScript as `make lint` wants them
# make bench  prints the measured tables of the README    make screenshots  pictures of the main pages
# make faults ROUNDS=10  kills processes, cuts the power, fills disks and damages files, and says what survived
# make oracle STEPS=100000  compares the rules with a second implementation, on SQLite and on PostgreSQL
# make cloud  installs what keeps files in object stores
# make lock   compiles pyproject.toml into the locks

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
UV_VERSION := 0.13.9
WITH_NODE := PATH="$(CURDIR)/$(BIN):$$PATH"
BIOME := $(VENV)/npm/node_modules/.bin/biome

export PORT DATA_DIR DEMO HOST

# Tests start many processes; without bytecode each of them compiles all packages anew.
unexport PYTHONDONTWRITEBYTECODE

STEPS ?= 2000
ROUNDS ?= 10

# What another database can change: pages are drawn, and texts read, the same way on each.
ON_POSTGRESQL := tests/accounts tests/oracle tests/registry tests/test_access_table.py tests/test_query_budget.py \
	$(patsubst %,tests/explorer/test_%.py,admin administration answers busy discussions pages search_page sign_in versions_table)

# What another storage can change: bytes in and out, and jobs that move them.
ON_S3 := tests/registry/api/test_files.py tests/registry/jobs/test_copying.py \
	tests/registry/services/artifacts/test_uploads_at_once.py tests/explorer/test_artifacts.py \
	tests/clients/test_databricks_uc.py tests/browser/test_main_job.py

# Releases of MLflow that the tests lead beside the one they import, each in an environment of its own.
RELEASES := $(patsubst tests/clients/releases/%.in,%,$(wildcard tests/clients/releases/*.in))
CLIENT_LOCKS := $(RELEASES:%=tests/clients/releases/%.lock) tests/clients/spark.lock
# Environments of clients: one for each of them, and one with a Spark.
CLIENTS := $(RELEASES:%=$(VENV)/mlflow-%) $(VENV)/spark
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

# Left out by path, since importing them takes seconds: a mark is read when that is done.
SLOW_TO_COLLECT := tests/clients tests/browser tests/faults tests/oracle \
	$(patsubst %,tests/registry/api/test_%.py,openapi nothing_dropped served_methods)

.PHONY: run cloud test test-fast coverage test-newest lint format bench faults screenshots oracle lock chromium postgresql redis e2fsprogs radosgw
.DEFAULT_GOAL := run

run: $(VENV)/product
	@exec $(BIN)/python manage.py up

cloud: $(VENV)/product requirements-cloud.lock
	@echo "Installing the packages for object stores …"
	@$(UV) pip install --quiet --no-deps --python $(BIN)/python --require-hashes -r requirements-cloud.lock

test: $(VENV)/tests $(CLIENTS) chromium postgresql redis e2fsprogs radosgw
	@set -e; DATA_DIR=$$(mktemp -d); export DATA_DIR; trap 'rm -rf "$$DATA_DIR"' EXIT; \
	$(MAKE) --no-print-directory lint; \
	$(BIN)/python -m pytest -n 2 --dist loadgroup --durations=40 --durations-min=5; \
	$(BIN)/python -m tests.postgresql $(BIN)/python -m pytest -n 2 --dist loadgroup -m "not product" $(ON_POSTGRESQL); \
	$(BIN)/python -m tests.s3 $(BIN)/python -m pytest -n 2 --dist loadgroup $(ON_S3)

test-fast: $(VENV)/tests
	@$(BIN)/python -m pytest -q -n 2 $(SLOW_TO_COLLECT:%=--ignore %) \
		-m "not large and not product and not broker and not cluster and not objects and not disks"

# By itself, since counting lines makes everything take half as long again.
coverage: $(VENV)/tests postgresql redis radosgw
	@$(BIN)/python -m pytest -q -n 2 --dist loadgroup -m "not client and not browser and not product and not disks" --cov --cov-report=term

test-newest: $(VENV)/tests $(CLIENTS)
	@$(UV) venv --quiet --clear --python $(BIN)/python $(VENV)/newest
	@$(UV) pip install --quiet --no-deps --python $(VENV)/newest/bin/python --require-hashes -r requirements-dev.lock
	@$(UV) pip install --quiet --python $(VENV)/newest/bin/python --upgrade mlflow databricks-sdk unitycatalog-client
	@$(UV) pip list --python $(VENV)/newest/bin/python | grep -E "^(mlflow|databricks-sdk|unitycatalog-client) "
	$(VENV)/newest/bin/python -m pytest -n 2 --dist loadgroup tests/clients

faults: $(VENV)/tests postgresql redis e2fsprogs
	$(BIN)/python -m tests.faults --rounds $(ROUNDS)

oracle: $(VENV)/tests postgresql
	ORACLE_STEPS=$(STEPS) $(BIN)/python -m pytest -s -m oracle tests/oracle
	ORACLE_STEPS=$(STEPS) $(BIN)/python -m tests.postgresql $(BIN)/python -m pytest -s -m oracle tests/oracle

lint: $(VENV)/tests $(BIOME)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/djangofmt --check templates
	$(BIN)/djangofmt check templates
	$(WITH_NODE) $(BIOME) check --error-on-warnings
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy
	$(BIN)/python manage.py makemigrations --check --dry-run

format: $(VENV)/tests $(BIOME)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/djangofmt check --fix templates
	$(BIN)/djangofmt templates
	$(WITH_NODE) $(BIOME) check --write

bench: $(VENV)/tests
	$(BIN)/python -m tests.benchmarks.transfer
	$(BIN)/python -m tests.benchmarks.registry
	$(BIN)/python -m tests.benchmarks.runs
	$(BIN)/python -m tests.benchmarks.pages
	$(BIN)/python -m tests.benchmarks.run_pages
	$(BIN)/python -m tests.benchmarks.lineage_pages
	$(BIN)/python -m tests.benchmarks.openlineage
	$(BIN)/python -m tests.benchmarks.hostile
	$(BIN)/python -m tests.benchmarks.copies

screenshots: $(VENV)/tests chromium
	$(BIN)/python -m tests.browser.screenshots screenshots

lock: $(UV) $(CLIENT_LOCKS)
	$(COMPILE) --output-file requirements.lock pyproject.toml
	$(COMPILE) --extra s3 --constraint requirements.lock --output-file requirements-cloud.lock pyproject.toml
	$(COMPILE) --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

tests/clients/spark.lock: tests/clients/spark.in $(UV)
	$(COMPILE) --no-config --output-file $@ $<

tests/clients/releases/%.lock: tests/clients/releases/%.in $(UV)
	$(COMPILE) --no-config $(patsubst %,--override %,$(wildcard $(@:.lock=.overrides))) --output-file $@ $<

# Debian keeps venv in a package of its own; root may install it, others are told.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed."; exit 1; }
	@$(PYTHON) -m venv $(VENV) 2>/dev/null \
		|| { [ "$$(id -u)" = 0 ] && apt-get update -q && apt-get install -qy python3-venv && $(PYTHON) -m venv --clear $(VENV); } \
		|| { echo "python3 -m venv does not work here: install the package python3-venv."; rm -rf $(VENV); exit 1; }

$(UV): $(BIN)/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $(UV)

$(VENV)/product: $(UV) requirements.lock
	@echo "Installing the product's packages …"
	@$(UV) pip install --quiet --no-deps --python $(BIN)/python --require-hashes -r requirements.lock
	@touch $@

$(VENV)/tests: $(UV) requirements-dev.lock
	@echo "Installing the packages of product and tests …"
	@$(UV) pip install --quiet --no-deps --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@touch $@ $(VENV)/product

define INSTALL_CLIENT
	@$(UV) venv --quiet --clear --python $(BIN)/python $@
	@$(UV) pip install --quiet --no-config --no-deps --python $@/bin/python --require-hashes -r $<
	@touch $@
endef

$(VENV)/mlflow-%: tests/clients/releases/%.lock | $(UV)
	@echo "Installing MLflow $* …"
	$(INSTALL_CLIENT)

$(VENV)/spark: tests/clients/spark.lock | $(UV)
	@echo "Installing a Spark …"
	$(INSTALL_CLIENT)

# Biome is a program of its own; npm, from a wheel, only fetches it and finds the one for this machine.
$(BIOME): tests/npm/package.json tests/npm/package-lock.json | $(VENV)/tests
	@echo "Installing the linter of CSS and JavaScript …"
	@mkdir -p $(VENV)/npm && cp $^ $(VENV)/npm
	@$(WITH_NODE) npm ci --silent --ignore-scripts --no-audit --no-fund --prefix $(VENV)/npm
	@touch $@

postgresql:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null \
		|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -q && apt-get install -qy --no-install-recommends postgresql; } || true

chromium:
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -q && apt-get install -qy --no-install-recommends chromium; } || true

redis:
	@command -v redis-server >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -q && apt-get install -qy --no-install-recommends redis-server; } || true

# Its programs lie in /sbin, which others than root may not have in their PATH; only root mounts disks.
e2fsprogs:
	@command -v mke2fs >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -q && apt-get install -qy --no-install-recommends e2fsprogs mount; } || true

radosgw:
	@command -v radosgw >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
		&& apt-get update -q && apt-get install -qy --no-install-recommends radosgw ceph-mon ceph-osd; } || true
