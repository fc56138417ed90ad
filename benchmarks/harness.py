"""What the benchmarks share: medians, peak memory in a process of its own, ratios against a named peer.

A benchmark is a module of this folder that prints its results when run:

    from benchmarks.harness import Result, compare, measure, show

    def main() -> None:
        ours = show(measure("our way", our_way))
        peer = show(measure("their way", their_way))
        compare(ours, peer, at_most=1.3)

    if __name__ == "__main__":
        main()
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Result:
    """Times of one thing, in seconds, and the most memory of a process that did it, in MB (2^20 bytes)."""

    name: str
    times_s: tuple[float, ...]
    peak_mb: float | None = None

    @property
    def median_s(self) -> float:
        """The median of the times."""
        return statistics.median(self.times_s)


def measure(name: str, function: Callable[[], object], *, runs: int = 5, warm_up: int = 1) -> Result:
    """Time a function in this process, after ``warm_up`` calls that do not count."""
    for _ in range(warm_up):
        function()
    times = []
    for _ in range(runs):
        gc.collect()
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return Result(name, tuple(times))


def measure_isolated(
    name: str,
    function: Callable[..., object],
    *args: Any,
    runs: int = 3,
    cold: Callable[[], object] | None = None,
) -> Result:
    """Time a function of a module, each run in a new process, whose peak memory is read as well.

    The time excludes the start of the process and the import of the function's module; what the function
    imports itself counts. ``cold`` is called in the new process first and does not count.
    """
    context = multiprocessing.get_context("spawn")
    times, peaks = [], []
    for _ in range(runs):
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_isolated, args=(sender, function, args, cold))
        process.start()
        sender.close()
        try:
            elapsed_s, peak_mb = receiver.recv()
        except EOFError:
            process.join()
            raise RuntimeError(f"{name}: the process ended with {process.exitcode}") from None
        process.join()
        times.append(elapsed_s)
        peaks.append(peak_mb)
    return Result(name, tuple(times), max(peaks))


def _isolated(
    sender: Connection,
    function: Callable[..., object],
    args: Sequence[Any],
    cold: Callable[[], object] | None,
) -> None:
    if cold is not None:
        cold()
    start = time.perf_counter()
    function(*args)
    elapsed_s = time.perf_counter() - start
    sender.send((elapsed_s, _own_peak_mb()))
    sender.close()


def measure_command(
    name: str,
    command: Sequence[str],
    *,
    runs: int = 9,
    warm_up: int = 1,
    env: Mapping[str, str] | None = None,
) -> Result:
    """Time a command from its start to its end, and read its peak memory.

    The kernel counts the memory of this process into the command's peak, as the least it can be: keep this
    process small and do not import heavy libraries into it.

    Raises:
        RuntimeError: it ended with another code than 0.
    """
    times, peaks = [], []
    for run in range(warm_up + runs):
        start = time.perf_counter()
        pid = os.posix_spawnp(
            command[0],
            list(command),
            dict(os.environ if env is None else env),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, descriptor, os.devnull, os.O_RDWR, 0) for descriptor in (0, 1)
            ],
        )
        _, status, usage = os.wait4(pid, 0)
        elapsed_s = time.perf_counter() - start
        if code := os.waitstatus_to_exitcode(status):
            raise RuntimeError(f"{name}: {' '.join(command)} ended with {code}")
        if run >= warm_up:
            times.append(elapsed_s)
            peaks.append(_peak_mb(usage))
    return Result(name, tuple(times), max(peaks))


def _own_peak_mb() -> float:
    # Since the program was started; getrusage would count what the parent held when it forked.
    try:
        status = Path("/proc/self/status").read_text("ascii")
    except OSError:
        return _peak_mb(resource.getrusage(resource.RUSAGE_SELF))
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / MB


def _peak_mb(usage: resource.struct_rusage) -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return usage.ru_maxrss * unit / MB


def show(result: Result) -> Result:
    """Print a line for a result and return it."""
    spread = f"{_time(min(result.times_s))} .. {_time(max(result.times_s))}, {len(result.times_s)} runs"
    memory = "" if result.peak_mb is None else f"  {result.peak_mb:7.0f} MB"
    print(f"{result.name:<52} {_time(result.median_s):>10}{memory}  ({spread})", flush=True)
    return result


def compare(
    ours: Result, peer: Result, *, at_most: float | None = None, faster_by: float | None = None
) -> float:
    """Print how many times the peer's median ours takes, or by how much it is faster, with the goal.

    Args:
        ours: what is ours.
        peer: what it is compared with, measured in the same run.
        at_most: the goal as ours / peer.
        faster_by: the goal as peer / ours; the ratio is then printed and returned that way round.

    Returns:
        The ratio.
    """
    inverse = faster_by is not None
    ratio = peer.median_s / ours.median_s if inverse else ours.median_s / peer.median_s
    goal = ""
    if faster_by is not None:
        goal = f"  goal: at least {faster_by:g}: {'met' if ratio >= faster_by else 'MISSED'}"
    elif at_most is not None:
        goal = f"  goal: at most {at_most:g}: {'met' if ratio <= at_most else 'MISSED'}"
    relation = "is faster by" if inverse else "takes"
    print(f"  -> {ours.name} {relation} {ratio:.2f} times {peer.name}{goal}", flush=True)
    return ratio


def _time(seconds: float) -> str:
    if seconds < 1e-3:
        return f"{seconds * 1e6:.1f} µs"
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"
