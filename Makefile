# Each target makes the virtual environment it needs; a stamp file in it says that it is up to date.
# PYTHON=... picks the interpreter, ARGS=... goes on to the program that the target runs.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo demo-llama-index test test-all test-min test-extras test-foreign test-engines test-databases test-servers test-vllm lint format typing record bench bench-quick soak docs notebooks clean
# Several targets install into the same environment, and two pips at once would break it.
.NOTPARALLEL:

VENV := .venv
BIN := $(VENV)/bin
VERSIONS := 3.11 3.12 3.13
# Tests wait for sockets a third of their time: one process more than there are cores.
JOBS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2) + 1)
MINUTES ?= 2
ARGS ?=
PIP_OPTIONS ?= -qq --disable-pip-version-check
# The servers whose packages are a dependency group: server-NAME.
SERVERS := llama transformers litellm
ON_SERVERS = $(BIN)/python -m pytest tests/servers -p no:randomly --timeout=3600
PYTEST_OPTIONS = -n $(JOBS) --maxprocesses=8 --dist=worksteal

# Named, because make's own variables do not reach $(shell ...) before GNU make 4.4.
FOUND = $(shell PYTHON='$(PYTHON)' .ci/find-python)
NONE = $(if $(PYTHON),$(PYTHON) is not a Python from 3.11 on.,No Python from 3.11 on was found.)
OR_SAY = || { echo "The packages could not be installed: pip says above why." >&2; exit 1; }

# make-venv FOLDER INTERPRETER: an environment with a pip that knows dependency groups; what an
# interrupted installation left without a pip is made anew.
define make-venv
	test -n "$(2)" || { echo "$(NONE) Name one: make PYTHON=/path/to/python" >&2; exit 1; }
	$(1)/bin/python -m pip --version >/dev/null 2>&1 || "$(2)" -m venv --clear $(1)
	$(1)/bin/python -m pip install $(PIP_OPTIONS) --upgrade "pip>=25.1" $(OR_SAY)
endef

INSTALL_SERVER = bin/python -m pip install $(PIP_OPTIONS) --group ../pyproject.toml:server-$*
.venv-servers-vllm/.server: INSTALL_SERVER = bin/python ../tests/servers/install_vllm.py

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-17s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.demo ## a GLM agent in the terminal; without a key it uses the emulator
	@$(BIN)/python cookbook/quickstart.py $(ARGS)

demo-llama-index: $(VENV)/.demo-llama-index ## the same with LlamaIndex: an agent that thinks aloud
	@$(BIN)/python cookbook/llama_index/streaming_agent.py $(ARGS)

test: $(VENV)/.dev ## all tests, offline
	@$(BIN)/python -m pytest $(PYTEST_OPTIONS) $(ARGS)

test-all: $(addprefix test-,$(VERSIONS)) ## all tests on each Python from 3.11 to 3.13 that is found

test-min: .venv-min/.test-min ## all tests, with the lowest versions that pyproject.toml permits
	@.venv-min/bin/python -m pytest $(PYTEST_OPTIONS) $(ARGS)

test-extras: .venv-extras/.extras ## the wheel with each extra alone, in empty environments (needs a package index)
	@.venv-extras/bin/python .ci/try-extras .venv-extras/tried $(ARGS)

test-foreign: .venv-foreign/.foreign ## other people's clients (zai-sdk, openai) against the emulator
	@.venv-foreign/bin/python -m pytest --confcutdir=tests/foreign -c tests/foreign/pytest.ini tests/foreign $(ARGS)

test-engines: .venv-engines/.engines ## the recipes for Dask, Ray Data and Redis, with small numbers (needs a package index)
	@.venv-engines/bin/python -m pytest -n0 -p no:randomly tests/cookbook/test_engine_recipes.py $(ARGS)

test-databases: $(VENV)/.dev ## agents that remember in PostgreSQL, which must be installed, over a restart
	@$(BIN)/python -m pytest -n0 -p no:randomly tests/databases $(ARGS)

