"""`Shard`: one of several parts of a comparison, each of which runs in a process of its own, on any machine.

The same call with another number runs another part: cases are split by their names and texts alone. Each part
writes a file of its own, takes its part of the limits, and leaves the rest of the provider's quota to the others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from byok_widgets.cases.case import Cases
from byok_widgets.compare.spending.limits import Limits
from byok_widgets.errors import ConfigError
from byok_widgets.secrets.quoting import as_given

_PART = re.compile(r"\.\d+-of-\d+$")


@dataclass(frozen=True)
class Shard:
    """One part.

    Attributes:
        number: Which one, from 1.
        count: How many there are.
    """

    number: int = 1
    count: int = 1

    @classmethod
    def of(cls, given: Any) -> Shard:
        """Return the part that was asked for; all there is where none was.

        Raises:
            ConfigError: It is no part.
        """
        if given is None:
            return WHOLE
        is_pair = isinstance(given, Sequence) and len(given) == 2 and all(type(each) is int for each in given)
        if is_pair and 1 <= given[0] <= given[1]:
            return cls(*given)
        raise ConfigError(
            f"A shard is a number and how many there are, not {as_given(given)}.",
            kind="shard",
            fix="Write shard=(1, 4) for the first of four.",
        )

    @property
    def words(self) -> str:
        """The part in words, for a title; empty for the whole."""
        return f", shard {self.number} of {self.count}" if self.count > 1 else ""

    def cases(self, cases: Cases) -> Cases:
        """Return the cases of this part; equal ones stay together.

        Raises:
            ConfigError: There are fewer cases than parts.
        """
        if self.count == 1:
            return cases
        # By name, so that every machine splits them alike.
        inputs = dict.fromkeys(case.input_id for case in sorted(cases, key=lambda case: case.name))
        own = {each for at, each in enumerate(inputs) if at % self.count == self.number - 1}
        if not own:
            raise ConfigError(
                f"There are {len(inputs)} cases for {self.count} shards.",
                kind="shard",
                fix="Take fewer shards, or more cases.",
            )
        return Cases([case for case in cases if case.input_id in own], cases.source)

    def limits(self, limits: Limits) -> Limits:
        """Return this part of the limits: those of all parts together are what was given.

        Raises:
            ConfigError: There are fewer calls than parts.
        """
        usd = None if limits.usd is None else limits.usd / self.count
        if limits.max_calls is None:
            return Limits(usd)
        calls, rest = divmod(limits.max_calls, self.count)
        if not calls:
            raise ConfigError(
                f"max_calls={limits.max_calls} is less than one call for each of {self.count} shards.",
                kind="shard",
                fix="Allow more calls, or take fewer shards.",
            )
        return Limits(usd, calls + (self.number <= rest))

    def path(self, path: Path) -> Path:
        """Return the file of this part, beside that of the whole."""
        if self.count == 1:
            return path
        return path.with_name(f"{path.stem}.{self.number}-of-{self.count}{path.suffix}")


WHOLE = Shard()


def shards_of(path: Path) -> list[Path]:
    """Return the files of parts that stand beside that of the whole."""
    beside = sorted(path.parent.glob(f"*{path.suffix}")) if path.parent.is_dir() else []
    return [each for each in beside if _PART.search(each.stem) and _PART.sub("", each.stem) == path.stem]
