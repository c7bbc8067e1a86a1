"""`ActionResult`: what an action's function returned."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from byok_widgets.display import markup
from byok_widgets.display.value_words import labelled
from byok_widgets.nodes.value_display import shown_value
from byok_widgets.reply import LearnedValue, NodeResult


@dataclass(frozen=True, repr=False)
class ActionResult(NodeResult):
    """What an action node did.

    Attributes:
        node: Name of the node.
        function: Name of the function.
        values: The values it wrote, by variable; `None` where the function had none.
        latency_s: Seconds that the function took; 0 for a result that was reused.
        notices: Notices for the user.
        reused: Whether the function was not called, since it had already run with the same arguments.
        run_id: Id of the run.
    """

    field_name: ClassVar[str] = "did"
    verb: ClassVar[str] = "calls"

    node: str
    function: str
    values: Mapping[str, Any] = field(default_factory=dict)
    latency_s: float = 0.0
    notices: tuple[str, ...] = ()
    reused: bool = False
    run_id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    @property
    def effect_id(self) -> str:
        """The id of the run."""
        return self.run_id

    @property
    def learned(self) -> tuple[LearnedValue, ...]:
        """All its values: `None` replaces an earlier value that is no longer true."""
        return tuple(
            LearnedValue(name, value, "not_stated" if value is None else "found")
            for name, value in self.values.items()
        )

    @property
    def duration_s(self) -> float:
        """Seconds that the function took."""
        return self.latency_s

    @property
    def line(self) -> str:
        """The values in one line."""
        return ", ".join(labelled(name, value) for name, value in self.values.items())

    @property
    def explanation(self) -> str:
        """What was done, as the end of a sentence."""
        stated = ", ".join(labelled(found.name, found.value) for found in self.learned)
        did = f"did not call {self.function} again" if self.reused else f"called {self.function}"
        return f"{did}: {stated or 'it wrote nothing'}"

    def __repr__(self) -> str:
        return f"ActionResult({self.line})"

    def _repr_html_(self) -> str:
        rows = [(name, shown_value(value)) for name, value in self.values.items()]
        facts = " · ".join([self.function, f"{self.latency_s:.1f} s", *self.notices])
        return markup.table(rows, caption=f"{self.node} did", columns=("variable", "value")) + markup.facts(facts)
