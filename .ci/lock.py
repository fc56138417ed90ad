"""Write constraints.txt and constraints-dev.txt from pyproject.toml: every package pinned, with hashes.

One resolution for every supported Python (3.11 and newer) and platform, made by uv, which is installed into
an environment of its own below build/. Where Python versions need different releases, markers tell them
apart. constraints.txt holds what the service and the build of its wheel need; constraints-dev.txt what tests,
linters and benchmarks need besides. Neither names the index that the packages came from.

    python .ci/lock.py              keep the versions locked so far where pyproject.toml allows them
    python .ci/lock.py --upgrade    take the newest that it allows
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "lock"
UV = "uv==0.13.9"
OLDEST_PYTHON = "3.11"
HEAD = "# Made by `make lock` from pyproject.toml. Install with: pip install --require-hashes -r {files}\n"


def uv() -> Path:
    """Return the resolver, installed on first use."""
    program = WORK / "env" / "bin" / "uv"
    if not program.exists():
        venv.create(WORK / "env", with_pip=True, clear=True)
        pip = [str(WORK / "env" / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--quiet", UV], check=True)
    return program


def compile_lock(output: Path, *options: str) -> None:
    """Resolve pyproject.toml and the build backend; versions in ``output`` are kept if it exists."""
    build = WORK / "build.in"
    requires = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
    build.write_text("\n".join(requires) + "\n", "utf-8")
    command = [str(uv()), "pip", "compile", "--quiet", "--universal", "--python-version", OLDEST_PYTHON]
    command += ["--generate-hashes", "--no-header", "--no-annotate"]
    command += ["--no-emit-index-url", "--no-emit-find-links"]
    command += ["--output-file", str(output), *options, "pyproject.toml", str(build)]
    subprocess.run(command, cwd=ROOT, check=True)


def blocks(lock: str) -> list[tuple[str, str]]:
    """Split a lock into (package name, pin with its hashes), in order; comments are left out."""
    lines = [line for line in lock.splitlines(keepends=True) if not line.lstrip().startswith("#")]
    pins = re.findall(r"^\S.*(?:\n[ \t]+.*)*\n", "".join(lines), re.MULTILINE)
    return [(re.split(r"[=\[ ]", pin, maxsplit=1)[0], pin) for pin in pins]


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--upgrade", action="store_true", help="take newer versions")
    upgrade = parser.parse_args().upgrade
    WORK.mkdir(parents=True, exist_ok=True)
    runtime_file, dev_file = ROOT / "constraints.txt", ROOT / "constraints-dev.txt"
    everything, runtime = WORK / "everything.txt", WORK / "runtime.txt"
    locked = [file.read_text("utf-8") for file in (runtime_file, dev_file) if file.exists()]
    everything.write_text("" if upgrade else "".join(locked), "utf-8")
    runtime.unlink(missing_ok=True)
    compile_lock(everything, "--all-extras")
    compile_lock(runtime, "--constraint", str(everything))
    pins = blocks(runtime.read_text("utf-8"))
    names = {name for name, _ in pins}
    extra = [pin for name, pin in blocks(everything.read_text("utf-8")) if name not in names]
    runtime_file.write_text(HEAD.format(files="constraints.txt") + "".join(pin for _, pin in pins), "utf-8")
    dev_file.write_text(HEAD.format(files="constraints.txt -r constraints-dev.txt") + "".join(extra), "utf-8")
    sys.stdout.write(f"constraints.txt: {len(pins)} pins; constraints-dev.txt: {len(extra)} more\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
