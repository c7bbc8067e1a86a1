"""`FlowNodes`: the nodes of a flow and the edges between them, as cells make, replace and remove them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from byok_widgets.errors import ConfigError
from byok_widgets.flow.flow_settings import FlowSettings
from byok_widgets.graph import AnyNode, Edge, FlowGraph
from byok_widgets.graph.conditions import Condition, Test
from byok_widgets.nodes import ActionNode, ConversationNode, ExtractionNode, Node
from byok_widgets.nodes.action import DEADLINE_S, Function
from byok_widgets.nodes.extraction import Grounding
from byok_widgets.nodes.extraction_prompt import Example
from byok_widgets.schema import ExtractionSchema

N = TypeVar("N", bound=Node[Any])


class FlowNodes(FlowSettings):
    """A flow's settings, with nodes and edges that use them."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._graph = FlowGraph()

    @property
    def graph(self) -> FlowGraph:
        """The nodes and the edges between them."""
        return self._graph

    @property
    def nodes(self) -> Mapping[str, AnyNode]:
        """The nodes by name, in the order they were made."""
        return dict(self._graph.nodes)

    def node(self, name: str) -> AnyNode:
        """Return a node.

        Raises:
            ConfigError: There is none of that name.
        """
        return self._graph.node(name)

    @property
    def start_node(self) -> str:
        """Name of the node where sessions start: the one that was told, else the first that was made."""
        return self._graph.start

    @start_node.setter
    def start_node(self, node: AnyNode | str) -> None:
        self._graph.start = self._name(node)
        self.config.notify("nodes")

    def conversation(
        self,
        name: str = "",
        prompt: str = "",
        *,
        static: bool = False,
        start: bool = False,
        end: bool = False,
        enter: str | None = None,
        model: str | None = None,
        max_tokens: int | None = None,
        **settings: Any,
    ) -> ConversationNode:
        """Make a node that speaks; a node of the same name is replaced, so that a cell can be run again.

        The edges of a replaced node stay.

        Args:
            name: The node's name.
            prompt: Instructions for the model; `{{name}}` stands for a variable.
            static: Speak `prompt` as it is on the first visit, without a model.
            start: Start sessions here; otherwise they start at the first node that was made.
            end: Close the session when this node has spoken.
            enter: Makes it a global node: when a model judges that this sentence holds, the flow comes here from
                wherever it stands, and goes back there when this node has spoken, unless it leads on.
            model: Model override of this node.
            max_tokens: Most tokens of an answer.
            **settings: Tuning that the provider has, such as `temperature`.
        """
        return self._add(
            ConversationNode(
                self._context, name, prompt, static=static, model=model, max_tokens=max_tokens, settings=settings
            ),
            start=start,
            end=end,
            enter=enter,
        )

    def extraction(
        self,
        name: str,
        /,
        schema: Any = None,
        *,
        fields: Mapping[str, Any] | None = None,
        prompt: str = "",
        examples: Iterable[Example] = (),
        window: int | None = None,
        grounding: Grounding = "flag",
        start: bool = False,
        end: bool = False,
        enter: str | None = None,
        model: str | None = None,
        max_tokens: int | None = None,
        settings: Mapping[str, Any] | None = None,
        **field_types: Any,
    ) -> ExtractionNode:
        """Make a node that reads values out of a dialogue; a node of the same name is replaced, its edges stay.

        Give the fields in one of three ways: as keywords (`weekday=["Mon", "Tue"], urgent=bool`), as a pydantic
        class, or as a JSON Schema. A field whose name is an argument here goes into `fields`.

        Args:
            name: The node's name.
            schema: A pydantic class or a JSON Schema.
            fields: Fields by name.
            prompt: Instructions beside the fields.
            examples: Pairs of a dialogue and its values; they help small models much.
            window: Read only this many of the last messages; by default all.
            grounding: `"flag"` marks strings that do not occur in the dialogue; `"off"` does not look.
            start: Start sessions here.
            end: Close the session when this node has read.
            enter: Makes it a global node, as in `conversation`.
            model: Model override of this node.
            max_tokens: Most tokens of an answer.
            settings: Tuning that the provider has, such as `temperature`.
            **field_types: Fields: a type, a list of the allowed values, or a `Field`.

        Raises:
            SchemaError: The fields or the schema cannot be extracted.
        """
        given = {**(fields or {}), **field_types} or None
        return self._add(
            ExtractionNode(
                self._context,
                name,
                ExtractionSchema.of(schema, fields=given, name=name),
                prompt=prompt,
                examples=examples,
                window=window,
                grounding=grounding,
                model=model,
                max_tokens=max_tokens,
                settings=settings,
            ),
            start=start,
            end=end,
            enter=enter,
        )

    def action(
        self,
        name: str,
        function: Function,
        *,
        writes: Iterable[str] = (),
        deadline_s: float = DEADLINE_S,
        effects: bool = False,
        start: bool = False,
        end: bool = False,
        enter: str | None = None,
    ) -> ActionNode:
        """Make a node that calls a function; a node of the same name is replaced, its edges stay.

        Each parameter of the function takes the variable of its name, `None` where that is not stated; one called
        `variables` takes all of them. The function, sync or async, runs in a thread of its own. It returns a
        mapping with the variables in `writes`, or the value itself where there is one; `None` means not known.

        Args:
            name: The node's name.
            function: The function.
            writes: Names of the variables that it sets.
            deadline_s: Longest time for the function, in seconds; it is not stopped, but the turn goes on.
            effects: Whether it changes the world, as a booking does. It is then never called twice for one
                request: after a turn that failed, and in forks, its earlier result is used again, unless
                `say(..., repeat_effects=True)` asks for it.
            start: Start sessions here.
            end: Close the session when this node has run.
            enter: Makes it a global node, as in `conversation`.

        Raises:
            ConfigError: The function cannot be called, or `writes` holds what is not the name of a variable.
        """
        if function is None:
            raise ConfigError(f"Node {name!r} needs a function.", kind="function", fix="Give the function itself.")
        node = ActionNode(self._context, name, function, writes=writes, deadline_s=deadline_s, effects=effects)
        return self._add(node, start=start, end=end, enter=enter)

    def add(self, node: N, *, start: bool = False, end: bool = False, enter: str | None = None) -> N:
        """Add a node of any kind, made with `flow.context`; a node of the same name is replaced, its edges stay.

        Raises:
            ConfigError: It is a node of another flow, or the flow has a node of another kind under its name.
        """
        self._name(node)
        return self._add(node, start=start, end=end, enter=enter)

    def connect(
        self,
        source: AnyNode | str,
        target: AnyNode | str,
        *more: object,
        when: str | None = None,
        if_: str | Test | None = None,
        condition: Condition | None = None,
    ) -> None:
        """Lead from one node to another; connecting the two again replaces the condition.

        There is one edge at most from a node to another: two ways to hold are one condition, with `or`.

        Args:
            source: The node, or its name.
            target: The node, or its name.
            *more: Nothing: a condition is given by the name of its kind.
            when: Prompt condition: a sentence that a model judges, such as "the caller gave a name".
            if_: Logic condition, exact and free, judged before all others: an expression over variables, such as
                `"weekday is not None"`, or a function that takes them. Without any condition it is the else edge,
                taken when no other edge of the node holds.
            condition: A condition of any other kind.

        Raises:
            ConfigError: A node is not there, or the condition cannot be used.
        """
        for given in more:
            said = repr(given) if isinstance(given, str) else "..."
            raise ConfigError(
                "connect takes two nodes, and then a condition by the name of its kind.",
                kind="condition",
                fix=f"Write if_={said} for what is exact, or when={said} for what a model judges.",
            )
        self._graph.add(Edge.create(self._name(source), self._name(target), when, if_, condition))
        self.config.notify("nodes")

    def disconnect(self, source: AnyNode | str, target: AnyNode | str) -> None:
        """Take the edge between two nodes away.

        Raises:
            ConfigError: There is none.
        """
        self._graph.remove(self._name(source), self._name(target))
        self.config.notify("nodes")

    def remove(self, node: AnyNode | str) -> None:
        """Take a node out of the flow, with all edges to it and from it.

        When it was the start node, sessions start at the first node that is left. A session that stands at it says
        so when it is talked to: make the node again, or go on from an earlier turn with `fork`. What it has read
        stays in the sessions.

        The model override and the settings that it was given in the panel, or by `node.model = ...`, are kept with
        the flow's settings, as when the kernel is started anew: a node of the same name has them again.

        Args:
            node: The node, or its name.

        Raises:
            ConfigError: There is none.
        """
        self._graph.remove_node(self._name(node))
        self.config.notify("nodes")

    def _name(self, node: AnyNode | str) -> str:
        """Return the name of a node that was given as itself or by its name."""
        if isinstance(node, str):
            return node
        if not isinstance(node, Node):
            raise ConfigError(
                f"{node!r} is not a node.", kind="node", fix="Give a node of this flow, or its name."
            )
        if not node.belongs_to(self._context):
            raise ConfigError(
                f"Node {node.name!r} belongs to another flow.",
                kind="node",
                fix=f"Make it here: flow.{node.kind}({node.name!r}, ...).",
            )
        return node.name

    def _add(self, node: N, *, start: bool, end: bool, enter: str | None) -> N:
        there = self._graph.nodes.get(node.name)
        if there and there.kind != node.kind:
            raise ConfigError(
                f"The flow has the {there.kind} node {node.name!r} already.",
                kind="node",
                fix=f"Give the {node.kind} node another name, or run the cell that makes the flow again.",
            )
        self._graph.put(node, start=start, end=end, enter=enter)
        self.config.notify("nodes")
        return node
