# The first of these to be run builds .venv from the lock files: once, in half a minute, with a network.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
READY := .venv/ready
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help board demo run test lint typecheck coverage bench faults fuzz screens screens-record lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY) ## a scripted shop day on the virtual board, checked against the acquirer's books
	$(BIN)/suanpan demo

run: $(READY) ## the terminal in a browser: press its keys, swipe cards
	$(BIN)/suanpan run

board: $(READY) ## an emulated bare ESP32 through build, flash, commissioning and its first sale, each step timed
	$(BIN)/python -m host_tools.commission.board

test: $(READY) ## every test; TESTS=path or "-k name" for some
	$(BIN)/python -m pytest $(or $(TESTS),--numprocesses=auto --dist=worksteal)

lint: $(READY) ## style, formatting, and whether the lock files match pyproject.toml
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/python -m pytest --quiet tests/test_lock.py

typecheck: $(READY) ## types: the host against CPython, firmware and boards against MicroPython's stubs
	$(BIN)/mypy
	$(BIN)/mypy --config-file mypy-firmware.ini firmware
	$(BIN)/mypy --config-file mypy-firmware.ini boards/virtual
	$(BIN)/mypy --config-file mypy-firmware.ini boards/common boards/esp32_devkitc
	$(BIN)/mypy --config-file mypy-firmware.ini boards/esp32s3_devkitc

coverage: $(READY) ## which lines of the firmware the tests reach, under the MicroPython unix port
	$(BIN)/python -m host_tools.micropython.coverage $(BIN)/python -m pytest --quiet $(or $(TESTS),tests/firmware tests/system)

bench: $(READY) ## speed and memory, measured; BENCH=terminal for one part
	$(BIN)/python -m tests.benchmarks $(BENCH)

faults: $(READY) ## every transaction through every single fault, and many pairs; FAULTS="--row sale-approved" for some
	$(BIN)/python -m tests.faults $(FAULTS)

fuzz: $(READY) ## every receive path, a million damaged messages and more; FUZZ="20000 scanner" for some
	$(BIN)/python -m tests.fuzz $(FUZZ)

screens: $(READY) ## every screen, in both languages and sizes, and every slip, against tests/golden
	$(BIN)/suanpan screens check

screens-record: $(READY) ## make what screens and slips show now the golden ones
	$(BIN)/suanpan screens record

lock: $(READY) ## resolve pyproject.toml into requirements/ anew
	UV_CUSTOM_COMPILE_COMMAND='make lock' $(LOCK) --group build -o requirements/build.txt
	UV_CUSTOM_COMPILE_COMMAND='make lock' $(LOCK) --group dev pyproject.toml -o requirements/main.txt
	UV_CUSTOM_COMPILE_COMMAND='make lock' $(LOCK) --group typings -o requirements/typings.txt

clean: ## remove all that was built, .venv included
	rm -rf .venv .cache out .hypothesis .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

$(READY): $(wildcard requirements/*.txt)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; another one: make PYTHON=python3.12")'
	@echo 'building .venv'
	$(PYTHON) -m venv --clear .venv
	$(PIP) --require-hashes -r requirements/build.txt
	$(PIP) --require-hashes --no-build-isolation -r requirements/main.txt
	$(PIP) --require-hashes --no-deps --target .venv/typings -r requirements/typings.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	$(BIN)/python -m host_tools.micropython.library
	@touch $@
