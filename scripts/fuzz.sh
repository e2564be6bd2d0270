#!/usr/bin/env bash
# scripts/fuzz.sh SECONDS [TARGET…]: fuzzes each target (default: all) for so many seconds on a stack of 2 MiB.
#
# A finding is kept in fuzz/artifacts/TARGET and ends the run with the command that repeats it. FUZZ_SEED repeats the random
# choices of a run. Corpora stay in fuzz/corpus, so that the next run goes on where this one ends.
set -euo pipefail
cd "$(dirname "$0")/.."

# What a thread of a runtime has; the main thread would have four times as much.
STACK_KIB=2048
# Long enough for nested brackets and several statements, short enough for thousands of inputs a second.
MAX_LENGTH=4096
# An input that takes longer, in seconds, is a finding: it would block a server.
SLOWEST=10

seconds="${1:?how many seconds for each target?}"
shift
if [ "$#" -eq 0 ]; then
    mapfile -t targets < <(find fuzz/targets -name '*.rs' -exec basename {} .rs \; | sort)
else
    targets=("$@")
fi
seed="${FUZZ_SEED:-$((RANDOM * 32768 + RANDOM + 1))}"
target_dir="${CARGO_TARGET_DIR:-target}"

dictionary=fuzz/corpus/dictionary
# With the features of the whole workspace, so that no dependency is built a second time.
cargo build --locked --quiet --workspace --bin seeds
"$target_dir/debug/seeds" fuzz/corpus/seeds "$dictionary"

bins=("${targets[@]/#/--bin=fuzz-}")
RUSTC_WORKSPACE_WRAPPER="$PWD/scripts/fuzz-rustc.sh" \
    cargo build --locked --quiet --workspace --features trawl-fuzz/libfuzzer "${bins[@]}"

status=0
for target in "${targets[@]}"; do
    printf '\n== %s: %s s, seed %s\n' "$target" "$seconds" "$seed"
    mkdir -p "fuzz/corpus/$target" "fuzz/artifacts/$target" "fuzz/regressions/$target"
    log="fuzz/artifacts/$target/log"
    if (
        ulimit -s "$STACK_KIB"
        exec "$target_dir/debug/fuzz-$target" "fuzz/corpus/$target" fuzz/corpus/seeds "fuzz/regressions/$target" \
            -max_total_time="$seconds" -max_len="$MAX_LENGTH" -timeout="$SLOWEST" -seed="$seed" -dict="$dictionary" \
            -artifact_prefix="fuzz/artifacts/$target/" -print_final_stats=1 -verbosity=1
    ) >"$log" 2>&1; then
        grep -E '^(stat::number_of_executed_units|stat::average_exec_per_sec)|DONE' "$log" || true
        continue
    fi
    status=1
    tail -n 40 "$log"
    found="$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)"
    printf '\n%s found something, with seed %s.\n' "$target" "$seed"
    if [ -n "$found" ]; then
        printf 'Repeat it:    (ulimit -s %s; %s/debug/fuzz-%s %s)\n' "$STACK_KIB" "$target_dir" "$target" "$found"
        printf 'When fixed:   cp %s fuzz/regressions/%s/ and give it a name that says what it was\n' "$found" "$target"
    fi
done
exit "$status"
