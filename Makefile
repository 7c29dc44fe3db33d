# Two commands are all that a fresh machine needs: `make demo` and `make test`.
# PYTHON=python3.12 make test picks another interpreter; ARGS="-k tracks" reaches pytest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Test files go to so many processes, each of which computes with one core; in the order of
# tests/conftest.py, in place of xdist's own, which leaves long files with few tests for the end.
JOBS ?= 2
# Bytecode of what is never imported is not made: that would be a third of the time of installing.
# The stamp carries the checksum of what was installed: a second call finds it and does nothing.
STAMP := $(VENV)/installed-$(firstword $(shell cat requirements.lock pyproject.toml | cksum))
# Validators of others want other versions than wildpose (and one another) asks for: they have an
# environment of their own, with what they need for what is asked of them and no more.
VALIDATORS := .validate/installed-$(firstword $(shell cksum < benchmarks/validators.txt))

# Without bytecode each import of FiftyOne takes 19 s instead of 5 s.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test validate lint bench

help: ## Show this list
	@awk -F':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(STAMP) ## Analyze the sample clips and say where the result is
	@$(BIN)/wildpose analyze sample_data/clips --out runs/demo; status=$$?; \
	if [ $$status -eq 3 ]; then \
	  echo "(One of the sample clips is damaged on purpose: it stands in runs/demo/failures.csv.)"; \
	elif [ $$status -ne 0 ]; then exit $$status; fi

test: $(STAMP) ## Run the whole test suite
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) --dist loadfile \
	  --no-loadscope-reorder $(ARGS)

validate: $(STAMP) $(VALIDATORS) ## Put tracks and exports before the validators of others
	@$(BIN)/python -m benchmarks.validate_tracking .validate/bin/python $(ARGS)
	@OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.validate_exports

lint: $(STAMP) ## Check style and types only
	@$(BIN)/ruff check . && $(BIN)/mypy

bench: $(STAMP) ## Measure speed and memory on this machine
	@$(BIN)/python -m benchmarks $(ARGS)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || \
	  { echo "wildpose needs Python 3.11 to 3.13; try: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
	  { echo "could not make $(VENV); on Debian: sudo apt install python3-venv"; exit 1; }
	@echo "Installing wildpose and what it needs into $(VENV): some minutes and 7 GB the first time."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile \
	  -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@rm -f $(VENV)/installed-*
	@touch $@

$(VALIDATORS): benchmarks/validators.txt
	@test -x .validate/bin/python || $(PYTHON) -m venv .validate
	@.validate/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile -r $<
	@rm -f .validate/installed-*
	@touch $@
