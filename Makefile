# Firedrill. Two commands do everything: `make demo` and `make test`.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:

# One spelling of the release build: targets that build with other flags would undo each other's work.
RELEASE := -c release --static-swift-stdlib
BIN := $(CURDIR)/.build/release
# Tests two at a time, but for labs that want the machine for themselves.
WIDTH := --two-at-a-time
ONE := --filter ScenarioTests.ScenarioTests
TWO := $(WIDTH) --filter ScenarioTests.SideBySideTests
# What part of the proof matrix `make test` runs; a tarball has no commit.
COMMIT = $(shell git rev-parse HEAD 2>/dev/null || echo 0000000)

.PHONY: help demo test lint certify mutate bench instructions micro build images prefetch test-containers sanitize soak package install uninstall man clean bootstrap

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | awk -F '|' '{ printf "%-16s %s\n", $$1, $$2 }'

demo: build ## break the shop, fail the grade, repair it by the runbook, pass the grade
	'$(BIN)/firedrill' demo

test: build ## every test but those of containers, and a sample of the proof matrix
	scripts/tests $(WIDTH) --skip '^ScenarioTests[.]'
	FIREDRILL_BIN_DIR='$(BIN)' scripts/tests --skip-build $(ONE) --skip ContainerTests
	FIREDRILL_BIN_DIR='$(BIN)' scripts/tests $(TWO) --skip-build --skip ContainerTests
	rm -rf .build/sample/certification.* .build/sample/evidence
	'$(BIN)/firedrill' certify --sample "$(COMMIT)" --again 2 --out .build/sample

lint: ## swift format, shellcheck, yamllint, tidiness; every problem is printed
	scripts/bootstrap lint
	scripts/lint

# Results are kept, so that an interrupted run goes on where it stopped, or where the published runs of the same files
# and programs end; only a clean one is published. Labs of containers have a folder and a page of their own.
KIND = $(if $(filter compose --engine=compose,$(ARGS)),-compose)
BUILT_FROM = $(shell c=$$(git rev-parse --short=12 HEAD 2>/dev/null) || exit 0; \
  git diff --quiet HEAD -- . ':!docs' || c=$$c-dirty; echo "$$c")
certify: build ## the whole proof matrix, to docs/; ARGS='--repeat 3', '--timing --repeat 20', '--busy', '--engine compose'
	mkdir -p docs dist/certify$(KIND)
	f=dist/certify$(KIND)/certification.jsonl; [ -e $$f ] || [ ! -e docs/certification$(KIND).jsonl ] || \
	  cp docs/certification$(KIND).jsonl $$f
	'$(BIN)/firedrill' certify --out dist/certify$(KIND) $(if $(BUILT_FROM),--commit $(BUILT_FROM)) $(ARGS)
	for kind in json jsonl md; do \
	  cp dist/certify$(KIND)/certification.$$kind docs/certification$(KIND).$$kind || exit; done

mutate: bootstrap ## changes in the checks that no test notices (10 min); FILES= LIMIT= SEED= take a sample
	FILES='$(FILES)' LIMIT='$(LIMIT)' SEED='$(SEED)' JOBS='$(JOBS)' scripts/mutate

bench: build ## speed and memory beside what people use instead, to docs/benchmarks.md; ARGS='--only proxies'
	scripts/bootstrap bench
	FIREDRILL_BIN_DIR='$(BIN)' Benchmarks/bench.py --json docs/bench.json --page docs/benchmarks.md $(ARGS)

instructions: build ## processor instructions of the pure parts, against Benchmarks/instructions.json; ARGS=--update
	scripts/bootstrap instructions
	FIREDRILL_BIN_DIR='$(BIN)' Benchmarks/instructions.py $(ARGS)

micro: bootstrap ## the same parts by the clock: swift package benchmark (a build of its own, 5 min); ARGS='--filter JSON'
	cd Benchmarks/Micro && swift package --scratch-path '$(CURDIR)/.build/micro' benchmark $(ARGS)

build: bootstrap ## release binaries in .build/release
	swift build $(RELEASE)

test-containers: build ## labs of containers, with a Docker engine of its own where none answers; needs root
	scripts/bootstrap containers
	swift build --build-tests
	FIREDRILL_BIN_DIR='$(BIN)' scripts/with-docker sh -c 'scripts/images && \
	  scripts/tests --skip-build $(ONE).*ContainerTests && \
	  scripts/tests $(TWO).HostileContainerTests --skip-build'

images: $(if $(filter container,$(BUILD)),,build) ## the images of labs of containers (firedrill start ID --engine compose); needs a Docker engine
	scripts/bootstrap containers
	FIREDRILL_BIN_DIR='$(BIN)' scripts/images

prefetch: images ## the images in one file, dist/firedrill-images.tar.gz, for a room without a network
	scripts/prefetch

bootstrap: # Debian packages that are missing, for building and running
	scripts/bootstrap build run

sanitize: bootstrap ## the tests without labs under the thread and address sanitizers (builds of its own; ARGS=thread)
	scripts/sanitize $(ARGS)

soak: build ## the shop under load for MINUTES (10), its connections cut again and again: nothing lost, nothing grows
	swift build --build-tests
	FIREDRILL_BIN_DIR='$(BIN)' FIREDRILL_SOAK=$(or $(MINUTES),10) scripts/tests --skip-build --filter ScenarioTests.SoakTests

man: build ## the manual page, to dist/firedrill.1
	mkdir -p dist
	scripts/man-page '$(BIN)/firedrill' > dist/firedrill.1

package: build ## dist/firedrill-VERSION-linux-ARCH.tar.gz of binaries that need no Swift, tried out
	scripts/package
	scripts/package-test

install: build ## to PREFIX (default ~/.local, /usr/local for root)
	scripts/stage .build/stage
	.build/stage/install.sh --no-packages

uninstall: ## undo `make install` and the packages that the bootstrap installed
	scripts/uninstall

clean: ## what was built
	rm -rf .build dist