test-servers: $(VENV)/.dev $(SERVERS:%=.venv-servers-%/.server) ## both adapters on llama-server, transformers serve and the LiteLLM proxy
	@$(ON_SERVERS) $(ARGS)

test-vllm: $(VENV)/.dev .venv-servers-vllm/.server ## both adapters on vLLM (CPU, some GB, some minutes)
	@$(ON_SERVERS) --server vllm $(ARGS)

lint: $(VENV)/.dev ## ruff, mypy --strict, import rules, lengths, words
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_layers.py tests/test_import_circles.py tests/test_words.py tests/test_references.py

typing: $(VENV)/.dev .venv-typing/.typing ## what pyright, and so many an editor, reports in tests/typing and cookbook (300 MB: not in `make test`)
	@.venv-typing/bin/basedpyright --pythonpath $(BIN)/python $(ARGS)

format: $(VENV)/.dev ## put the code into shape
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

record: $(VENV)/.dev ## record the cassettes anew, from the emulator; LIVE=1: from the service
	@$(if $(LIVE),test -n "$${ZHIPUAI_API_KEY:-}" || { echo "LIVE=1 needs ZHIPUAI_API_KEY." >&2; exit 1; })
	$(BIN)/python -m pytest -n0 -p no:randomly -m vcr --record-mode=rewrite $(if $(LIVE),--live) $(ARGS)

bench: .venv-bench-langchain/.bench .venv-bench-llama-index/.bench ## the benchmarks, with peers
	@.venv-bench-langchain/bin/python -m benchmarks client langchain embeddings ocr $(ARGS)
	@.venv-bench-llama-index/bin/python -m benchmarks llama-index $(ARGS)

bench-quick: .venv-bench-langchain/.bench ## the ratios to ChatOpenAI beside the recorded ones, in a minute
	@.venv-bench-langchain/bin/python -m benchmarks.quick $(ARGS)

soak: $(VENV)/.dev ## 200 streams at once against faults, for MINUTES=2; fails on a wrong answer
	@$(BIN)/python -m benchmarks.soak $(MINUTES) $(ARGS)

docs: .venv-docs/.docs ## the documentation site, into build/docs; warnings are errors
	@mkdir -p build && .venv-docs/bin/zensical build --strict --clean --config-file mkdocs.yml $(ARGS) 2>&1 \
	  | tee build/docs.log && ! grep '^griffe' build/docs.log && ! grep -rl '<blockquote>' build/docs/reference

notebooks: $(VENV)/.dev ## run the notebooks of the cookbook and write their pictures into them
	@$(BIN)/python cookbook/notebooks/execute.py

clean: ## remove environments, caches and built files
	rm -rf .venv .venv-* build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.demo: pyproject.toml
	@echo "Installing into $(VENV), once ..."
	@$(call make-venv,$(VENV),$(FOUND))
	@$(BIN)/python -m pip install $(PIP_OPTIONS) --editable ".[langchain,emulator]" --group cookbook $(OR_SAY)
	@touch $@

$(VENV)/.demo-llama-index: pyproject.toml
	@echo "Installing into $(VENV), once ..."
	@$(call make-venv,$(VENV),$(FOUND))
	@$(BIN)/python -m pip install $(PIP_OPTIONS) --editable ".[llama-index,ocr,emulator]" $(OR_SAY)
	@touch $@

$(VENV)/.dev: pyproject.toml
	@echo "Installing into $(VENV), once ..."
	@$(call make-venv,$(VENV),$(FOUND))
	@$(BIN)/python -m pip install $(PIP_OPTIONS) --editable ".[all]" --group dev $(OR_SAY)
	@touch $(VENV)/.demo $(VENV)/.demo-llama-index $@

.venv-typing/.typing: pyproject.toml
	@echo "Installing into .venv-typing, once ..."
	@$(call make-venv,.venv-typing,$(FOUND))
	@.venv-typing/bin/python -m pip install $(PIP_OPTIONS) --group typing $(OR_SAY)
	@touch $@

