# Two commands are all it takes: `make demo` shows Morelli at work, `make test` proves it.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test setup clean

demo: $(VENV)/.installed
	rm -rf morelli-demo
	$(BIN)/morelli demo morelli-demo

test: $(VENV)/.installed-dev
	$(BIN)/python scripts/check.py

setup: $(VENV)/.installed-dev

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --constraint constraints.txt --editable .
	touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt package.json
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --constraint constraints.txt --editable '.[dev]'
	if command -v npm >/dev/null; then npm install --no-package-lock --no-audit --no-fund --silent; fi
	touch $(VENV)/.installed $@

clean:
	rm -rf $(VENV) node_modules morelli-demo
