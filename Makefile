# A thin face over Meson and ninja. `make help` lists what there is.
BUILD   ?= build
PREFIX  ?= /usr/local
SECONDS ?= 20
DESTDIR ?=
LIBDIR  ?= lib
SYSCONFDIR ?= $(if $(filter /usr,$(PREFIX)),/etc,etc)
NINJA    = ninja -C $(BUILD)
MESON    = meson

.DEFAULT_GOAL := help
.PHONY: help run build quick check check-guest check-newer check-cross sim fuzz bench nightly tidy sanitize coverage prove mutate sbom docs install uninstall clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile | expand -t 22

run: build ## install what the build needs, build, start a daemon with config/quickstart.yaml in the foreground
	@exec $(BUILD)/simple-utcd --config config/quickstart.yaml

build: deps-build ## build everything into build/
	@test -e $(BUILD)/build.ninja || $(MESON) setup $(BUILD)
	@$(NINJA)

quick: build ## under a minute: build, unit tests, stories, structure tests
	@$(MESON) test -C $(BUILD) --no-rebuild --suite unit --suite sim --print-errorlogs

check: deps-check ## install the test peers, build, run every test; ends with 'N passed, N failed, N skipped'
	@tools/check $(BUILD)

check-guest: deps-guest build ## the daemon against a real kernel clock, in an emulated machine
	@tests/guest/run $(BUILD)

check-newer: deps-newer build ## beside chronyd 4.6 and ntpd-rs of the next Debian, and built there too, in a root below build/newer; as root
	@tools/newer $(BUILD)

check-cross: deps-cross ## unit tests of the pure rooms on 32-bit ARM (64-bit time) and big-endian s390x
	@tools/cross

sim: build ## run every story of tests/scenario; SEED=n replays one seed
	@$(BUILD)/utcsim $(if $(SEED),--seed $(SEED)) tests/scenario/*.story

fuzz: deps-sanitize ## every fuzz target for SECONDS=20 each
	@tools/fuzz $(SECONDS)

bench: deps-check deps-bench build ## every figure beside other daemons, in bench/results: a quarter of an hour, LONG=1 for all
	@tools/bench $(BUILD)

nightly: ## everything, longer; FUZZ_SECONDS, STORM_DAYS, STARTS, GUEST_MINUTES say how much; bench/results/nightly.md has the result
	@tools/nightly

tidy: deps-sanitize build ## structure tests, cppcheck and clang-tidy
	@tools/tidy $(BUILD)

sanitize: deps-sanitize deps-check ## every test again under AddressSanitizer and UndefinedBehaviorSanitizer
	@tools/sanitize

coverage: deps-sanitize deps-check ## lines and branches that unit tests, stories and system tests run, by room (5 minutes)
	@tools/coverage

prove: deps-prove ## every state of the models by spin, every datagram through the NTP readers by Frama-C (860 MB of packages)
	@tests/model/run && tests/model/eva

mutate: deps-check ## change parsers and selection one operator at a time: the tests have to notice; COUNT=n tries a sample
	@tools/mutate $(if $(COUNT),--count $(COUNT))

sbom: build ## what the programs are made of, as CycloneDX JSON, in build/simple-utcd.cdx.json
	@tools/sbom $(BUILD) > $(BUILD)/simple-utcd.cdx.json && ls $(BUILD)/simple-utcd.cdx.json

docs: deps-docs build ## man pages and JSON Schema, in build/
	@ls $(BUILD)/docs/*.[158] $(BUILD)/simple-utcd.schema.json

install: build ## install to PREFIX=/usr/local below DESTDIR
	@$(MESON) configure $(BUILD) -Dprefix=$(PREFIX) -Dlibdir=$(LIBDIR) -Dsysconfdir=$(SYSCONFDIR) && DESTDIR=$(DESTDIR) $(MESON) install -C $(BUILD)

uninstall: ## remove what install put there
	@DESTDIR=$(DESTDIR) $(NINJA) uninstall

clean: ## remove build/
	@rm -rf $(BUILD)

deps-%:
	@tools/deps $*
