"""Builds a project of this SDK: `python sdk/build.py` writes `dist/NAME.wasm`, NAME being the `name` of pyproject.toml.

The component imports the contract and nothing else. `plugin.py` has the classes `Source` and `Session`; more modules may stand
beside it.
"""

import os
import pathlib
import subprocess
import sys
import tomllib


def main() -> int:
    name = tomllib.loads(pathlib.Path("pyproject.toml").read_text("utf-8"))["project"]["name"]
    dist = pathlib.Path("dist")
    dist.mkdir(exist_ok=True)
    made = dist / f"{name}.wasm"
    new = dist / f"{name}.wasm.new"
    command = [sys.executable, "-c", "import sys, componentize_py; sys.exit(componentize_py.script())", "--quiet",
               "--wit-path", "sdk/wit/source.wit", "--world", "source-plugin",
               # Nothing of WASI is imported: the contract has a clock and a log.
               "componentize", "--stub-wasi", "--python-path", "sdk", "--python-path", ".", "--output", str(new), "plugin"]
    # Packages of the environment are not the plugin's: what it uses stands beside it.
    environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    status = subprocess.run(command, env=environment, check=False).returncode
    if status == 0:
        new.replace(made)
        print(f"{made}: {made.stat().st_size} bytes")
    return status


if __name__ == "__main__":
    sys.exit(main())