.venv-docs/.docs: pyproject.toml
	@echo "Installing into .venv-docs, once ..."
	@$(call make-venv,.venv-docs,$(FOUND))
	@.venv-docs/bin/python -m pip install $(PIP_OPTIONS) --group docs $(OR_SAY)
	@touch $@

# uv, since pip cannot choose the lowest versions. Those of the tests' own tools are not at stake.
.venv-min/.test-min: pyproject.toml
	@echo "Installing into .venv-min, once ..."
	@$(call make-venv,.venv-min,$(FOUND))
	@.venv-min/bin/python -m pip install $(PIP_OPTIONS) "uv>=0.5" $(OR_SAY)
	@.venv-min/bin/uv pip compile -q --python .venv-min/bin/python --no-deps --no-annotate --no-header \
	  --resolution lowest-direct --extra all pyproject.toml --output-file .venv-min/lowest.txt
	@.venv-min/bin/uv pip install -q --link-mode copy --python .venv-min/bin/python --constraints .venv-min/lowest.txt \
	  --editable ".[all]" --group test $(OR_SAY)
	@touch $@

.venv-extras/.extras:
	@$(call make-venv,.venv-extras,$(FOUND))
	@.venv-extras/bin/python -m pip install $(PIP_OPTIONS) "build>=1.2" $(OR_SAY)
	@touch $@

.venv-foreign/.foreign: pyproject.toml
	@echo "Installing into .venv-foreign, once ..."
	@$(call make-venv,.venv-foreign,$(FOUND))
	@.venv-foreign/bin/python -m pip install $(PIP_OPTIONS) --editable ".[emulator]" --group foreign $(OR_SAY)
	@touch $@

.venv-engines/.engines: pyproject.toml
	@echo "Installing into .venv-engines, once (needs a package index) ..."
	@$(call make-venv,.venv-engines,$(FOUND))
	@.venv-engines/bin/python -m pip install $(PIP_OPTIONS) --editable ".[all]" --group engines $(OR_SAY)
	@touch $@

# What cannot be installed here is not tried, and the tests say why.
.venv-servers-%/.server: pyproject.toml tests/servers/install_vllm.py
	@echo "Installing into .venv-servers-$*, once (needs a package index) ..."
	@$(call make-venv,.venv-servers-$*,$(FOUND))
	@cd .venv-servers-$* && rm -f .server missing && \
	  if $(INSTALL_SERVER) 2>pip.log; then touch .server; \
	  else echo "its packages could not be installed: $$(tail -n 1 pip.log)" | tee missing; fi

.venv-bench-%/.bench: pyproject.toml
	@echo "Installing the peers for $* into .venv-bench-$*, once (needs a package index) ..."
	@$(call make-venv,.venv-bench-$*,$(FOUND))
	@.venv-bench-$*/bin/python -m pip install $(PIP_OPTIONS) --upgrade \
	  --editable ".[$*,ocr]" --group bench-$* || { \
	  echo "The peers could not be installed. Without them: make $(VENV)/.dev, then" >&2; \
	  echo "$(BIN)/python -m benchmarks (rows of what is missing are left out)." >&2; exit 1; }
	@touch $@

.venv-%/.test: pyproject.toml
	@echo "Installing into .venv-$*, once ..."
	@$(call make-venv,.venv-$*,$(shell .ci/find-python $*))
	@.venv-$*/bin/python -m pip install $(PIP_OPTIONS) --editable ".[all]" --group test $(OR_SAY)
	@touch $@

test-3.%:
	@if .ci/find-python 3.$* >/dev/null; then \
	  $(MAKE) --no-print-directory .venv-3.$*/.test && \
	  .venv-3.$*/bin/python -m pytest $(PYTEST_OPTIONS) $(ARGS); \
	else echo "Python 3.$* was not found: not tested."; fi
