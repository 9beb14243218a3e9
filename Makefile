# make app    the lab in a browser
# make test   every check and every test
# make bench  the timings of tests/benchmarks
# make format formats the code
#
# The first run of each makes $(VENV) and installs what it needs.  Variables:
#   PYTHON=python3.12   another interpreter, 3.11 or newer
#   TORCH_INDEX=URL     package index with PyTorch's CPU builds, used where there is no NVIDIA GPU
#   OCCAM_CHROMIUM=PATH the Chromium of the browser tests

PYTHON ?= python3
VENV ?= .venv
TORCH ?= 2.13.0
TORCH_INDEX ?=

PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check

.PHONY: help app test bench format
.DELETE_ON_ERROR:

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

app: $(VENV)/app.stamp
	$(PY) -m streamlit run app.py

# pytest comes last, so that its closing line ends the output.
test: $(VENV)/test.stamp
	$(PY) tests/browser/chromium.py
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(VENV)/bin/lint-imports --no-logo
	$(PY) -m pyright --pythonpath $(PY)
	$(PY) -m pytest

bench: $(VENV)/test.stamp
	@for script in tests/benchmarks/*.py; do echo "== $$script"; PYTHONPATH=. $(PY) $$script || exit 1; done

format: $(VENV)/test.stamp
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Occam needs Python 3.11 or newer; name one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "Python's venv module is missing; on Debian or Ubuntu: apt-get install python3-venv"; exit 1; }

# Without a GPU the small CPU build of torch is installed first, so that the requirements find it there.  It is asked
# for by its local version, +cpu, which only an index of PyTorch's CPU builds has; elsewhere the plain wheel is taken:
# on macOS that is a CPU build, on Linux it works too, but brings gigabytes of CUDA.
$(VENV)/app.stamp: requirements.txt | $(PY)
	@if ! nvidia-smi >/dev/null 2>&1; then \
	  echo "No NVIDIA GPU: installing the CPU build of torch"; \
	  $(PIP) install $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) torch==$(TORCH)+cpu 2>/dev/null \
	  || $(PIP) install torch==$(TORCH) \
	  || exit 1; \
	fi
	$(PIP) install -r requirements.txt
	@touch $@

$(VENV)/test.stamp: $(VENV)/app.stamp pyproject.toml
	$(PIP) install -e '.[test]'
	@touch $@
