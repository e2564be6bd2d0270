#!/usr/bin/env bash
# The whole gate, after scripts/setup.sh: formatting, clippy, build, tests, fuzzing, documentation, dependencies.
#
# The first step that fails ends it. The last lines say what could not be run and how many tests ran; with CI
# set, a missing program is a failure instead. Everything is built as Cargo.lock says.
set -euo pipefail
cd "$(dirname "$0")/.."

TARGET_DIR="${CARGO_TARGET_DIR:-target}"
export PATH="$TARGET_DIR/tools/bin:$PATH"
# What tests talk to. Each is looked for by the tests that need it, which say so and pass without it, except in CI.
PROGRAMS=(git jq kubectl prometheus psql c++)
# Each of the six fuzz targets: a minute in all.
FUZZ_SECONDS=10
ADVISORIES_TIMEOUT=30s
# What a debug build of the workspace and its tests takes, in GiB.
BUILD_GIB=14

not_run=()
log="$(mktemp)"
step=setup

have() { command -v "$1" >/dev/null 2>&1; }
in_ci() { [ -n "${CI:-}" ] && [ "${CI:-}" != false ]; }
begin() {
    step="$1"
    printf '\n== %s\n' "$step"
}

# Runs a test runner and keeps what it prints, for the count at the end.
counted() { "$@" 2>&1 | tee -a "$log"; }

# The closing lines of cargo test and nextest, added up, in the form that any CI reads.
count() {
    sed -E 's/\x1b\[[0-9;]*m//g' "$log" | awk '
        function number(word,  at) {
            if (!match($0, "[0-9]+ " word)) return 0
            return substr($0, RSTART, RLENGTH) + 0
        }
        /^test result: / || /^ *Summary \[/ {
            passed += number("passed"); failed += number("failed") + number("timed out")
            skipped += number("skipped") + number("ignored")
        }
        END { printf "tests: %d passed, %d failed, %d skipped\n", passed, failed, skipped }'
}

summary() {
    local status=$?
    printf '\n'
    if [ "$status" -ne 0 ]; then printf 'The gate is closed: %s failed.\n' "$step"; fi
    for item in "${not_run[@]}"; do printf 'not run: %s\n' "$item"; done
    if [ -s "$log" ]; then count; fi
    rm -f "$log"
    exit "$status"
}
trap summary EXIT

if in_ci; then
    # Nothing is built twice here, so there is nothing to gain from incremental state.
    export CARGO_INCREMENTAL=0
fi

for program in "${PROGRAMS[@]}"; do
    have "$program" || not_run+=("tests with $program: it is missing and could not be installed")
done
[ -d "$TARGET_DIR/tools/js/node_modules" ] || not_run+=("plugins in JavaScript: componentize-js is missing and could not be installed")
[ -d "$TARGET_DIR/tools/componentize-py" ] || not_run+=("plugins in Python: componentize-py is missing and could not be installed")
have cargo-deny || not_run+=("cargo deny: it is missing and could not be installed")
if in_ci && [ "${#not_run[@]}" -gt 0 ]; then exit 1; fi

# A full disk shows itself as a linker that dies; say it while it can still be understood.
mkdir -p "$TARGET_DIR"
free_gib=$(($(df --output=avail -k "$TARGET_DIR" | tail -1) / 1024 / 1024))
if [ ! -d "$TARGET_DIR/debug" ] && [ "$free_gib" -lt "$BUILD_GIB" ]; then
    printf 'expected %s GiB free below %s for a build of everything, found %s: make room, or set CARGO_TARGET_DIR\n' \
        "$BUILD_GIB" "$TARGET_DIR" "$free_gib"
    exit 1
fi

begin "formatting"
cargo fmt --all --check

begin "clippy"
cargo clippy --workspace --all-targets --locked --quiet -- -D warnings

# One build of everything with the features of the tests; `trawl` itself is among it, for the tests that run it.
begin "build"
cargo build --workspace --all-targets --locked --quiet

begin "tests"
if have cargo-nextest; then
    counted cargo nextest run --workspace --locked --no-fail-fast --status-level slow --final-status-level fail
else
    counted cargo test --workspace --all-targets --locked --no-fail-fast --quiet
fi

if have c++; then
    begin "fuzzing"
    scripts/fuzz.sh "$FUZZ_SECONDS"
fi

begin "examples in the documentation"
counted cargo test --workspace --doc --locked --quiet

begin "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --quiet

if have cargo-deny; then
    begin "licences, bans, sources"
    cargo-deny --locked check --hide-inclusion-graph licenses bans sources
    begin "advisories"
    if timeout "$ADVISORIES_TIMEOUT" cargo-deny --locked fetch db >/dev/null 2>&1; then
        # What is published over night must not turn an unchanged commit red: it is shown, and a person decides.
        cargo-deny --locked check --hide-inclusion-graph advisories ||
            not_run+=("nothing: but cargo deny found advisories, shown above")
    else
        not_run+=("advisories: their database could not be reached")
    fi
fi
