# Onestop. `make` lists what can be done; everything is installed into .venv, from PyPI alone.
.DEFAULT_GOAL := help
.PHONY: help env demo up test images compose-test k8s-lint k8s-test lint format bench schemas rules \
	manifests clean

PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
# uv of the machine where there is one; else one from PyPI, kept apart from what it installs.
UV := $(shell command -v uv 2>/dev/null || echo $(CURDIR)/.venv/bootstrap/bin/uv)
export UV_PYTHON_DOWNLOADS := never
SYNC = $(UV) sync --frozen --all-groups
# Some images of machines set it. A service would compile all of its code at each start: 2.1 s instead of 1.1.
unexport PYTHONDONTWRITEBYTECODE

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | expand -t 14

env: .venv/.synced ## make the environment in .venv (again only when the lock file changes)

.venv/.synced: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: name one with make PYTHON=..." >&2; exit 1; }
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv
	@test -x "$(UV)" || .venv/bin/pip install --quiet --target .venv/bootstrap uv==$(UV_VERSION)
	@$(SYNC) --check --quiet 2> /dev/null || $(SYNC)
	@touch $@

demo: env ## start everything, fire declarations, show the result (EXIT=1: then stop, for scripts)
	@$(BIN)/onestop demo $(if $(EXIT),--exit) $(ARGS)

up: env ## run the system until Ctrl-C (ARGS="--port-base 9000" and the like)
	@$(BIN)/onestop up $(ARGS)

# A file's tests share their servers, so a file is one worker's, and so are a few that share them with
# others (tests/conftest.py); the long ones come first.
test: WORKERS ?= 2
test: lint .venv/.prepared ## lint, then all tests on real servers (ARGS="tests/unit -k fee" and the like)
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

# Tests start a broker thirty times: what each would do anew is done once.
.venv/.prepared: .venv/.synced infra/local/kafka.py infra/local/kafka.lock.toml
	$(BIN)/python -m infra.local.prepared
	@touch $@

# An image's tag says which commit it is of; what is in it follows from that and the lock file.
images compose-test: export TAG = $(shell git describe --always --dirty --abbrev=12 --exclude='*')
images compose-test: export REVISION = $(shell git rev-parse HEAD)
images compose-test: export SOURCE_DATE_EPOCH = $(shell git log -1 --format=%ct)
images: ## build the images of all services and of the command, tagged with the commit
	docker compose build --quiet
	@docker image ls --filter reference='onestop/*:$(TAG)'

# ENGINE: a program that starts an engine (up) and makes stand-ins of images that cannot be pulled.
compose-test: env ## run everything in containers, kill it under load (ARGS="-k secure", ENGINE=program)
	$(if $(ENGINE),$(ENGINE) up && { $(ENGINE) compose-images . || test $$? = 2; })
	docker compose build --quiet
	$(BIN)/pytest -m docker tests/compose $(ARGS)

k8s-lint: env ## kube-score and checkov over the rendered manifests (they need Go and uv)
	UV=$(UV) $(BIN)/python -m tests.k8s.scores

# CLUSTER and ENGINE are programs that run a cluster and an engine where there is none (../shared). While a
# Service has no pod, its address must not lead out of the machine, to a network that may answer. What of a
# cluster is still going down may hold a port that the next needs: a second `up` starts what is missing.
k8s-test: SERVICES ?= 10.96.0.0/16
k8s-test: env ## deploy to the cluster of KUBECONFIG, disturb it under load (ARGS=--help says how)
ifdef CLUSTER
	$(ENGINE) up
	$(CLUSTER) up || $(CLUSTER) up || { $(CLUSTER) down; exit 1; }
	ip route replace unreachable $(SERVICES) || { $(CLUSTER) down; exit 1; }
	KUBECONFIG=$$($(CLUSTER) config) K8S_LOAD='$(CLUSTER) load' K8S_VOLUMES='$(CLUSTER) volumes' \
		K8S_IMAGES='$(ENGINE) images' $(BIN)/python -m tests.k8s $(ARGS); \
		status=$$?; $(CLUSTER) down; ip route delete unreachable $(SERVICES); exit $$status
else
	@$(BIN)/python -m tests.k8s $(ARGS)
endif

lint: env ## ruff, mypy --strict, import rules, hadolint
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint infra/Dockerfile

format: env ## put the code in order
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: env ## measure against the bare pipeline
	$(BIN)/python -m tests.bench $(ARGS)

schemas: env ## write anew what the catalogue says: schemas, AsyncAPI documents, whom Prometheus asks
	$(BIN)/python -m contracts.generate
	$(BIN)/python -m infra.targets

rules: env ## check Prometheus's rules, play the cases of each alert, check the dashboards
	$(BIN)/pytest tests/monitoring

manifests: env ## write what k8s/ derives from the catalogue anew
	$(BIN)/python -m infra.kubernetes

clean: ## remove data, logs and caches (not .venv)
	rm -rf .onestop .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache dist
	find . -path ./.venv -prune -o -name __pycache__ -type d -exec rm -rf {} +
