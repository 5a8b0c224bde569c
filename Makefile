# Every target does its own set-up through stamp files; a second run installs nothing.
PYTHON ?= python3
VENV := .venv
LOCAL_AWS_VENV := .venv-local-aws
TRITON_VENV := .venv-triton
PY := $(VENV)/bin/python
CDK := node_modules/.bin/cdk
MODEL := examples/fraud/model/model.json
CANDIDATE := examples/fraud/candidate/model.json
REGIONS := $(foreach region,coast inland metro,examples/fraud/regions/$(region)/model.json)
MODELS := $(MODEL) $(CANDIDATE) $(REGIONS)

DEV := $(VENV)/.installed
LOCAL_AWS := $(LOCAL_AWS_VENV)/.installed
TRITON := $(TRITON_VENV)/.installed
CLI := node_modules/.installed
PACKAGES := $(VENV)/.function-packages

# Tests wait more than they compute, and each worker has servers of its own.
WORKERS ?= 2

CHECKED := app.py constructs stacks examples docs tests
PAGES = $(shell grep -rl --include='*.md' -F '[[[cog' README.md docs)

# The value is a list of major versions: Node 20 still works, and says at length that it is old.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Without bytecode a synth takes twice as long.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install demo test tests lint types unit stacks local triton bench synth docs picture format snapshot lock changelog clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(DEV) $(LOCAL_AWS) $(CLI) $(MODELS) $(PACKAGES) ## set up everything

demo: install ## deploy an example to a local AWS and get real predictions from it
	$(PY) -m examples.demo

# Each step has the machine to itself, and uses both of its cores.
test: ## everything that CI checks
	$(MAKE) --no-print-directory --jobs 2 install $(TRITON)
	$(MAKE) --no-print-directory --jobs 2 lint types
	$(MAKE) --no-print-directory tests

# In the order of the folders, the slow ones of which come first: by the number of its tests, the slowest file would come last.
tests: install $(TRITON)
	$(PY) -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

lint: $(DEV) $(MODELS) $(PACKAGES) ## style, and whether the generated pages are current
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) docs/generate_limits.py --check
	$(if $(PAGES),$(PY) -m cogapp --check -I docs $(PAGES))

types: $(DEV) ## mypy, strict
	$(PY) -m mypy $(CHECKED)

unit: $(DEV) ## tests of the library
	$(PY) -m pytest tests/unit

stacks: $(DEV) ## checks of the example stacks
	$(PY) -m pytest tests/stacks

local: install $(TRITON) ## deploy to a local AWS, update, roll back, destroy
	$(PY) -m pytest tests/local_aws

triton: $(DEV) $(TRITON) ## Triton repositories and ensembles in a real server
	$(PY) -m pytest tests/triton

bench: $(DEV) ## what an endpoint costs an app, beside the goals
	$(PY) -m tests.bench

synth: $(DEV) $(CLI) $(MODELS) $(PACKAGES) ## synthesize the example stacks, with the CDK's own validation
	$(CDK) synth --quiet --no-notices

docs: $(DEV) $(MODELS) $(PACKAGES) ## write the generated pages anew
	$(PY) docs/generate_limits.py
	$(if $(PAGES),$(PY) -m cogapp -r -I docs $(PAGES))

picture: $(DEV) ## draw the dashboard in the docs anew
	$(PY) -m docs.render_dashboard

format: $(DEV) ## repair style
	$(PY) -m ruff check --fix
	$(PY) -m ruff format

snapshot: $(DEV) ## accept the templates as they are
	$(PY) -m pytest tests/stacks/test_templates.py --snapshot-update

changelog: $(DEV) ## show what the fragments make of the changelog
	$(PY) -m towncrier build --draft

LOCK = $(PY) -m uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --quiet

lock: $(DEV) ## choose the versions anew
	$(LOCK) --group dev --output-file requirements/dev.txt
	$(LOCK:pyproject.toml=) --group local-aws --output-file requirements/local-aws.txt
	$(LOCK:pyproject.toml=) --group triton-server --no-deps --output-file requirements/triton-server.txt
	npm install --package-lock-only --no-audit --no-fund --silent

clean: ## remove what can be made again, but not what was installed
	rm -rf build dist cdk.out* cdk.context.json .local_aws .pytest_cache .mypy_cache .ruff_cache
	rm -rf examples/fraud/model examples/fraud/candidate examples/fraud/regions
	find app.py constructs stacks examples docs tests -name __pycache__ -type d -prune -exec rm -rf {} +

define check_python
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "$(PYTHON) must be Python 3.11 or newer: run make with PYTHON=<path of one>" >&2; exit 1; }
@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	{ echo "$(PYTHON) cannot make virtual environments: install its venv package, such as python3-venv" >&2; exit 1; }
endef

# The CDK's index of its packages is built by a worker that the end of the process kills, so one process waits for it.
$(DEV): requirements/dev.txt pyproject.toml
	$(check_python)
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --no-compile --require-hashes -r requirements/dev.txt
	$(PY) -m pip install --quiet --no-deps --no-build-isolation --editable .
	$(PY) -m compileall -q -j 0 $(VENV)/lib constructs stacks
	$(PY) -c "import aws_cdk, cdk_nag, time; time.sleep(5)"
	touch $@

$(LOCAL_AWS): requirements/local-aws.txt
	$(check_python)
	$(PYTHON) -m venv $(LOCAL_AWS_VENV)
	$(LOCAL_AWS_VENV)/bin/python -m pip install --quiet --no-compile --require-hashes -r requirements/local-aws.txt
	$(LOCAL_AWS_VENV)/bin/python -m compileall -q -j 0 $(LOCAL_AWS_VENV)/lib
	touch $@

$(TRITON): requirements/triton-server.txt
	$(check_python)
	$(PYTHON) -m venv $(TRITON_VENV)
	$(TRITON_VENV)/bin/python -m pip install --quiet --no-compile --no-deps --require-hashes -r requirements/triton-server.txt
	touch $@

# What the example functions import, for Lambda and for the local AWS: kept in the user's cache, where every synthesis finds it.
$(PACKAGES): examples/fraud/function/requirements.txt | $(DEV)
	$(PY) -m examples.fraud.function_packages
	$(PY) -m tests.local_aws.function_packages $<
	touch $@

$(CLI): package.json package-lock.json .npmrc
	npm ci --no-audit --no-fund --silent
	touch $@

$(MODEL): $(wildcard examples/fraud/*.py) | $(DEV)
	$(PY) -m examples.fraud.train --version 1 --output examples/fraud/model
	touch $@

$(CANDIDATE): $(wildcard examples/fraud/*.py) | $(DEV)
	$(PY) -m examples.fraud.train --version 2 --output examples/fraud/candidate
	touch $@

$(REGIONS): examples/fraud/regions/%/model.json: $(wildcard examples/fraud/*.py) | $(DEV)
	$(PY) -m examples.fraud.regional $* --output examples/fraud/regions
	touch $@
