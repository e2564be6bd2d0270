#!/usr/bin/env bash
# Cargo's RUSTC_WORKSPACE_WRAPPER for scripts/fuzz.sh: compiles our crates with the counters that libFuzzer reads. Crates of
# others are compiled as always, so that they are shared with every other build. Works with the stable compiler.
set -euo pipefail

rustc="$1"
shift

counters=(
    -Cpasses=sancov-module
    -Cllvm-args=-sanitizer-coverage-level=4
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
    -Cllvm-args=-sanitizer-coverage-pc-table
    -Cllvm-args=-sanitizer-coverage-trace-compares
    # Some speed; checks of arithmetic and assertions stay.
    -Copt-level=2 -Cdebug-assertions=yes -Coverflow-checks=yes
)
# Only what ends up in a target has libFuzzer to link with: no build script, no macro.
for argument in "$@"; do
    case "$argument" in
        build_script_*|proc-macro|-vV|--print|--print=*) counters=() ;;
    esac
done
exec "$rustc" "$@" "${counters[@]}"
