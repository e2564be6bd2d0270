# The two commands of the README. Each does its own set-up on a fresh Debian machine that has rustup's Rust.

.PHONY: help demo test test-long bench setup-rust setup-programs

help: ## What there is (the default)
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

demo: setup-rust ## Build trawl and take the tour of the embedded fleet
	cargo build --locked
	cargo run --locked --quiet -- demo

test: setup-rust setup-programs ## The whole gate: formatting, clippy, tests, documentation, dependencies
	scripts/gate.sh

test-long: setup-rust setup-programs ## Hours: a million generated texts, 20,000 random queries, an hour of fuzzing
	TRAWL_LONG=1 cargo test --workspace --locked --test generated --test random -- --nocapture
	scripts/fuzz.sh 600

bench: setup-rust ## What trawl reaches of what the network allows, as ratios to floors of the same run
	cargo build --locked --profile bench -p trawl-demo --example fleet
	cargo build --locked --profile bench -p trawl-bench
	$${CARGO_TARGET_DIR:-target}/release/trawl-bench $${CARGO_TARGET_DIR:-target}/release/examples/fleet $${CARGO_TARGET_DIR:-target}/bench.json

setup-rust: ## The linker, toolchain and wasm target that a build needs
	@scripts/setup.sh rust

setup-programs: ## The real programs that tests talk to, and cargo-deny
	@scripts/setup.sh programs
