"""Which flow file a file of cases belongs to. It imports nothing: pytest asks for every file that it meets."""

from __future__ import annotations

from pathlib import Path

FLOW = ".flow.json"
CASES = (".cases", ".cases.jsonl")


def is_cases(path: Path) -> bool:
    """Whether a file is one of cases, by its name."""
    return path.name.endswith(CASES)


def flow_of(cases: Path) -> Path | None:
    """Return the flow file beside a file of cases.

    That is the one with the longest name that the name of the cases begins with, up to a dot: both `dentist.cases`
    and `dentist.evening.cases` belong to `dentist.flow.json`. Where none is called so, it is the only one there.
    """
    name = cases.name.removesuffix(".jsonl").removesuffix(".cases")
    while name:
        flow = cases.with_name(f"{name}{FLOW}")
        if flow.is_file():
            return flow
        name = name.rpartition(".")[0]
    there = flows_beside(cases)
    return there[0] if len(there) == 1 else None


def flows_beside(cases: Path) -> list[Path]:
    """Return the flow files in the folder of a file of cases."""
    return sorted(cases.parent.glob(f"*{FLOW}"))
