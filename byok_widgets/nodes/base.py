"""`Node`: one step of a flow, and all that the rest of the package needs from any kind of node."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from byok_widgets.attributes.guesses import AnswersGuesses
from byok_widgets.attributes.strict import StrictAttributes
from byok_widgets.config import ModelRef, ResolvedModel
from byok_widgets.display import markup
from byok_widgets.engine.sync_runner import Work
from byok_widgets.errors import ConfigError
from byok_widgets.messages import Message
from byok_widgets.misplaced_keys import reject_whole_key
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.reply import NodeResult
from byok_widgets.secrets import redact

if TYPE_CHECKING:
    from byok_widgets.findings import Finding
    from byok_widgets.nodes.effects import Effects
    from byok_widgets.nodes.own_setting import OwnSetting
    from byok_widgets.nodes.teachable import Teachable
    from byok_widgets.schema import FieldSpec

R = TypeVar("R", bound=NodeResult)

NODE_COLUMNS = ("node", "kind", "prompt", "writes", "model")


@dataclass(frozen=True)
class NodeInput:
    """What a node is given for one run: by a session, or by a call of the node alone.

    Attributes:
        messages: The dialogue so far.
        variables: The values by name.
        model: Model for this run only, as a ref where it was checked before; `None` leaves the choice to the node.
        first_visit: Whether the node has not spoken in this session; `None` outside a session.
        effects: The effects of this session and its forks; `None` outside a session.
        settings: Model settings for this run only, which win over the node's.
        max_tokens: Maximum number of tokens to write in this run; `None` leaves it to the node.
        deadline_s: Time limit in seconds, retries included; `None` for the usual one.
    """

    messages: tuple[Message, ...]
    variables: Mapping[str, Any]
    model: str | ModelRef | None
    first_visit: bool | None
    effects: Effects | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    max_tokens: int | None = None
    deadline_s: float | None = None

    @classmethod
    def alone(
        cls,
        messages: tuple[Message, ...],
        *,
        variables: Mapping[str, Any] | None,
        model: str | None,
        max_tokens: int | None,
        deadline_s: float | None,
        settings: Mapping[str, Any],
    ) -> NodeInput:
        """Return what a call of the node alone gives it."""
        return cls(
            messages,
            variables or {},
            model,
            first_visit=None,
            settings=settings,
            max_tokens=max_tokens,
            deadline_s=deadline_s,
        )

    @property
    def is_alone(self) -> bool:
        """Whether the node runs outside of a session, which would know all variables of its flow."""
        return self.first_visit is None


class Node(AnswersGuesses, StrictAttributes, ABC, Generic[R]):
    """One step of a flow.

    Each kind of node declares whether it speaks, what it writes and reads, how it prepares its work, how it is
    drawn, checked and saved, which settings the panel shows of it, and whether it can be taught.

    Attributes:
        kind: Name of the kind, in flow files and on screen.
        result: Type of its result.
        speaks: Whether it speaks to the user; a turn ends at a node that speaks.
        calls_model: Whether it calls a model when it runs.
        expects_readers: Whether it is probably a mistake if nothing reads a variable that it writes.
    """

    kind: ClassVar[str]
    result: ClassVar[type[NodeResult]]
    speaks: ClassVar[bool] = False
    calls_model: ClassVar[bool] = False
    expects_readers: ClassVar[bool] = False

    def __init__(self, context: FlowContext, name: str) -> None:
        if not isinstance(name, str) or not name.strip():
            raise ConfigError("A node needs a name.", fix='Give it one, like flow.conversation("ask", "...").')
        reject_whole_key(name)
        self._name = name
        self._context = context

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, flow={self._context.config.name!r})"

    def _repr_html_(self) -> str:
        facts = zip(NODE_COLUMNS[1:], self.row()[1:], strict=True)
        rows = [(name, words) for name, words in facts if words]
        return markup.table(rows, caption=f"{self.name}, a node of {self._context.config.name}")

    def row(self) -> tuple[str, ...]:
        """Return its row in the table of nodes, as texts; see `NODE_COLUMNS`."""
        model = (getattr(self, "model", None) or "the flow's default") if self.calls_model else ""
        facts = (self.name, self.kind, self.prompt, ", ".join(self.writes), model)
        return tuple(redact(words, words=False) for words in facts)

    @property
    def _guessed_kind(self) -> str:  # type: ignore[override]
        return self.kind

    @property
    def name(self) -> str:
        """The node's name, unique in its flow; it cannot be changed."""
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        raise ConfigError(
            f"Node {self._name!r} keeps its name: edges, settings and sessions refer to it.",
            kind="node",
            fix=f"Make a node called {name!r}, connect it, and remove this one: flow.remove({self._name!r}).",
        )

    @property
    def prompt(self) -> str:
        """Template that it fills in with variables; empty for a node without one."""
        return ""

    @property
    def writes(self) -> tuple[str, ...]:
        """Names of the variables that it writes."""
        return ()

    @property
    def surely_writes(self) -> tuple[str, ...]:
        """Names of the variables that have a value whenever it has run; by default all that it writes."""
        return self.writes

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the variables that it needs in addition to those in its prompt."""
        return ()

    @property
    def reads_if_stated(self) -> tuple[str, ...]:
        """Names of the variables that it reads if they have a value, but does not need."""
        return ()

    @property
    def reads_all(self) -> bool:
        """Whether it may read any variable."""
        return False

    @property
    def reruns(self) -> bool:
        """Whether it runs again when a turn begins at it, because the dialogue has grown."""
        return not self.speaks

    @property
    def has_effects(self) -> bool:
        """Whether it changes the world, so that it must not run merely to try something."""
        return False

    @property
    def codes(self) -> tuple[object, ...]:
        """The user's functions and classes that it runs: if their code changes, so does its behaviour."""
        return ()

    def frozen(self, context: FlowContext) -> Self:
        """Return the node as it is now: later changes do not reach it.

        Args:
            context: The context of its flow, whose settings do not change either.
        """
        same = copy.copy(self)
        vars(same)["_context"] = context
        return same

    def stub(self, values: Mapping[str, Any]) -> Node[Any]:
        """Return a node that stands in for this one: it calls nothing, and writes the values that it is given.

        Raises:
            ConfigError: There is nothing to stand in for, or a value is not one that it writes.
        """
        del values
        raise ConfigError(
            f"Node {self.name!r} is not an action: it has no stub.", kind="stub", fix="Name an action of the flow."
        )

    @property
    def is_static(self) -> bool:
        """Whether its first visit needs no model: it speaks its prompt as it is."""
        return False

    @property
    def own_settings(self) -> tuple[OwnSetting, ...]:
        """Its own settings, as opposed to its model's, for the panel."""
        return ()

    @property
    def teachable(self) -> Teachable | None:
        """The node as one that can be taught by examples; `None` if it cannot."""
        return None

    @property
    def opens(self) -> bool:
        """Whether, as the start node, it speaks before the user by default."""
        return False

    def uses_global_prompt(self, *, again: bool) -> bool:
        """Whether the flow's global prompt precedes its own; `again`: when it has spoken before."""
        del again
        return False

    def belongs_to(self, context: FlowContext) -> bool:
        """Whether it is a node of the flow whose context this is."""
        return self._context is context

    def resolve(self, model: str | ModelRef | None = None) -> ResolvedModel:
        """Return the model for the calls at this node: its own, and those that judge its edges.

        Args:
            model: Model passed to a call; it wins.

        Raises:
            ConfigError: No model is chosen anywhere.
        """
        return self._context.config.resolve(self.name, model)

    def model_for(self, given: NodeInput) -> ResolvedModel | None:
        """Return the model that would process this input; `None` if it needs none."""
        del given
        return None

    @abstractmethod
    def prepare(self, given: NodeInput) -> Work[R]:
        """Return the work of running the node, for a session.

        Raises:
            ConfigError: No model is chosen.
            TemplateError: The prompt names a variable without a value.
        """

    def bind(self, function: Callable[..., Any]) -> None:
        """Give it the function that it calls, which a file cannot hold.

        Raises:
            ConfigError: It calls none, or this one cannot be called.
        """
        del function
        raise ConfigError(
            f"Node {self.name!r} calls no function.", kind="node", fix="Leave it out of functions={...}."
        )

    def take_over(self, replaced: Node[Any]) -> None:
        """Take over what a person gave the node that this one replaces, since its cell has been run again."""
        del replaced

    def run(self, *args: Any, **kwargs: Any) -> Any:
        """Run it alone, for the kinds of nodes that can.

        Raises:
            ConfigError: This kind runs in a session only.
        """
        del args, kwargs
        raise self._runs_in_sessions()

    async def arun(self, *args: Any, **kwargs: Any) -> Any:
        """Async variant of `run`."""
        del args, kwargs
        raise self._runs_in_sessions()

    def _runs_in_sessions(self) -> ConfigError:
        return ConfigError(
            f"Node {self.name!r} of kind {self.kind!r} runs in a session only.",
            kind="node",
            fix="Start one with flow.start(), and talk to it with say(...).",
        )

    def describe(self) -> list[str]:
        """Return a short description for a drawing, in parts; the first is its kind."""
        return [self.kind]

    def check(self) -> Iterator[Finding]:
        """Yield what is wrong with the node itself."""
        yield from ()

    def field(self, name: str) -> FieldSpec | None:
        """Return the type of a variable that it writes; `None` if it may be anything."""
        del name
        return None

    @abstractmethod
    def to_data(self, saved: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a flow file stores for it, apart from what all nodes have.

        Args:
            saved: Unknown fields of the file it was loaded from.
        """

    @classmethod
    @abstractmethod
    def from_data(cls, context: FlowContext, name: str, data: dict[str, Any]) -> Node[Any]:
        """Create the node from a flow file's data, removing the known fields from `data`.

        Raises:
            ByokError: The data is invalid.
        """
