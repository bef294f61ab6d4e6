# `make demo` shows the daemon at work, `make test` tests it. `make` alone lists all there is.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo demo-packages demo-on packages test test-package build install deb test-deb fleet fuzz fuzz-http sanitize simulate mutations bench-proxy chaos kills soak clean

PREFIX ?= /usr/local
DESTDIR ?=
# Where the package is tested under systemd: host (overlays over this machine), bookworm, trixie.
SYSTEMS ?= host

# git fetches the Swift packages; g++ brings the C++ headers that toml++ is compiled with.
build_packages := git g++ pkg-config libcurl4-openssl-dev libssl-dev libsystemd-dev
demo_packages := curl
# python3-venv: for Ansible and two libraries from PyPI. Programs of packages that start services are only unpacked.
test_packages := openssl socat ca-certificates curl mandoc python3-venv shellcheck strace
deb_packages := debhelper lintian

help: ## lists these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

demo: demo-packages ## shows the daemon at work against a simulated AssetIT on loopback; changes nothing on this host
	@echo "Building daemon, client and simulator (the first time, a minute or two; debug, which is quicker to build)"
	@swift build --quiet --product assetit-tokend
	@swift build --quiet --product assetit-token
	@swift build --quiet --product assetit-sim
	@build-aux/demo "$$(swift build --show-bin-path)"

demo-packages:
	@build-aux/require $(build_packages) $(demo_packages)

demo-on: ## builds and runs the demo in a minimal Debian made for it: SUITE=trixie (as root)
	@build-aux/demo-on $(or $(SUITE),trixie)

packages: ## installs the Debian packages that an ordinary user's `make test` needs (as root)
	@build-aux/require $(build_packages) $(test_packages)

test: packages ## installs what tests need, checks the format, builds without warnings, runs every test
	swift format lint --strict --recursive Sources Tests Package.swift
	@build-aux/test

test-package: ## tests the Debian package under a real systemd: SYSTEMS="host bookworm trixie" (as root; host)
	@((EUID != 0)) || build-aux/require $(build_packages) $(deb_packages)
	@build-aux/test-systemd $(addprefix --on ,$(SYSTEMS)) || [[ $$? == 77 ]]

build: ## builds the daemon for use: optimized, with Swift's libraries linked in
	@build-aux/require $(build_packages)
	@build-aux/release

install: ## installs what `make build` made: DESTDIR=, PREFIX=/usr/local
	@build-aux/install "$(DESTDIR)" "$(PREFIX)"

deb: ## builds the Debian package into build/
	@build-aux/require $(build_packages) $(deb_packages)
	@build-aux/deb

test-deb: SYSTEMS = bookworm trixie
test-deb: test-package ## the same on minimal Debians 12 and 13, made for it

# HOSTS="10000 1000000" adds a million; that takes some ten minutes.
HOSTS ?= 10000
fleet: ## what a fleet asks of AssetIT, under this policy and others': HOSTS=10000; plot in build/fleet.svg
	@build-aux/require $(build_packages)
	@mkdir -p build
	@swift build -c release --scratch-path .build-bench --product assetit-fleet >&2
	@.build-bench/release/assetit-fleet $(addprefix --hosts ,$(HOSTS)) --plot build/fleet.svg

LIVES ?= 1000
simulate: ## random lives of the whole daemon under a virtual clock, checked: LIVES=1000 SEED=1
	@build-aux/require $(build_packages)
	@swift build -c release --scratch-path .build-bench --product simulate >&2
	@.build-bench/release/simulate $(LIVES) $(SEED)

mutations: ## breaks each rule of the machine once, and sees the simulation find it: LIVES=1000 SEED=1
	@build-aux/require $(build_packages)
	@build-aux/mutations $(LIVES) $(SEED)

# Campaigns against the built programs, from a seed: docs/reliability.md. In `make test` they are short.
SECONDS ?= 120
KILLS ?= 100
MINUTES ?= 10
SEED ?= 1
campaign = export ASSETIT_STRICT=1; swift build --build-tests --quiet && \
  swift test --skip-build --filter "EndToEndTests.CampaignTests/$(1)"
chaos: ## faults of every kind while readers read on every path: SECONDS=120 SEED=1
	@build-aux/require $(build_packages) $(test_packages)
	@CHAOS_SECONDS=$(SECONDS) SEED=$(SEED) bash -c '$(call campaign,chaos)'

kills: ## SIGKILL at random moments: KILLS=100 SEED=1
	@build-aux/require $(build_packages) $(test_packages)
	@KILLS=$(KILLS) SEED=$(SEED) bash -c '$(call campaign,kills)'

soak: ## refreshes and reloads without end: MINUTES=10
	@build-aux/require $(build_packages) $(test_packages)
	@SOAK_MINUTES=$(MINUTES) bash -c '$(call campaign,soak)'

bench-proxy: ## what nginx's question to the daemon costs, against a fixed header
	@build-aux/require $(build_packages) curl
	@swift build -c release --static-swift-stdlib --scratch-path .build-release --product assetit-sim \
	  -Xlinker -z -Xlinker now >&2
	@Benchmarks/proxy "$$(build-aux/release)"
CONNECTIONS ?= 250000
fuzz-http: ## damaged and aborted HTTP requests: CONNECTIONS=250000 SEED=1
	@build-aux/require $(build_packages) $(test_packages)
	@export ASSETIT_STRICT=1 ASSETIT_FUZZ_CONNECTIONS=$(CONNECTIONS) ASSETIT_FUZZ_SEED=$(SEED); \
	  swift build --build-tests --quiet && swift test --skip-build --filter HTTPFuzzTests

# SECONDS is 120 unless it is given; libFuzzer learns within seconds, and goes on learning for minutes.
fuzz: ## libFuzzer on whatever comes from outside, each target: SECONDS=120 TARGETS="answer http …"
	@build-aux/require $(build_packages)
	@build-aux/fuzz $(SECONDS) $(TARGETS)

sanitize: ## unit tests under ThreadSanitizer and AddressSanitizer: SANITIZERS="thread address"
	@build-aux/require $(build_packages) $(test_packages)
	@build-aux/sanitize $(SANITIZERS)

clean: ## removes everything that was built
	rm -rf .build .build-release .build-bench .build-fuzz .build-tsan .build-asan build
