# superion: make (all results), make test, make bench. Each sets up what it needs; `make help` lists the rest.
SHELL := /bin/bash
CORES ?= $(shell getconf _NPROCESSORS_ONLN)
OVERLAY ?=
TARGET ?=
DIRECTORY ?= .
DATA ?=
OWN := $(subst ','\'',$(DATA))
UV_VERSION := 0.13.9

VENV := $(CURDIR)/.venv
export PATH := $(VENV)/bin:$(PATH)
export UV_COMPILE_BYTECODE := 1
# Overlays are checked first: of broken YAML, Snakemake itself tells neither file nor line.
CHECKED := $(if $(OVERLAY),PYTHONPATH="$(CURDIR)/workflow" python -m pipeline.check_configuration $(DIRECTORY) $(OVERLAY) && )
SNAKEMAKE := $(CHECKED)snakemake $(if $(OVERLAY),--configfile $(OVERLAY)) --workflow-profile workflow/profiles/default --cores $(CORES) --directory $(DIRECTORY)

.DEFAULT_GOAL := results
.PHONY: results fit dry-run report rulegraph test bench lint format catalogue pictures unlock clean help setup

results: setup ## compute every result into results/ and draw the figures
	@set -o pipefail; $(SNAKEMAKE) $(TARGET) 2>&1 | PYTHONPATH=workflow python -m pipeline.progress
	@$(if $(TARGET),,PYTHONPATH=workflow python -m pipeline.closing_words $(DIRECTORY)/results)

fit: setup ## fit conductivity models to your own sigma(T): make fit DATA=folder of CSV files
	@set -o pipefail; config=$$(PYTHONPATH=workflow python -m pipeline.fit_datasets '$(OWN)' '$(DIRECTORY)') && \
	  $(SNAKEMAKE) fit --config "$$config" 2>&1 | PYTHONPATH=workflow python -m pipeline.progress && \
	  PYTHONPATH=workflow python -m pipeline.fit_datasets --said '$(OWN)' '$(DIRECTORY)/results'

dry-run: setup ## say what a run would do, and why
	@$(SNAKEMAKE) $(TARGET) --dry-run --quiet host

report: results ## one offline HTML file with figures, captions and claims: results/report.html
	@$(SNAKEMAKE) --report $(DIRECTORY)/results/report.html
	@echo "The report is $(DIRECTORY)/results/report.html"

rulegraph: setup ## the rules and their order, as a mermaid diagram
	@$(SNAKEMAKE) --rulegraph mermaid-js

test: setup ## tests of physics and workflow
	@python -m pytest -n 2 --dist worksteal

bench: setup ## time each kernel beside what one would otherwise run
	@for file in tests/benchmarks/bench_*.py; do echo "== $$file"; python $$file || exit 1; done

lint: setup ## check format and lint, as CI does
	ruff format --check .
	ruff check .
	snakefmt --check Snakefile workflow/rules

format: setup ## format Python and Snakemake files
	ruff format .
	ruff check --fix .
	snakefmt Snakefile workflow/rules

catalogue: results ## write results/README.md, the list of artifacts and columns
	@PYTHONPATH=workflow python -m pipeline.catalogue results

pictures: setup ## copy the pictures of README.md from a fresh run, with the example lattice
	@$(MAKE) --no-print-directory results OVERLAY=workflow/resources/examples/lieb_lattice.yaml
	@PYTHONPATH=workflow python -m pipeline.pictures results

unlock: setup ## after a run was killed: release the working directory
	@$(SNAKEMAKE) --unlock

clean: ## remove all results
	@find results -mindepth 1 ! -name README.md -delete 2>/dev/null || true
	rm -rf .snakemake

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14
	@echo "Variables: OVERLAY=my.yaml lays your values over config.yaml; CORES=4; TARGET=results/... makes one file; DIRECTORY=../elsewhere keeps its results apart."

# The environment is made anew only when the lock file changes.
setup: $(VENV)/.ready

$(VENV)/.ready: uv.lock pyproject.toml
	@python3 -c 'import sys; sys.exit("Python 3.11 or later is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@echo "Setting up the Python environment in .venv"
	@if command -v uv >/dev/null 2>&1; then uv sync --locked --quiet; else \
	  { [ -x .uv/bin/uv ] || { python3 -m venv .uv && .uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); }; } && \
	  .uv/bin/uv sync --locked --quiet --python python3; fi
	@echo "Compiling the kernels once: half a minute"
	@PYTHONPATH=workflow $(VENV)/bin/python -m pipeline.compile_kernels
	@touch $@
