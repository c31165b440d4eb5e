# Every command works as the first one typed: it makes its own environment in .venv from requirements.lock.
# make demo | test | soak | bench | browser | lock | clean

.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
NEO4J := lts
NEO4J_FOLDER := .servers/neo4j$(if $(filter lts,$(NEO4J)),,-$(NEO4J))

GRAPH := embedded

.PHONY: help install demo test lint types contracts tests browser soak bench bench-identity bench-rings servers servers-stop schema lock clean

help: ## Say what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

install: $(STAMP) ## Make .venv from the lock

# The first Python that really runs and fits: a shim that names an absent version is passed over.
$(STAMP): requirements.lock pyproject.toml
	@set -e; found=; \
	for candidate in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
	  if $$candidate -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' >/dev/null 2>&1; then found=$$candidate; break; fi; \
	done; \
	if [ -z "$$found" ]; then echo "Ringfence needs Python 3.11, 3.12 or 3.13: install one, or name it with 'make PYTHON=/path/to/python'." >&2; exit 2; fi; \
	if ! [ -w . ]; then echo "Ringfence cannot write into this folder: make it writable or work in a copy." >&2; exit 2; fi; \
	echo "Installing with $$($$found --version) into $(VENV) ..."; \
	if ! $$found -m venv --clear $(VENV) >$(VENV).log 2>&1; then \
	  cat $(VENV).log >&2; rm -f $(VENV).log; \
	  echo "Python could not make an environment in $(VENV): see the line above (on Debian: install python3-venv; on a full disk: make room) and try again." >&2; exit 2; fi; \
	rm -f $(VENV).log; \
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: -r requirements.lock \
	  || { echo "The packages of requirements.lock could not be installed: see the line above (a package index and room on the disk are needed) and try again." >&2; exit 2; }; \
	PYTHONWARNINGS=ignore $(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . 2>$(VENV).log \
	  || { cat $(VENV).log >&2; rm -f $(VENV).log; exit 2; }; \
	rm -f $(VENV).log; \
	touch $(STAMP)

demo: $(STAMP) ## The main job: a simulated market, its rings and a decision for each applicant (GRAPH=neo4j: on the Neo4j of `make servers`)
	@case "$(GRAPH)" in \
	  embedded) ;; \
	  neo4j) $(PY) docker/servers/neo4j.py start --line $(NEO4J) --folder $(NEO4J_FOLDER) || exit 1; \
	    RINGFENCE_GRAPH_URL=$$(cat $(NEO4J_FOLDER)/address); RINGFENCE_GRAPH_PASSWORD_FILE=$(NEO4J_FOLDER)/password; \
	    export RINGFENCE_GRAPH_URL RINGFENCE_GRAPH_PASSWORD_FILE ;; \
	  *) echo "GRAPH is '$(GRAPH)': give embedded or neo4j." >&2; exit 2 ;; \
	esac; $(VENV)/bin/ringfence demo $(DEMO)

test: $(STAMP) ## Lint, types, contracts and tests; all of them run, whatever fails
	@status=0; for part in lint types contracts tests; do echo "== $$part"; $(MAKE) --no-print-directory $$part || status=1; done; exit $$status

lint: $(STAMP)
	@$(PY) -m ruff check . && $(PY) -m ruff format --check --quiet .

types: $(STAMP)
	@$(PY) -m mypy --no-error-summary

contracts: $(STAMP)
	@$(VENV)/bin/lint-imports --no-logo

tests: $(STAMP)
	@$(PY) -m pytest -q -m "not browser and not soak"

browser: $(STAMP) ## The decision page in a real browser (needs Chromium on the machine)
	@$(PY) -m pytest -q -m browser

soak: $(STAMP) ## The same proofs with the full counts
	@RINGFENCE_SOAK=1 $(PY) -m pytest -q -m "not browser" --timeout 7200

bench: $(STAMP) ## Every figure of the README, beside what it is compared with
	@$(PY) -m tests.bench

bench-identity: $(STAMP) ## What the identity checks find and cost (RINGFENCE_BENCH_DATA: the folder of the material)
	@$(PY) -m tests.bench identity

bench-rings: $(STAMP) ## What finding rings costs, and keeping them up
	@$(PY) -m tests.bench rings

servers: $(STAMP) ## Start a real Neo4j (needs Java and Maven; NEO4J=newest: the newest release) and PostgreSQL in .servers/
	@$(PY) docker/servers/neo4j.py start --line $(NEO4J) --folder $(NEO4J_FOLDER)
	@docker/servers/postgres start >/dev/null

servers-stop: ## Stop what `make servers` started, and nothing else
	@for folder in .servers/neo4j .servers/neo4j-newest; do if [ -e $$folder/pid ]; then python3 docker/servers/neo4j.py stop --folder $$folder; fi; done
	@if [ -e .servers/postgres/port ]; then docker/servers/postgres stop; fi

schema: $(STAMP) ## Export the schema that the code makes
	@$(PY) -m api.schema
	@$(VENV)/bin/ringfence errors --markdown > api/errors.md

lock: ## Pin the newest fitting versions with hashes and no addresses (needs uv)
	@set -e; left_out=$$(mktemp); printf 'dlib\nface-recognition-models\nopencv-python\n' > $$left_out; \
	compile="uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --excludes $$left_out --extra identity"; \
	$$compile --extra dev pyproject.toml -o requirements.lock; \
	$$compile --constraint requirements.lock pyproject.toml -o docker/requirements.lock; \
	rm -f $$left_out

clean: ## Remove what was made
	@rm -rf $(VENV) .venv-3.* .ringfence .bench .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info
