"""The input of a case in words, by place: a recording keeps them, to show which words have changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from byok_widgets.cases.case import Case


def given_words(case: Case) -> Mapping[str, str]:
    """Return all that counts for the case's `input_id`, in words."""
    return dict(_places(case))


def _places(case: Case) -> Iterator[tuple[str, str]]:
    if case.text:
        yield "text", case.text
    for number, message in enumerate(case.transcript, 1):
        yield f"message {number} ({message.role})", message.content
    for number, said in enumerate(case.caller, 1):
        yield f"turn {number}", said
    for name, value in case.variables.items():
        yield f"variable {name}", _written(value)
    for node, stub in case.stubs.items():
        yield f"stub of {node}", _written(dict(stub))
    for name, value in case.simulated.data.items() if case.simulated else ():
        yield f"{name} of the simulated caller", value if isinstance(value, str) else _written(value)


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
