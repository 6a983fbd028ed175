# The report, from a clean clone: `make report`. `make help` lists the rest.
SHELL  := bash
PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
READY  := $(VENV)/ready
LAB    := $(VENV)/ready-notebook

# The data: POSTS=file.csv, or a folder of tables, takes a real feed, N=rows and WORLD=name set the size and the world of
# the simulated one. GROUP=name and TIME=name name the columns of a real feed with the group and the date of a post.
# Only make's own variables count: a shell may have others of these names.
export POSTS
ifeq ($(origin GROUP),command line)
export POSTS_GROUP := $(GROUP)
endif
ifeq ($(origin TIME),command line)
export POSTS_TIME := $(TIME)
endif
ifneq ($(filter report,$(MAKECMDGOALS)),)
export FEED_ROWS := $(N)
export FEED_WORLD := $(WORLD)
endif

.DEFAULT_GOAL := help
.PHONY: help report chapter notebook real test lint serve gpu bench clean lock

help:  ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

report: $(READY)  ## the whole book: POSTS=file.csv for a real feed, N=4000 rows of the simulated one
	@$(PY) -m lib render

chapter: $(READY)  ## one chapter alone: make chapter N=03
	@$(PY) -m lib render --chapter "$(N)"

notebook: $(LAB)  ## one chapter in JupyterLab: make notebook N=03
	@path=$$($(PY) -m lib notebook "$(N)") && JUPYTER_PREFER_ENV_PATH=1 $(PY) -m jupyterlab "$$path"

real: $(READY)  ## the figures of chapter 7 on your tables of posts and of randomised tests: make real DATA=folder
	@$(PY) -m lib real "$(DATA)"

test: $(READY)  ## the whole test suite, in two processes
	@$(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder --max-worker-restart 0

lint: $(READY)  ## style, mistakes, spelling, which room may import which, workflows and citation
	@$(PY) -m ruff check . && $(PY) -m ruff format --check . && $(VENV)/bin/codespell && $(VENV)/bin/lint-imports --no-cache --no-logo
	@$(VENV)/bin/zizmor --offline --quiet --strict-collection --persona=pedantic .github
	@$(VENV)/bin/check-jsonschema -q --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(VENV)/bin/check-jsonschema -q --builtin-schema vendor.dependabot .github/dependabot.yml
	@$(VENV)/bin/check-jsonschema -q --builtin-schema vendor.citation-file-format CITATION.cff

serve: $(READY)  ## read the rendered book at http://localhost:8000
	@test -f _book/index.html || { echo "There is no book yet: run 'make report' first."; exit 1; }
	@$(PY) -m http.server 8000 --bind 127.0.0.1 --directory _book

gpu: $(READY)  ## on a machine with a GPU: its tests, and what the embedding makes of it
	@$(PY) -m pytest -q -m cuda && $(PY) bench/gpu.py

bench: $(READY)  ## timings beside named peers
	@for f in $(filter-out bench/advice.py bench/encoders.py bench/experiments.py bench/forecasts.py bench/gpu.py bench/report.py bench/training.py bench/worlds.py,$(wildcard bench/*.py)); do echo "== $$f"; $(PY) $$f || exit 1; done

clean:  ## remove what was built; the environment and the data stay
	rm -rf _book .quarto .portable data/cache figures/chapters .pytest_cache .ruff_cache

# A resolver writes the lock. The local label of a CPU build of torch is cut: each machine takes its own build.
lock:  ## resolve the dependencies of pyproject.toml again
	$(PYTHON) -m venv $(VENV)-lock && $(VENV)-lock/bin/pip install -q pip-tools==7.6.2
	$(VENV)-lock/bin/pip-compile -q --upgrade --extra dev --strip-extras --allow-unsafe --no-header \
	  --no-emit-index-url --no-emit-find-links --annotation-style=line -o requirements.lock pyproject.toml
	$(VENV)-lock/bin/pip-compile -q --upgrade --extra notebook -c requirements.lock --strip-extras --allow-unsafe --no-header \
	  --no-emit-index-url --no-emit-find-links --annotation-style=line -o requirements-notebook.lock pyproject.toml
	sed -i.bak 's/+cpu//' requirements.lock requirements-notebook.lock && rm -rf requirements*.bak $(VENV)-lock

$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with PYTHON=/path/to/python3."; exit 1; }
	@echo "Installing into $(VENV) (once; some minutes)"
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install -q --disable-pip-version-check -r requirements.lock
	@touch $@

$(LAB): requirements-notebook.lock $(READY)
	@$(PY) -m pip install -q --disable-pip-version-check -r requirements-notebook.lock
	@touch $@
