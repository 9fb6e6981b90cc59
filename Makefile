# Everything that a person or a build machine types. `make` alone lists it; docs/development.md explains it.

PYTHON ?= python3
ARGS ?=
SEED ?= 1
COUNT ?= 1000000
BREACHES ?= 500
# Several at a time; what needs a real engine stays in three processes with one engine each (tests/conftest.py).
# As many processes as these engines, also on two cores: tests on an engine wait most of the time. One more was no
# sooner done.
PARALLEL ?= -n 3 --dist loadgroup
BIN := .venv/bin
READY := .venv/.ready
PLOTS := .venv/.plots
# The tests start the program some hundred times: without kept bytecode it would be compiled as often.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup run test test-unit test-chaos test-podman test-proxy test-v2 fuzz docs lint engine engine-stop bench bench-parts clean
# A half-made target is not made.
.DELETE_ON_ERROR:

help: ## list what make can do
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## prepare .venv (once; again when pyproject.toml or constraints.txt change)

# The lock makes the second of two makes wait for the first, and then find the work done.
$(READY): pyproject.toml constraints.txt
	@flock .venv.lock tools/prepare-venv "$(PYTHON)"

run: setup ## start the monitor with the shipped rules, or the demo where there is no engine; ARGS="..." adds options
	@exec $(BIN)/reactor run --rules rules/ --or-demo $(ARGS)

test: setup ## run all tests, those on a real engine included
	@$(BIN)/python -m tools.private_engine prepare
	@$(BIN)/python -m tools.observers prepare
	@$(BIN)/python -m tools.image prepare > /dev/null
	@$(BIN)/python -m tools.deployment prepare
	@$(BIN)/python -m tools.socket_proxy prepare
	$(BIN)/python -m pytest $(PARALLEL) $(ARGS)

test-unit: setup ## run the tests that need no engine, and neither Prometheus nor a browser
	$(BIN)/python -m pytest -m "not real and not observers" $(PARALLEL) $(ARGS)

test-chaos: setup ## BREACHES breaches on a private engine, while monitor and engine are killed as SEED says; minutes
	@$(BIN)/python -m tools.private_engine prepare
	@$(BIN)/python -m tests.chaos --seed "$(SEED)" --breaches "$(BREACHES)" $(ARGS)

test-podman: setup ## run all contract tests that can hold on podman, on a private one; some minutes
	@$(BIN)/python -m tools.private_engine prepare
	REACTOR_TEST_PODMAN=whole $(BIN)/python -m pytest -m podman tests/contract tests/real/test_podman.py $(ARGS)

test-v2: setup ## run what is about cgroups on cgroup v2, with Docker 20.10 and 26.1, in virtual machines; long; ARGS=--resume goes on
	@$(BIN)/python -m tools.v2 $(ARGS)

test-proxy: setup ## ten minutes behind the shipped proxy, which cuts what is silent for 5 s, with breaches as SEED says
	@$(BIN)/python -m tools.private_engine prepare
	@$(BIN)/python -m tools.socket_proxy prepare
	@$(BIN)/python -m tests.cuts --seed "$(SEED)" $(ARGS)

fuzz: setup ## throw COUNT generated rule files and conditions at the reader, made from SEED
	@$(BIN)/python -m tests.fuzz --seed "$(SEED)" --count "$(COUNT)" $(ARGS)

docs: setup ## write the pages of docs/ anew that are made from the code: metrics, rule files, command line, man page
	@$(BIN)/python -m tools.write_docs

lint: setup ## ruff, and mypy --strict
	$(BIN)/ruff check
	$(BIN)/mypy

engine: ## start a private engine for a developer and print its DOCKER_HOST
	@$(PYTHON) -m tools.private_engine start

engine-stop: ## end that engine and remove all that it left
	@$(PYTHON) -m tools.private_engine stop

bench: setup $(PLOTS) ## compare ways of watching on a private engine: half an hour, one table; ARGS=--quick for minutes
	@$(BIN)/python -m tools.private_engine prepare
	$(BIN)/python -m bench.race $(ARGS)

# What draws the plots is large, and wanted by nobody else; the bench does without it, and says so.
$(PLOTS): $(READY)
	@PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 \
		$(BIN)/python -m pip install --quiet --editable '.[dev,bench]' 2>/dev/null && touch $@ \
		|| echo "bench: what draws the plots could not be installed; there will be none" >&2

bench-parts: setup ## look into single parts of acting, on a private engine; ARGS="--at-once 1 10" or ARGS=--stuck for more
	@$(BIN)/python -m tools.private_engine prepare
	$(BIN)/python -m bench $(ARGS)

clean: engine-stop ## remove everything that make has prepared
	rm -rf .venv .venv.lock .engine .vm .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
