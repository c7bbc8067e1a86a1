"""`Flow`: the object that a person holds: it is shown, checked, saved, and talked to in sessions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from byok_widgets.attributes.guesses import GUESSES, AnswersGuesses, UnknownAttributeError
from byok_widgets.attributes.strict import settable_names, unknown_name_error
from byok_widgets.errors import ByokError, ConfigError, SchemaError
from byok_widgets.flow import flow_registry
from byok_widgets.flow.flow_definition import FlowDefinition
from byok_widgets.flow.flow_settings import FlowSettings
from byok_widgets.flow.incoming.earlier import EARLIER
from byok_widgets.flow.incoming.from_files import FROM_FILES
from byok_widgets.frontend import frontend
from byok_widgets.graph.flow_graph import AnyNode
from byok_widgets.nodes.base import Node
from byok_widgets.nodes.compare_options import CompareOptions
from byok_widgets.nodes.time_limits import FUNCTION_DEADLINE_S
from byok_widgets.secrets.quoting import as_given

if TYPE_CHECKING:
    from byok_widgets.cases.case import Cases
    from byok_widgets.cases.writing import SavedCase
    from byok_widgets.compare.results.recommendation import Recommendation
    from byok_widgets.compare.search.assignment_search import AssignmentSearch
    from byok_widgets.compare.search.optimisation import Optimisation
    from byok_widgets.compare.storage.past import PastComparisons
    from byok_widgets.config.latency import Latency
    from byok_widgets.diagnostics.check import Check
    from byok_widgets.export import Export, Loss
    from byok_widgets.export.importing import Skipped
    from byok_widgets.graph.conditions import Condition, Test
    from byok_widgets.nodes import ActionNode, ConversationNode, ExtractionNode
    from byok_widgets.nodes.action.node import Function
    from byok_widgets.nodes.examples import GivenExample
    from byok_widgets.nodes.grounding_choice import NodeGrounding
    from byok_widgets.recording.handles import Recording, Replay
    from byok_widgets.recording.tapes import Missing
    from byok_widgets.serve.flow_server import FlowServer
    from byok_widgets.session import Session
    from byok_widgets.testing.run import TestRun

_READ_ONLY = "read-only: saved by a newer byok-widgets"
_NEWER = "{path!r} was saved by a newer byok-widgets: it is read-only here, and may not run as intended."


N = TypeVar("N", bound=Node[Any])


class Flow(AnswersGuesses, FlowDefinition):
    """A flow under its name: what the panel shows and what cells use are this one object's settings.

    Two `Flow("dentist")` in one kernel share settings and keys, and each has nodes of its own; flows with other
    names share nothing.
    """

    _guessed_kind = "flow"

    def __init__(self, name: str = "", *, fresh: bool = False, **more: Any) -> None:
        """Open the flow's settings, or start new ones on the embedded local model.

        Args:
            name: Any text of 1 to 300 characters.
            fresh: Neither read nor save settings: the flow starts afresh in each kernel. Whatever you set,
                including an API key, stays in this kernel's memory, even if the cell is run again.
            **more: Not accepted. Set everything else afterwards, like `flow.model = "..."`, and paste a key into
                `settings()`.

        Raises:
            ConfigError: The name cannot be used, or another argument was given.
        """
        frontend().watch()
        for given, value in more.items():
            problem = f'Flow takes only a name, like Flow("dentist"), and no argument {given!r}.'
            hint = "Set it on a separate line: flow.{0} = ..."
            raise unknown_name_error(problem, given, settable_names(type(self)), value, hint=hint)
        super().__init__(FlowSettings.of(name, fresh=fresh))
        self._file_notice = ""
        self._file_extra: dict[str, Any] = {}
        self._skipped: tuple[Loss, ...] = ()
        self._is_served = False
        flow_registry.register(self)
        self.config.look_elsewhere()
        EARLIER.welcome(self.context)

    def __repr__(self) -> str:
        nodes = ", ".join(f"{node.kind} {name!r}" for name, node in self.nodes.items()) or "no nodes yet"
        return f"Flow({', '.join([repr(self.name), self._model_line, nodes, *self._file_state])})"

    def __str__(self) -> str:
        """Return the graph as text, which is what a plain program prints."""
        from byok_widgets.graph.drawing import as_text

        return as_text(self.graph, self._title)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        from byok_widgets.graph.svg import as_html

        return {"text/plain": str(self), "text/html": as_html(self.graph, self._title)}

    def node(self, name: str) -> AnyNode:
        """Return a node.

        Raises:
            ConfigError: There is no node of that name.
        """
        return self.graph.node(name)

    def replace_model(self, old: str, new: str) -> tuple[str, ...]:
        """Use the model `new` wherever this flow uses `old`: as the default, as an override, as the judge.

        Args:
            old: A model ref, or an id of the flow's provider.
            new: A model ref, or an id of the flow's provider.

        Returns:
            Who used it: the names of nodes with an override, `"flow"` for the default model, `"judge"`.

        Raises:
            ConfigError: One of the two is not a model.
        """
        return self._settings.replace_model(old, new, self.nodes)

    def use_key(self, reference: str, *, provider: str | None = None) -> None:
        """Use the API key that an environment variable holds, by its name `env:NAME`.

        Only the name is kept. There is no way to pass a key itself in code: a key typed in a cell would be saved
        with the notebook. Paste it in `flow.settings()`.

        Raises:
            KeyFormatError: It does not name a variable that is set to a possible key of this provider.
            ConfigError: There is no such provider.
        """
        self._settings.use_key(reference, provider=provider)

    def use_key_of(self, flow: str, *, provider: str | None = None) -> str:
        """Copy the API key that another flow of yours has for the same provider and host.

        The copy belongs to this flow: removing either key leaves the other. It is stored in the same kind of place
        as the other one or, if that does not work here, in this session's memory.

        Args:
            flow: Name of the other flow.
            provider: Name of the provider; by default this flow's.

        Returns:
            A sentence that says where the key is stored now.

        Raises:
            ConfigError: There is no such flow, or the page is served to visitors.
            MissingKeyError: That flow has no key for this provider, or only one for another host.
            KeyStoreError: Its key cannot be read now, for example because the keyring is locked.
        """
        return self._settings.use_key_of(flow, provider=provider)

    def take_theirs(self) -> None:
        """Adopt the settings that another kernel has saved for this flow."""
        self.config.take_theirs()

    def keep_mine(self) -> None:
        """Save the settings in effect here over those that another kernel has saved for this flow."""
        self.config.keep_mine()

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
        """Create a node that speaks.

        A node of the same name is replaced and its edges are kept, so a cell can be run again.

        Args:
            name: The node's name.
            prompt: Instructions for the model; `{{name}}` stands for a variable.
            static: Speak `prompt` verbatim on the first visit, without a model.
            start: Start sessions here; by default they start at the first node created.
            end: Close the session after this node has spoken.
            enter: Makes it a global node: when a model judges this sentence to be true, the flow comes here from
                wherever it is, and returns after this node has spoken, unless the node has edges of its own.
            model: Model override of this node.
            max_tokens: Maximum number of tokens in an answer.
            **settings: Model settings that the provider has, such as `temperature`.
        """
        from byok_widgets.nodes.conversation import ConversationNode

        return self._members.add(
            ConversationNode(
                self.context, name, prompt, static=static, model=model, max_tokens=max_tokens, settings=settings
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
        examples: Iterable[GivenExample] = (),
        window: int | None = None,
        grounding: NodeGrounding | None = None,
        locale: str | None = None,
        start: bool = False,
        end: bool = False,
        enter: str | None = None,
        model: str | None = None,
        max_tokens: int | None = None,
        settings: Mapping[str, Any] | None = None,
        **field_types: Any,
    ) -> ExtractionNode:
        """Create a node that extracts values from a dialogue.

        A node of the same name is replaced, and its edges are kept. Give the fields in one of three ways: as
        keywords (`weekday=["Mon", "Tue"], urgent=bool`), as a pydantic class, or as a JSON Schema. A field that
        has the name of an argument of this method goes into `fields`.

        Args:
            name: The node's name.
            schema: A pydantic class or a JSON Schema.
            fields: Fields by name.
            prompt: Instructions in addition to the fields.
            examples: Pairs of a dialogue and its values; small models need them. `node.teach` adds more.
            window: Read only this many of the last messages; by default all.
            grounding: What happens to a value that the dialogue does not support. `"flag"` marks texts and dates,
                `"require"` counts them as not stated, `"literal"` also counts choices, numbers, and a yes or no as
                not stated, `"off"` does not check, and `"auto"` depends on the model. `{"address": "require"}`
                applies to single fields. The default is the flow's `grounding`.
            locale: How numbers and dates are written, such as `"de-DE"`; the default is the flow's `locale`.
            start: Start sessions here.
            end: Close the session after this node has run.
            enter: Makes it a global node, as in `conversation`.
            model: Model override of this node.
            max_tokens: Maximum number of tokens in an answer.
            settings: Model settings that the provider has, such as `temperature`.
            **field_types: Fields: a type, a list of the allowed values, or a `Field`.

        Raises:
            SchemaError: The fields or the schema cannot be extracted.
        """
        from byok_widgets.nodes.extraction.node import ExtractionNode
        from byok_widgets.schema.extraction_schema import ExtractionSchema

        if fields is not None and not isinstance(fields, Mapping):
            problem = f"{as_given(fields)} is not a mapping from field names to types."
            raise SchemaError(problem, fix='Write fields={"name": str}, or name=str.')
        given = {**(fields or {}), **field_types} or None
        return self._members.add(
            ExtractionNode(
                self.context,
                name,
                ExtractionSchema.of(schema, fields=given, name=name),
                prompt=prompt,
                examples=examples,
                window=window,
                grounding=grounding,
                locale=locale,
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
        deadline_s: float = FUNCTION_DEADLINE_S,
        effects: bool = False,
        start: bool = False,
        end: bool = False,
        enter: str | None = None,
    ) -> ActionNode:
        """Create a node that calls a function.

        A node of the same name is replaced, and its edges are kept. Each parameter of the function gets the
        variable of the same name; if that is not stated, it gets its default, or `None` without one. A parameter
        called `variables` gets all of them. The function, sync or async, runs in a thread of its own. It returns a
        mapping with the variables in `writes` or, if there is only one, the value itself; `None` means that there
        is no value. It gets copies of the values, and copies of what it returns are kept.

        Args:
            name: The node's name.
            function: The function.
            writes: Names of the variables that it sets.
            deadline_s: Time limit for the function, in seconds. After that, the node fails; the function itself
                cannot be stopped.
            effects: Whether it has side effects, such as a booking. If so, it is never called again by itself:
                after a failed turn, a fork or a reset, its earlier result is reused. If the arguments differ, or
                it raised an exception and may still have taken effect, the turn fails unless
                `say(..., repeat_effects=True)` asks for another call.
            start: Start sessions here.
            end: Close the session after this node has run.
            enter: Makes it a global node, as in `conversation`.

        Raises:
            ConfigError: The function cannot be called, or `writes` contains something that is not a variable name.
        """
        if function is None:
            raise ConfigError(f"Node {name!r} needs a function.", kind="function", fix="Pass the function itself.")
        from byok_widgets.nodes.action.node import ActionNode

        node = ActionNode(self.context, name, function, writes=writes, deadline_s=deadline_s, effects=effects)
        return self._members.add(node, start=start, end=end, enter=enter)

    def add(self, node: N, *, start: bool = False, end: bool = False, enter: str | None = None) -> N:
        """Add a node of any kind, created with `flow.context`.

        A node of the same name is replaced, and its edges are kept.

        Raises:
            ConfigError: It is not a node, it belongs to another flow, or the flow has a node of the same name and
                another kind.
        """
        self._members.require_own(node)
        return self._members.add(node, start=start, end=end, enter=enter)

    def connect(
        self,
        source: AnyNode | str,
        target: AnyNode | str,
        *more: object,
        when: str | None = None,
        if_: str | Test | None = None,
        condition: Condition | None = None,
    ) -> None:
        """Connect two nodes; connecting them again replaces the condition.

        There is at most one edge from one node to another: combine two conditions with `or`.

        Args:
            source: The node, or its name.
            target: The node, or its name.
            *more: Not accepted: pass the condition by keyword. Without a condition, the edge is the else edge,
                taken when no other edge of the node holds.
            when: Prompt condition: a sentence that a model judges, such as "the caller gave a name".
            if_: Logic condition, exact and free of charge, evaluated before all others: an expression over
                variables, such as `"weekday is not None"`, or a function that takes them.
            condition: A condition of any other kind.

        Raises:
            ConfigError: A node does not exist, or the condition cannot be used.
        """
        from byok_widgets.graph.edge import Edge

        for given in more:
            said = repr(given) if isinstance(given, str) else "..."
            raise ConfigError(
                "connect takes two nodes; pass the condition by keyword.",
                kind="condition",
                fix=f"Write if_={said} for an exact condition, or when={said} for one that a model judges.",
            )
        self._members.connect(
            Edge.create(self._members.name_of(source), self._members.name_of(target), when, if_, condition)
        )

    def disconnect(self, source: AnyNode | str, target: AnyNode | str) -> None:
        """Remove the edge from one node to another.

        Raises:
            ConfigError: There is no such edge.
        """
        self._members.disconnect(source, target)

    def remove(self, node: AnyNode | str) -> None:
        """Remove a node and all edges to and from it.

        If it was the start node, sessions start at the first remaining node. A session that is at this node raises
        an error at its next turn: create the node again, or continue from an earlier turn with `fork`. Values that
        the node wrote stay in the sessions.

        The model override and the settings that were set in the panel, or with `node.model = ...`, are kept with
        the flow's settings, as after a restart of the kernel: a new node of the same name has them again.

        Args:
            node: The node, or its name.

        Raises:
            ConfigError: There is no such node.
        """
        self._members.remove(node)

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        name: str | None = None,
        functions: Mapping[str, Callable[..., Any]] | None = None,
        trust: bool | None = None,
        fresh: bool = False,
    ) -> Flow:
        """Open a saved flow; if its name is new here, its settings take effect.

        This also opens a conversation flow of Retell: by itself, as the API returns it, or in an agent exported
        from the dashboard. `flow.skipped` holds what was left out of it, and `check()` lists it.

        A flow of this name that you have used before, or that is open, keeps its own provider, models and
        addresses where the file says something else. A model that costs money and that this flow has not used, or
        a model file on this machine, is used only if you say so; and an open flow keeps its global prompt, judge's
        limit, grounding and locale, too. What differs is said, and the settings panel asks.

        There is no key in the file: the flow uses those that are saved here for its name, provider and host. An
        extraction schema that was a pydantic class comes back as its JSON Schema.

        Args:
            path: The file.
            name: Name of the flow here; by default the one in the file.
            functions: Functions of action nodes, by the node's name. A file holds no code, and loading it imports
                nothing: `check()` reports an action without its function, which fails when it is reached.
            trust: `True` uses the file's settings, `False` keeps yours; neither asks.
            fresh: Neither read nor save settings, as in `Flow(name, fresh=True)`: those in the file apply, and no
                saved key is used.

        Raises:
            ConfigError: The file does not exist, is damaged, or is not a flow. It is left unchanged.
        """
        from byok_widgets.flow.file import flow_file
        from byok_widgets.flow.file.flow_data import bind, fill
        from byok_widgets.flow.file.foreign import import_flow

        content = flow_file.parsed(Path(path))
        foreign = import_flow(content, Path(path))
        data = flow_file.checked(foreign.data if foreign else content, Path(path))
        try:
            with EARLIER.postponed():  # until the flow has the settings of the file, which are its own
                flow = cls(name or data["name"], fresh=fresh)
                flow._file_extra = fill(flow, flow.context, data, trust=trust)
                bind(flow.graph, foreign.functions if foreign else {})
                bind(flow.graph, functions or {})
        except ByokError as error:
            problem = error
        else:
            if flow_file.is_newer(data):
                flow._file_notice = _NEWER.format(path=str(path))
            flow._skipped = foreign.skipped if foreign else ()
            return flow
        raise flow_file.unusable(Path(path), problem.problem, problem.fix)

    def save(self, path: str | Path) -> None:
        """Save the flow to a file, usually called `*.flow.json`. It never contains a key.

        Raises:
            ConfigError: A condition is a function, a text in the flow looks like a key, the flow or the existing
                file was saved by a newer version, or the file cannot be written. An existing file is then left
                unchanged.
        """
        from byok_widgets.flow.file import flow_file
        from byok_widgets.flow.file.flow_data import data_of

        if self._file_notice:
            raise ConfigError(self._file_notice, kind="newer_version", fix="pip install -U byok-widgets")
        flow_file.write({**data_of(self), **self._file_extra}, Path(path))

    @property
    def notice(self) -> str:
        """A notice for the user, such as that settings are not saved; empty if all is well."""
        parts = (self._file_notice, str(self.config.notice or ""), FROM_FILES.text(self.context))
        return " ".join(filter(None, parts))

    def start(
        self,
        *,
        variables: Mapping[str, Any] | None = None,
        model: str | None = None,
        speak_first: bool | None = None,
        latency: Latency | None = None,
        show: bool | None = None,
    ) -> Session:
        """Start a session: talk to it with `say`.

        Args:
            variables: Values that are known from the beginning. An unknown name that resembles a variable of the
                flow causes a warning.
            model: Model for all calls of the session.
            speak_first: Whether the start node speaks before the user; the default is `flow.speaks_first`.
            latency: `"speculative"` or `"usual"`; the default is `flow.latency`.
            show: Whether to stream into the cell; by default, if there is one.

        Raises:
            FlowError: The flow has no nodes, or a node with two else edges.
            ByokError: The first turn failed; see `Session.say`.
        """
        session = self._session(variables, model, latency)
        if self._members.opens(speak_first):
            session.open(show=show)
        return session

    async def astart(
        self,
        *,
        variables: Mapping[str, Any] | None = None,
        model: str | None = None,
        speak_first: bool | None = None,
        latency: Latency | None = None,
    ) -> Session:
        """Async variant of `start`; shows nothing."""
        session = self._session(variables, model, latency)
        if self._members.opens(speak_first):
            await session.aopen()
        return session

    def chat(self, session: Session | None = None) -> Any:
        """Return a chat with the flow; as the last line of a cell, it is shown as a widget.

        It shows the active node, the variables, the time and cost of each turn, and why the flow moved or stayed.
        A turn can be stopped, and a fork continues from any earlier one. Outside a notebook, this returns the
        session.

        Args:
            session: The session to continue; by default a new one.

        Raises:
            FlowError: The flow has no nodes, or a node with two else edges.
        """
        return frontend().chat(self.start(show=False) if session is None else session)

    def load_session(self, path: str | Path, *, trust: bool = False) -> Session:
        """Open a session that was saved with `Session.save`, and continue it on this flow.

        A session of a flow with another name can be continued if the nodes are the same; its `notice` then names
        that flow. If the session had a model of its own that this flow does not use, it continues with the flow's
        models, and its `notice` says so.

        Args:
            path: The file.
            trust: Whether to use the session's own model all the same: you know who made the file.

        Raises:
            ConfigError: The file does not exist, is damaged, is not a session, or belongs to a flow with other
                nodes. It is left unchanged.
        """
        from byok_widgets.session import Session

        return Session.load(Path(path), self.graph, self.context, trust=trust)

    def cases(
        self, source: Any, *, functions: Mapping[str, Callable[..., Any]] | None = None, trust: bool = False
    ) -> Cases:
        """Read cases for comparisons and tests: what callers say, and the expected outcome.

        A case has one of `text`, `transcript` (a dialogue) and `caller` (what the caller says, turn by turn); and
        any of `name`, `variables`, `stubs` (results of actions, by node), `values` (expected values, by field),
        `status`, `path`, `end_node`, `contains`, `excludes`, `judge`, `assertions`, `max_calls`, `max_cost`,
        `max_seconds`, `turns` (expectations for single turns, by number), `tags`, `weight`, `group`.

        Args:
            source: A path to `*.cases`, `*.jsonl` or `*.csv` (expected values in columns `values.weekday`), a data
                frame, a session, or a list of texts, transcripts, mappings and sessions.
            functions: Functions that assertions refer to, by name; each gets the output (`text`, `values`,
                `path`).
            trust: Whether simulated callers in a file may run a model file of this machine, and speak as often as
                they like: you know who made it.

        Raises:
            ConfigError: Something is wrong with a case; the message says where.
            KeyFormatError: A case contains an API key.
        """
        from byok_widgets.cases.reading import read_cases

        return read_cases(source, functions=functions or {}, trust=trust)

    def save_case(
        self, session: Session, path: str | Path | None = None, *, turn: int | None = None, name: str = ""
    ) -> SavedCase:
        """Save a session as a case for tests and comparisons: what the caller said, and the outcome.

        The case is added to a file that `flow.cases` reads. It expects exactly what happened, turn by turn, so
        review it before you test with it: that may have been wrong. Results of actions with effects become stubs.

        Args:
            session: The session.
            path: The file, `*.cases` or `*.jsonl`; by default a file beside the notebook, named after the flow.
            turn: Number of the turn with which the case ends; by default the last one.
            name: Name of the case; by default the beginning of the first message.

        Raises:
            ConfigError: Nothing has been said, there is no such turn, or the file cannot be read or written.
            KeyFormatError: The session contains an API key.
        """
        from byok_widgets.cases.writing import save_case

        return save_case(session, path, turn=turn, name=name)

    def compare(
        self,
        variants: Mapping[str, Mapping[str, str]],
        cases: Any,
        *,
        repeat: int = 1,
        budget: float | Decimal | None = None,
        max_calls: int | None = None,
        baseline: str | None = None,
        margin: float | None = None,
        metric: Any = "checks",
        temperature: float | None = None,
        stubs: Mapping[str, Mapping[str, Any]] | None = None,
        run_effects: bool = False,
        shard: tuple[int, int] | None = None,
        executor: Any = None,
        store: str | Path | None = None,
        batch: bool = False,
        wait: bool | None = None,
    ) -> Any:
        """Compare assignments of models on the whole flow: the caller's turns are played through each of them.

        The flow itself is not changed. Once a model answers differently, the conversation may diverge from the
        baseline's: `divergences()` says where, and `node_scores()` compares each node on the cases in which both
        variants reach it. Actions with effects are not called.

        Args:
            variants: Models by node, by name of the variant: `{"now": {}, "cheap": {"ask": "..."}}`. A node that
                is not named keeps its model.
            cases: What `flow.cases` takes or returns.
            repeat: How often each case is played with each variant.
            budget: Maximum cost in US dollars. The worst case of each call is reserved before it is sent.
            max_calls: Maximum number of model calls; required in addition to `budget` if a model has no price.
            baseline: Name of the variant that the others are compared with; by default the one that changes
                nothing, or else the first.
            margin: The loss of score that you accept, such as 0.05 for 5 points.
            metric: As for a node; the `path` and `end_node` of a case are also checked.
            temperature: Temperature of the nodes' calls; with repeats, 0.7 unless a node sets its own.
            stubs: Results of actions, used instead of calling them: values of variables, by the node's name.
            run_effects: Whether actions with effects that have no stub are really called, once for each cell.
            shard: `(1, 4)` runs the first of four parts, with its share of the limits and of the provider's quota,
                and writes its own file; `flow.merge_comparisons()` joins them.
            executor: A dask.distributed client: cells run on its workers, and are stored here as they finish.
            store: A file for the finished cells; by default a private file of the flow. Refused while the flow is
                recorded or replayed: they are kept in memory then.
            batch: Not supported, since each turn depends on the answer before it; `node.compare` supports it.
            wait: Whether to return only when everything is done. By default it returns at once if a page shows the
                board, and asking for verdicts waits. In a browser's tab it waits if possible.

        Returns:
            A `Comparison`, as from `compare` of a node.

        Raises:
            ConfigError: A case, a variant, a stub or a limit cannot be used.
            FlowError: The flow has a node with two else edges.
            KeyFormatError: A case contains an API key.
        """
        options = CompareOptions(
            repeat=repeat,
            budget=budget,
            max_calls=max_calls,
            baseline=baseline,
            margin=margin,
            metric=metric,
            temperature=temperature,
            store=store,
            stubs=stubs,
            run_effects=run_effects,
            shard=shard,
            executor=executor,
            batch=batch,
        )
        return self._comparison(variants, cases, options).begin(wait=wait)

    async def acompare(
        self,
        variants: Mapping[str, Mapping[str, str]],
        cases: Any,
        **options: Any,
    ) -> Any:
        """Async variant of `compare`; returns when all is done. Cancelling it stops the calls."""
        options.pop("wait", None)
        chosen = CompareOptions.of(options, "acompare")
        return await self._comparison(variants, cases, chosen).abegin()

    def test(
        self,
        cases: Any,
        *,
        runs: int = 1,
        baseline: str | Path | None = None,
        budget: float | Decimal | None = None,
        max_calls: int | None = None,
        stubs: Mapping[str, Mapping[str, Any]] | None = None,
        run_effects: bool = False,
        store: str | Path | None = None,
        resume: bool = False,
        wait: bool | None = None,
    ) -> TestRun:
        """Test this flow: each case passes or fails, and a failure names the turn, the node and the reason.

        Each test runs from scratch: earlier results are not reused. The result is true if all cases have passed in
        all runs: `assert flow.test(cases)`. Actions with effects are not called.

        Args:
            cases: What `flow.cases` takes or returns.
            runs: How often each case is run, with the flow as it is. With two or more, a case that fails in some
                runs counts as flaky and one that fails in all as broken; `result.pass_k()` says how reliable it
                is.
            baseline: A file written by `result.save_baseline()` of an earlier test; `result.changes` says what has
                changed since.
            budget: Maximum cost in US dollars. The worst case of each call is reserved before it is sent.
            max_calls: Maximum number of model calls; required in addition to `budget` if a model has no price.
            stubs: Results of actions, used instead of calling them: values of variables, by the node's name.
            run_effects: Whether actions with effects that have no stub are really called, once for each run.
            store: A file for the results of the runs; by default a private file of the flow. Refused while the
                flow is recorded or replayed: they are kept in memory then.
            resume: Whether to continue the last test of the same flow, cases and runs where it was stopped,
                without paying again for finished runs.
            wait: Whether to return only when everything is done. By default it returns at once if a page shows the
                board, and asking for outcomes waits. In a browser's tab it waits if possible.

        Returns:
            A `TestRun`: `passed`, `outcomes`, `problems`, `pass_k()`, `changes`, `save_junit()`, and everything
            that a `Comparison` has.

        Raises:
            ConfigError: A case, a stub, a limit or the baseline cannot be used.
            MissingKeyError: "No API key configured" for a provider of a model that the test calls.
            FlowError: The flow has a node with two else edges.
            KeyFormatError: A case contains an API key.
        """
        options = CompareOptions(
            repeat=runs,
            budget=budget,
            max_calls=max_calls,
            metric="all",
            stubs=stubs,
            run_effects=run_effects,
            store=store,
        )
        made = self._test(cases, options, baseline=baseline, resume=resume)
        made.begin(wait=wait)
        return made

    async def atest(
        self,
        cases: Any,
        *,
        runs: int = 1,
        baseline: str | Path | None = None,
        resume: bool = False,
        **options: Any,
    ) -> TestRun:
        """Async variant of `test`; returns when all is done. Cancelling it stops the calls."""
        options.pop("wait", None)
        chosen = CompareOptions.of({"repeat": runs, "metric": "all", **options}, "atest")
        made = self._test(cases, chosen, baseline=baseline, resume=resume)
        await made.abegin()
        return made

    def optimise(
        self,
        models: Iterable[str] | Mapping[str, Iterable[str]],
        cases: Any,
        *,
        margin: float,
        repeat: int = 1,
        budget: float | Decimal | None = None,
        max_calls: int | None = None,
        metrics: Mapping[str, Any] | None = None,
        metric: Any = "all",
        temperature: float | None = None,
        stubs: Mapping[str, Mapping[str, Any]] | None = None,
        store: str | Path | None = None,
    ) -> Optimisation:
        """Find the cheapest models for the nodes of this flow that are no worse than the current ones.

        Each model is run on each node alone, and the outcomes are combined per case. Runs of the whole flow then
        decide, from the safest assignment to the cheapest, until one cannot be shown to be safe. The flow is not
        changed: `flow.apply(found.best())` does that. The same call continues where an earlier one ended, and pays
        only for what is missing. It returns when it is done.

        Args:
            models: The models to try, for all nodes or by node. A node's current model is always tried.
            cases: What `flow.cases` takes or returns. A node is judged by the values that it extracts; 200 cases
                with `repeat=3` are a good number for a margin of 0.1.
            margin: The loss of score that you accept, such as 0.05 for 5 points.
            repeat: How often each case is run.
            budget: Maximum cost in US dollars, in total.
            max_calls: Maximum number of model calls, in total.
            metrics: How to judge nodes for which the cases expect no values, by node; see `metric` of
                `node.compare`.
            metric: How to judge runs of the whole flow; by default 1 if all expectations of a case hold, else 0.
            temperature: Temperature of the calls; with repeats, 0.7 unless a node sets its own.
            stubs: Results of actions, used instead of calling them: values of variables, by the node's name.
            store: A file for the finished cells; by default a private file of the flow. Refused while the flow is
                recorded or replayed: they are kept in memory then.

        Raises:
            ConfigError: A model, a case, the margin or a limit cannot be used; or no case judges any node.
            FlowError: The flow has a node with two else edges.
            KeyFormatError: A case contains an API key.
        """
        options = CompareOptions(
            repeat=repeat,
            budget=budget,
            max_calls=max_calls,
            margin=margin,
            metric=metric,
            temperature=temperature,
            store=store,
            stubs=stubs,
        )
        return self._search(models, cases, options, metrics or {}).run()

    async def aoptimise(
        self,
        models: Iterable[str] | Mapping[str, Iterable[str]],
        cases: Any,
        *,
        metrics: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Optimisation:
        """Async variant of `optimise`. Cancelling it stops the calls."""
        chosen = CompareOptions.of({"metric": "all", **options}, "aoptimise")
        return await self._search(models, cases, chosen, metrics or {}).arun()

    def comparisons(self, store: str | Path | None = None) -> PastComparisons:
        """Return the earlier comparisons on this flow; the same call of `compare` shows one again at no cost.

        Args:
            store: The file with the cells, if it is not the flow's own.
        """
        from byok_widgets.compare.storage.opening import store_at
        from byok_widgets.compare.storage.past import past_comparisons

        return past_comparisons(store_at(self.context, store))

    def merge_comparisons(self, *files: str | Path, store: str | Path | None = None) -> PastComparisons:
        """Merge the cells that shards have finished; `compare` without `shard` then shows all of them.

        Args:
            *files: The files of the shards; by default those beside the store.
            store: The file to merge into, if it is not the flow's own.

        Raises:
            ConfigError: A file does not exist, or it contains no cells.
            KeyFormatError: A name contains an API key.
        """
        from byok_widgets.compare.storage.merging import merged

        return merged(self.context, files, store)

    def apply(self, recommendation: Recommendation) -> str:
        """Use the models of a recommendation, such as `comparison.best("read")`, as overrides of its nodes.

        Returns:
            A sentence that says what was changed, and on what evidence; a baseline without evidence changes
            nothing.

        Raises:
            ConfigError: A node of the recommendation is not in this flow.
        """
        from byok_widgets.compare.applying import apply

        return apply(recommendation, self.nodes, self.config)

    def serve(
        self,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        public_url: str = "",
        hosts: Iterable[str] = (),
        origins: Iterable[str] = (),
        store: str | Path | None = None,
        fallback: str | None = None,
        fallback_model: str | None = None,
        end_on_failure: bool = False,
        max_calls: Mapping[str, int] | None = None,
        max_cost: Mapping[str, float | Decimal] | None = None,
        first_token_s: float = 18.0,
        keep_days: float = 30.0,
    ) -> FlowServer:
        """Serve the flow to phones and pages, as an OpenAI-compatible chat endpoint; returns at once.

        The flow is served as it is now. After a change, call this again: new conversations then use the changed
        flow. Callers need the access token that is created here, even on this machine.

        Args:
            port: The port; 0 for any free one.
            host: The address to listen on.
            public_url: Where callers reach it, such as the address of a tunnel; used in the snippets.
            hosts: Further host names that callers may use.
            origins: Origins of web pages that may call it, such as `"https://example.org"`.
            store: A file for the conversations, or the URL of a Redis server; by default the flow's own file.
            fallback: What the caller hears at once when a turn fails; the default is `flow.fallback`.
            fallback_model: A model that answers after that, in the same turn.
            end_on_failure: Whether to end the call if no model answers.
            max_calls: Maximum number of model calls, by `"turn"`, `"session"`, `"token"` and `"day"`.
            max_cost: Cost in US dollars at which no further call is made, by the same names.
            first_token_s: Time limit for the first words of a turn, in seconds; after that, the turn has failed.
            keep_days: How long a conversation is kept after its last turn.

        Raises:
            MissingKeyError: "No API key configured" for a provider that a node needs.
            ConfigError: A model is missing, or the port, the store or a cap cannot be used.
            LocalModelError: A local model is not on this machine and cannot be downloaded.
            FlowError: The flow has a node with two else edges.
        """
        from byok_widgets.flow.serving import serve
        from byok_widgets.serve.flow_server import NOTEBOOK, Address
        from byok_widgets.serve.turns.options import ServeOptions

        address = Address(host, port, public_url, tuple(hosts), tuple(origins))
        options = ServeOptions.of(
            fallback=fallback,
            fallback_model=fallback_model and str(self.config.ref(fallback_model)),
            end_on_failure=end_on_failure,
            max_calls=max_calls,
            max_cost=max_cost,
            first_token_s=first_token_s,
            keep_days=keep_days,
        )
        self._is_served = True
        server = serve(self, address, options, store, token_name=NOTEBOOK)
        frontend().show_server(server, self)
        return server

    @property
    def is_served(self) -> bool:
        """Whether `serve` has been called on it."""
        return self._is_served

    def record(self, path: str | Path) -> Recording:
        """Record this flow's calls, so that they can be replayed with no key, no network and no model.

            with flow.record("lesson.cassette"):
                s = flow.start()
                s.say("Hi, I'm Ana")

        Recording begins at once, and ends with the block, with `stop()` or with `flow.live()`. An existing
        cassette is extended; of two answers to the same request, the later one is used.

        Args:
            path: The file, `*.cassette`: lines of JSON without any key.

        Raises:
            ConfigError: The file cannot be used.
            KeyFormatError: Its name contains an API key.
        """
        from byok_widgets.recording.control import record

        return record(self.context, path)

    def replay(self, path: str | Path, *, missing: Missing = "error") -> Recording | Replay:
        """Answer this flow's calls from a cassette: the same requests get the answers that were recorded.

        Replaying begins at once, and ends with a `with` block, with `stop()` or with `flow.live()`. Its output
        says what the cassette contains, and what the same calls cost live.

        Args:
            path: The cassette.
            missing: What happens to a call that was not recorded. `"error"` raises a `ReplayMissError` that says
                what has changed; `"nearest"` gives the answer to the most similar request, with a notice;
                `"record"` asks the model and records the answer; `"live"` asks the model.

        Raises:
            ConfigError: The file cannot be used.
            KeyFormatError: Its name contains an API key.
        """
        from byok_widgets.recording.control import replay

        return replay(self.context, path, missing)

    def live(self) -> None:
        """End a recording or a replay of this flow: its calls go to the models again."""
        from byok_widgets.recording.control import live

        live(self.context)

    def check(self, *, variables: Iterable[str] = (), targets: Iterable[str] = ()) -> Check:
        """Check the graph, the keys and the models for mistakes, without sending anything.

        Args:
            variables: Names of variables that your code will set, to values of any type.
            targets: Targets of `export`: the findings then include what these cannot express.

        Raises:
            ConfigError: There is no such target.
        """
        from byok_widgets.diagnostics.check import check

        if not targets and not self._skipped:
            return check(self, variables)
        from byok_widgets.export import losses_of

        return check(self, variables, more=[loss.finding for loss in losses_of(self, targets, self._skipped)])

    def export(self, target: str) -> Export:
        """Return the flow in the format of another builder, and a report of what that format cannot express.

        Nothing is written until you call `save(folder)` on the result. It never contains a key.

        Args:
            target: `"pipecat"`: a FlowConfig as YAML and the module of its handlers. `"retell"`: the JSON of a
                conversation flow, which `Flow.load` can read. `"python"`: a module that builds the flow.

        Raises:
            ConfigError: There is no such target, the flow has no nodes, or a text in it looks like a key.
        """
        from byok_widgets.export import export

        return export(self, target)

    @property
    def skipped(self) -> Skipped:
        """What was left out when the flow was loaded from another builder's file; empty if nothing was."""
        from byok_widgets.export.importing import Skipped

        return Skipped(self._skipped)

    def settings(self, *, mode: str | None = None) -> Any:
        """Return the settings panel; as the last line of a cell, it is shown.

        Args:
            mode: `"visitor"` for people who use this page, but not your keys: they cannot name an environment
                variable, a base URL or a local file, and nothing is kept beyond this session's memory. Saved
                settings of the flow no longer apply in this kernel; settings made by its cells do. `"owner"` for
                yourself, if this package does not know your notebook program. The default is `"owner"` in
                JupyterLab, Notebook 7, VS Code, Colab and marimo's editor, and `"visitor"` anywhere else.

        Raises:
            ConfigError: There is no such mode, or it is `"owner"` on a page that is served to visitors.
        """
        return frontend().settings(self, mode)

    def _reject(self, name: str) -> None:
        members = self.__dict__.get("_members")
        if members is not None and name in members.nodes:
            guessed = GUESSES["flow"].get(name)
            fix = f"Write: flow.node({name!r})" + (f"; to talk to the flow: {guessed}." if guessed else ".")
            raise UnknownAttributeError(f"A Flow has no {name!r}; it has a node of that name.", fix=fix)
        super()._reject(name)

    @property
    def _title(self) -> str:
        return " · ".join([f"Flow {self.name!r}", self._model_line, *self._file_state])

    @property
    def _model_line(self) -> str:
        return f"{self.provider}:{self.model or 'no model chosen'}"

    @property
    def _file_state(self) -> list[str]:
        return [_READ_ONLY] if self._file_notice else []

    def _comparison(self, variants: Any, cases: Any, options: CompareOptions) -> Any:
        from byok_widgets.compare.flow_comparison import compare_flow
        from byok_widgets.diagnostics.lint import reject_ambiguous

        reject_ambiguous(self.graph)
        return compare_flow(self._members, variants=variants, cases=cases, options=options)

    def _test(self, cases: Any, options: CompareOptions, *, baseline: str | Path | None, resume: bool) -> TestRun:
        from byok_widgets.diagnostics.lint import reject_ambiguous
        from byok_widgets.testing.starting import prepare

        reject_ambiguous(self.graph)
        return prepare(self._members, cases, options, baseline=baseline, resume=resume)

    def _search(
        self,
        models: Iterable[str] | Mapping[str, Iterable[str]],
        cases: Any,
        options: CompareOptions,
        metrics: Mapping[str, Any],
    ) -> AssignmentSearch:
        from byok_widgets.compare.search.assignment_search import AssignmentSearch
        from byok_widgets.diagnostics.lint import reject_ambiguous

        reject_ambiguous(self.graph)
        return AssignmentSearch(self._members, models=models, cases=cases, options=options, metrics=metrics)

    def _session(self, variables: Mapping[str, Any] | None, model: str | None, latency: Latency | None) -> Session:
        from byok_widgets.diagnostics.lint import reject_ambiguous
        from byok_widgets.session import Session

        reject_ambiguous(self.graph)
        chosen = self.latency if latency is None else latency
        return Session(self.graph, self.context, variables=variables, model=model, latency=chosen)
