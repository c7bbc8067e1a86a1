"""What this machine has for a local model: cores, memory, and a processor that can run it.

Container limits count: a notebook server often has one core and
2 GB of a much larger machine, and threads that wait for each other on too few cores are ten times slower.
"""

from __future__ import annotations

import os
import platform
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")
_PROC = Path("/proc")


def usable_cores() -> int:
    """Return the cores this process may use, at least 1."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, _, period = _read(_CGROUP / "cpu.max").partition(" ")
    if quota.isdecimal() and period.strip().isdecimal():
        cores = min(cores, int(quota) // int(period))
    return max(1, cores)


def free_memory_bytes() -> int | None:
    """Return the memory that is still available, in bytes, or `None` if that is not known."""
    lines = _read(_PROC / "meminfo").splitlines()
    known = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    limit, used = _read(_CGROUP / "memory.max").strip(), _read(_CGROUP / "memory.current").strip()
    if limit.isdecimal() and used.isdecimal():
        known.append(int(limit) - int(used) + _reclaimable_bytes())
    return max(0, min(known)) if known else None


def lacks_avx2() -> bool:
    """Return whether the processor is known to lack AVX2: without it, the x86 builds would crash the kernel."""
    if platform.machine().lower() not in {"x86_64", "amd64"}:
        return False
    flags = [line for line in _read(_PROC / "cpuinfo").splitlines() if line.startswith("flags")]
    return bool(flags) and "avx2" not in flags[0].split()


def _reclaimable_bytes() -> int:
    """Return the size of the container's file cache that the system can reclaim, in bytes."""
    for line in _read(_CGROUP / "memory.stat").splitlines():
        name, _, value = line.partition(" ")
        if name == "inactive_file":
            return int(value)
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:  # this system has no such file
        return ""
