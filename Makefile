# What one types here. Needs Python 3.11 or newer and make; everything else is installed into .venv from the lock files.
# `make run ARGS="..."` hands further words to the command behind a target.

PYTHON ?= python3
ARGS ?=
VENV := .venv
PY := $(VENV)/bin/python
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev
INSTALL := $(PY) -m pip install --quiet --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r
COMPILE := $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --only-binary :all: $(ARGS) pyproject.toml
TRAIN_STAMP := $(VENV)/.installed-train

# Empty: the time zones of the pinned tzdata win over the machine's own, so a due time is the same everywhere.
export PYTHONTZPATH :=

# The sandbox loads the workflow's modules for each lead: compiled ones take 4 ms, others 15.
unexport PYTHONDONTWRITEBYTECODE

# These kill processes and wait for what the clock on the wall says: nothing that computes all the time goes beside them.
ALONE := tests/chaos $(addprefix tests/runtime/test_,demo.py local.py supervisor.py embedded_ports.py)

.DEFAULT_GOAL := help
.PHONY: help run demo test soak check bench train lock clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name what; do printf '%-14s %s\n' "$$name" "$$what"; done

run: $(RUN_STAMP) ## route the example leads, live, with Temporal and its Web UI; Ctrl-C stops, run again goes on
	@$(PY) -m runtime.local run $(ARGS)

demo: $(RUN_STAMP) ## the same in under a minute, with a scripted team of reps and a summary; 0 when every lead settled
	@$(PY) -m runtime.local demo $(ARGS)

test: $(DEV_STAMP) ## the whole test suite, on servers it starts itself
ifdef ARGS
	@$(PY) -m pytest $(ARGS)
else
	@$(PY) -m pytest --numprocesses=2 --dist=loadfile $(ALONE:%=--ignore=%)
	@$(PY) -m pytest --numprocesses=2 --dist=loadfile $(ALONE)
endif

soak: $(DEV_STAMP) ## the long tests: chaos, races, thousands of leads
	@$(PY) -m pytest -m soak $(ARGS)

check: $(DEV_STAMP) ## lint, format, types, import rules, links, compose file; no tests
	@failed=; \
	step() { echo "== $$1"; shift; "$$@" || failed=yes; }; \
	step "ruff check" $(VENV)/bin/ruff check --quiet .; \
	step "ruff format" $(VENV)/bin/ruff format --quiet --check .; \
	step "mypy" $(VENV)/bin/mypy --no-error-summary; \
	step "import rules" $(VENV)/bin/lint-imports --no-logo; \
	step "links" $(PY) -m tools.check_links; \
	step "compose file" $(PY) -m tools.check_compose; \
	if [ -n "$$failed" ]; then echo "make check found something (see above)."; exit 1; fi; \
	echo "make check found nothing."

bench: $(DEV_STAMP) ## the benchmarks, into bench/results/
	@$(PY) -m bench $(ARGS)

train: $(TRAIN_STAMP) ## install what fitting a learned score needs (`python starter.py score train`)

lock: $(DEV_STAMP) ## write the lock files from pyproject.toml; ARGS=--upgrade takes newer releases
	@$(COMPILE) --output-file requirements.lock
	@$(COMPILE) --extra train --constraint requirements.lock --output-file requirements-train.lock
	@$(COMPILE) --extra train --group dev --constraint requirements-train.lock --output-file requirements-dev.lock
	@echo "Wrote requirements.lock, requirements-train.lock and requirements-dev.lock."

clean: ## remove .venv and the caches; the state in .baton stays
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Baton needs Python 3.11 or newer. Name one that you have: make PYTHON=python3.12 ..."; exit 1; }
	@echo "Making a virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv --clear $(VENV) \
		|| { rm -rf $(VENV); echo "Python could not make it. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

$(RUN_STAMP): requirements.lock | $(PY)
	@echo "Installing what Baton runs on (once, about a minute) ..."
	@$(INSTALL) requirements.lock
	@touch $@

$(TRAIN_STAMP): requirements-train.lock | $(PY)
	@echo "Installing what a learned score is fitted with (once, about a minute) ..."
	@$(INSTALL) requirements-train.lock
	@touch $(RUN_STAMP) $@

$(DEV_STAMP): requirements-dev.lock | $(PY)
	@echo "Installing what Baton is tested with (once, about a minute) ..."
	@$(INSTALL) requirements-dev.lock
	@touch $(RUN_STAMP) $(TRAIN_STAMP) $@
