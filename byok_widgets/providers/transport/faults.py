"""What makes a call impossible, or its answer unreadable; the error mapping says it in words."""

from __future__ import annotations

from typing import Literal


class EnvironmentVariableError(Exception):
    """A variable of the environment has a value that the call needs and that cannot be used.

    It never holds the value, which may contain a password.

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


class UnknownEncodingError(Exception):
    """A body is encoded in a way that was not asked for and is not known here.

    Attributes:
        encoding: What its head calls that; a server may have written anything.
    """

    def __init__(self, encoding: str) -> None:
        super().__init__("The encoding of the body is not known.")
        self.encoding = encoding
