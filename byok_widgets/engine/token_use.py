"""`TokenUse`: how many tokens a request of a model takes, by what its last answers took."""

from __future__ import annotations

from byok_widgets.usage import Usage

_SHARE_OF_LATEST = 0.2


class TokenUse:
    """The average of the last answers, in tokens; the latest ones count most."""

    def __init__(self) -> None:
        self._means: dict[str, float] = {}

    def note(self, usage: Usage | None) -> None:
        """Take note of an answer. What is read from a cache counts towards few quotas, and not here."""
        if usage is None:
            return
        cached = usage.cached_input_tokens or 0
        self._note("input", None if usage.input_tokens is None else usage.input_tokens - cached)
        self._note("output", usage.output_tokens)

    def of(self, quota: str) -> float:
        """Return the units of a quota that one request takes: 1 where it counts requests, or nothing is known.

        Args:
            quota: The name of what it counts, such as `"input tokens"` or `"tokens/minute"`.
        """
        if "token" not in quota:
            return 1.0
        counted = [mean for name, mean in self._means.items() if name in quota] or self._means.values()
        return max(1.0, sum(counted))

    def _note(self, name: str, tokens: int | None) -> None:
        if tokens is not None:
            before = self._means.get(name, tokens)
            self._means[name] = before + _SHARE_OF_LATEST * (tokens - before)
