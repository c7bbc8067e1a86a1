"""The command that runs a module in another process of this Python, and takes nothing from the current folder.

`python -m` looks for modules in the current folder first. Where somebody else may write to it, such as in `/tmp`,
a file of theirs would run in the place of the module, or of one that it imports.
"""

from __future__ import annotations

import sys


def python_module(name: str, *arguments: str) -> list[str]:
    """Return the command that runs a module as a program.

    Args:
        name: The module's dotted name.
        arguments: What the program is given.
    """
    return [sys.executable, "-P", "-m", name, *arguments]
