# The whole developer interface. A new machine needs python3 (3.11 or newer, with venv) and make, nothing else.

PYTHON ?= python3
VENV_PYTHON = .venv/bin/python

.PHONY: setup run test check lock bench

setup: ## .venv with everything in it; afterwards .venv/bin/orchestrion is the program
	@$(PYTHON) packaging/bootstrap.py

run: setup ## the window; without a display the example in the terminal
	@.venv/bin/orchestrion

test: setup ## what CI runs: checks, then all tests but the long ones
	@$(VENV_PYTHON) -m tests.check
	@$(VENV_PYTHON) -m pytest -q -n 3 --durations=25

check: setup ## format, lint, types, import contracts, sizes
	@$(VENV_PYTHON) -m tests.check

lock: setup ## requirements.lock anew from pyproject.toml
	@UV_PYTHON_DOWNLOADS=never .venv/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url \
		--all-extras --output-file requirements.lock pyproject.toml

bench: setup ## one line of JSON per workload
	@$(VENV_PYTHON) -m tests.benchmarks.engine
	@$(VENV_PYTHON) -m tests.benchmarks.startup
	@$(VENV_PYTHON) -m tests.benchmarks.webhook
	@$(VENV_PYTHON) -m tests.benchmarks.schedule
	@QT_QPA_PLATFORM=offscreen $(VENV_PYTHON) -m tests.benchmarks.canvas
