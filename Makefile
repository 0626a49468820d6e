# make demo   the whole workflow on embedded data, then the report     (a fresh machine needs Python >= 3.11 and this)
# make test   the tests of a change, in minutes                        make help lists the rest

PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
BIN := $(VENV)/bin
SNAKEMAKE := $(BIN)/snakemake --cores all --resources gpu=1

readme := report/demo_overview.png

# A study is config/studies/NAME.yaml; SMALL=1 lays small.yaml and NAME_small.yaml on top of it.
studies := $(filter-out small %_small %_claims,$(basename $(notdir $(wildcard config/studies/*.yaml))))
small_studies := $(patsubst %_small,%,$(filter %_small,$(basename $(notdir $(wildcard config/studies/*_small.yaml)))))
study_files = config/studies/$(NAME).yaml $(if $(SMALL),config/studies/small.yaml config/studies/$(NAME)_small.yaml)
study_results = results/studies/$(NAME)$(if $(SMALL),_small)
ifneq ($(filter study,$(MAKECMDGOALS)),)
ifeq ($(filter $(NAME),$(if $(SMALL),$(small_studies),$(studies))),)
$(error make study: expected NAME to be one of $(if $(SMALL),$(small_studies),$(studies)), found "$(NAME)"; write make study NAME=epsilon$(if $(SMALL), SMALL=1))
endif
endif

.PHONY: help env demo study readme-figure gallery report test test-all wheel test-cluster test-others lint format lock pins docs site benchmark-training benchmark-transfer measure-controls texture-spread \
  simulate-statistics clean

help:
	@echo "make env     exact pins of requirements.lock and the command robust-style into $(VENV)"
	@echo "make demo    the whole workflow on embedded data: pictures, scores, figures, page, report (results/demo/)"
	@echo "make study NAME=epsilon  one of $(studies) (docs/studies.md); SMALL=1: in minutes on a CPU"
	@echo "make readme-figure  the README's picture from the demo"
	@echo "make gallery  docs/gallery.jpg: embedded photographs painted by both painters of the package"
	@echo "make report  report of the published experiment (results/report.html)"
	@echo "make test    the tests of a change (minutes);  make test-all  every test;  make lint  style and types only"
	@echo "make format  fix the style;  make wheel  dist/robust_style-*.whl"
	@echo "make lock    new requirements.lock from pyproject.toml;  make pins  new envs/ from the lock"
	@echo "make docs    config/README.md from config/schema.yaml;  make site  the web site (site/index.html), links checked"
	@echo "make benchmark-training  our training step against the robustness library's (about 10 minutes on 2 cores)"
	@echo "make benchmark-transfer  our iteration of style transfer against a plain one (about 5 minutes on 2 cores)"
	@echo "make measure-controls  the scores of known alterations (seconds)"
	@echo "make texture-spread  the spread of the texture statistics over photographs, which scales the texture distance"
	@echo "make simulate-statistics  false verdicts, power and coverage on simulated studies (about 6 minutes)"
	@echo "make clean   delete what the demo and small studies made"

env: $(READY)

$(READY): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $@

# Progress on the terminal, and the closing words after the report.
demo study: SNAKEMAKE += --logger robust-style
demo study: export ROBUST_STYLE_CLOSING_LATER := 1
closing = @$(BIN)/python -c "from robust_style.workflow.entry import success_message as closing; print(closing('$(1)'))"

demo: $(READY)
	$(SNAKEMAKE) --configfile config/demo.yaml
	@$(MAKE) --no-print-directory results/demo/report.html
	$(call closing,results/demo)

# The report is built anew only when a product changed since. Of its progress only warnings and errors are printed.
results/demo/report.html: results/demo/manifest.tsv report/*.rst
	@echo "Building the report $@"
	@$(SNAKEMAKE) --logger robust-style --configfile config/demo.yaml --report $@

study: $(READY)
	$(SNAKEMAKE) --configfile $(study_files)
	@$(MAKE) --no-print-directory $(study_results)/report.html
	$(call closing,$(study_results))

$(study_results)/report.html: $(study_results)/manifest.tsv report/*.rst
	@echo "Building the report $@"
	@$(SNAKEMAKE) --logger robust-style --configfile $(study_files) --report $@

# The README's picture: the demo's overview in 256 colours.
readme-figure: demo
	$(BIN)/python -c "from PIL import Image; Image.open('results/demo/figures/standard_vs_adversarial.png').convert('RGB').quantize(256).save('$(readme)', optimize=True)"

# The documentation's gallery. Without the variable, torch's threads keep cores busy that others use.
gallery: $(READY)
	OMP_WAIT_POLICY=PASSIVE $(BIN)/python -m robust_style.figure.gallery docs/gallery.jpg

report: $(READY)
	$(SNAKEMAKE) --report results/report.html

# What a contributor runs at every change; `nightly` marks what takes longer than it is worth then.
test: $(READY) lint
	$(BIN)/python -m pytest -n 2 -m "not nightly"

# Everything, before a release. The tests with Slurm mostly wait: beside the others they take no time.
test-all: $(READY) lint
	@$(MAKE) --no-print-directory --jobs 2 test-cluster test-others

test-cluster: $(READY)
	$(BIN)/python -m pytest -p no:cacheprovider tests/cluster

test-others: $(READY)
	$(BIN)/python -m pytest -n 2 --ignore=tests/cluster

wheel:
	rm -rf build # setuptools would add what lies there
	$(PYTHON) -m pip wheel --no-deps --wheel-dir dist .

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/snakemake --lint

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile rules

lock: $(READY)
	$(BIN)/python envs/pin.py lock

pins: $(READY)
	$(BIN)/python envs/pin.py environments

docs: $(READY)
	$(BIN)/python -m robust_style.workflow.schema_page config/schema.yaml config/README.md

# In an environment of its own: nothing else needs these packages.
site:
	test -x .venv-site/bin/mkdocs || $(PYTHON) -m venv .venv-site
	.venv-site/bin/python -m pip install --quiet --requirement docs/requirements.txt
	NO_MKDOCS_2_WARNING=1 .venv-site/bin/mkdocs build --strict --clean

benchmark-training: $(READY)
	$(BIN)/python -m robust_style.benchmark.training_step

benchmark-transfer: $(READY)
	$(BIN)/python -m robust_style.benchmark.transfer_step

measure-controls: $(READY)
	$(BIN)/python -m robust_style.benchmark.measure_controls

texture-spread: $(READY)
	$(BIN)/python -m robust_style.benchmark.texture_spread

simulate-statistics: $(READY)
	$(BIN)/python -m robust_style.benchmark.simulate_statistics

clean:
	rm -rf results/demo results/miniature results/studies/*_small site
