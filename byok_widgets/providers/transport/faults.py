"""What the transport itself refuses; the error mapping says it in words.

These hold facts about bounds and names of variables, never a value that may contain a password.
"""

from __future__ import annotations

from typing import Literal


class TransportFaultError(Exception):
    """A call that the transport gave up for a reason of its own."""


class ResponseTooLargeError(TransportFaultError):
    """A response exceeds a bound.

    Attributes:
        bound: Which one: `answer`, `list`, `error` (the body of an error) or `compression`.
        limit: The bound, in bytes; for `compression` the largest ratio.
    """

    def __init__(self, bound: str, limit: int) -> None:
        super().__init__(f"The response exceeds the bound {bound!r} ({limit}).")
        self.bound = bound
        self.limit = limit


class EnvironmentVariableError(TransportFaultError):
    """A variable of the environment has a value that the call needs and that cannot be used.

    Attributes:
        kind: The kind of the error that people see.
        variable: Name of the variable.
        what: What is wrong with it, as the rest of a sentence that begins with the variable's name.
        fix: What to do about it.
    """

    def __init__(self, kind: Literal["proxy", "certificate"], variable: str, what: str, fix: str) -> None:
        super().__init__(f"{variable} {what}.")
        self.kind = kind
        self.variable = variable
        self.what = what
        self.fix = fix
