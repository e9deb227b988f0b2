# Firedrill. Two commands do everything: `make demo` and `make test`.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:

# One spelling of the release build: targets that build with other flags would undo each other's work.
RELEASE := -c release --static-swift-stdlib
BIN := $(CURDIR)/.build/release

.PHONY: help demo test lint bench build sanitize package install uninstall man clean bootstrap

help: ## what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | awk -F '|' '{ printf "%-16s %s\n", $$1, $$2 }'

demo: build ## break the shop, fail the grade, repair it by the runbook, pass the grade
	$(BIN)/firedrill demo

test: build ## every test, those against real Postgres and Redis included
	swift test --no-parallel --skip ScenarioTests
	FIREDRILL_BIN_DIR=$(BIN) swift test --skip-build --filter ScenarioTests

lint: ## swift format, shellcheck, yamllint, tidiness; every problem is printed
	scripts/bootstrap lint
	scripts/lint

bench: build ## speed and memory, to look at by hand
	FIREDRILL_BIN_DIR=$(BIN) scripts/bench

build: bootstrap ## release binaries in .build/release
	swift build $(RELEASE)

bootstrap: # Debian packages that are missing, for building and running
	scripts/bootstrap build run

sanitize: bootstrap ## the tests under the thread sanitizer (slow, builds of its own)
	FIREDRILL_BIN_DIR=$(BIN) swift test --sanitize=thread --scratch-path .build/sanitize

man: build ## the manual page, to dist/firedrill.1
	mkdir -p dist
	scripts/man-page $(BIN)/firedrill > dist/firedrill.1

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
