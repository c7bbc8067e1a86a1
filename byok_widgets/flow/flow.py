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
from byok_widgets.flow.pending_settings import PENDING
from byok_widgets.flow.waiting_settings import WAITING
from byok_widgets.frontend import frontend
from byok_widgets.graph.flow_graph import AnyNode
from byok_widgets.nodes.base import Node
from byok_widgets.nodes.compare_options import CompareOptions
from byok_widgets.nodes.time_limits import FUNCTION_DEADLINE_S
from byok_widgets.secrets.quoting import as_given

if TYPE_CHECKING:
    from byok_widgets.cases.case import Cases
    from byok_widgets.cases.writing import SavedCase
    from byok_widgets.compare.assignment_search import AssignmentSearch
    from byok_widgets.compare.optimisation import Optimisation
    from byok_widgets.compare.past import PastComparisons
    from byok_widgets.compare.recommendation import Recommendation
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
            fresh: Read and save no settings: in each kernel the flow starts afresh. What is set, an API key too,
                stays in this kernel's memory, also when the cell is run again.
            **more: Not accepted: everything else is set afterwards, like `flow.model = "..."`, and a key is pasted
                in `settings()`.

        Raises:
            ConfigError: The name cannot be used, or another argument was given.
        """
        frontend().watch()
        for given, value in more.items():
            problem = f'A flow is made with its name alone, like Flow("dentist"), and without {given!r}.'
            hint = "Set it on a line of its own: flow.{0} = ..."
            raise unknown_name_error(problem, given, settable_names(type(self)), value, hint=hint)
        super().__init__(FlowSettings.of(name, fresh=fresh))
        self._file_notice = ""
        self._file_extra: dict[str, Any] = {}
        self._skipped: tuple[Loss, ...] = ()
        self._is_served = False
        flow_registry.register(self)
        self.config.look_elsewhere()
        WAITING.welcome(self.context)

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
            ConfigError: There is none of that name.
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
            KeyFormatError: Not the name of a variable that is set and holds what can be this provider's key.
            ConfigError: No such provider.
        """
        self._settings.use_key(reference, provider=provider)

    def use_key_of(self, flow: str, *, provider: str | None = None) -> str:
        """Copy the API key that another flow of yours has for the same provider and host.

        The copy is this flow's own: removing either key leaves the other. It is stored as the other one is, or in
        this session's memory where that does not work here.

        Args:
            flow: Name of the other flow.
            provider: Name of the provider; by default this flow's.

        Returns:
            Where the key is stored now, in a sentence.

        Raises:
            ConfigError: There is no such flow, or the page is served to visitors.
            MissingKeyError: That flow has no key for this provider, or only one for another host.
            KeyStoreError: Its key cannot be read now, such as from a locked keyring.
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
        """Make a node that speaks; a node of the same name is replaced, so that a cell can be run again.

        The edges of a replaced node stay.

        Args:
            name: The node's name.
            prompt: Instructions for the model; `{{name}}` stands for a variable.
            static: Speak `prompt` as it is on the first visit, without a model.
            start: Start sessions here; otherwise they start at the first node that was made.
            end: Close the session when this node has spoken.
            enter: Makes it a global node: when a model judges that this sentence holds, the flow comes here from
                wherever it is, and returns there when this node has spoken, unless it has edges of its own.
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
        """Make a node that reads values out of a dialogue; a node of the same name is replaced, its edges stay.

        Give the fields in one of three ways: as keywords (`weekday=["Mon", "Tue"], urgent=bool`), as a pydantic
        class, or as a JSON Schema. A field whose name is an argument here goes into `fields`.

        Args:
            name: The node's name.
            schema: A pydantic class or a JSON Schema.
            fields: Fields by name.
            prompt: Instructions beside the fields.
            examples: Pairs of a dialogue and its values; small models need them. `node.teach` adds to them.
            window: Read only this many of the last messages; by default all.
            grounding: `"flag"` marks a value whose words or dates nobody said, `"require"` counts it as not
                stated, `"literal"` does so with choices, numbers, and a yes or no too, `"off"` does not look,
                `"auto"` depends on the model; `{"address": "require"}` names single fields. By default as the
                flow's `grounding` says.
            locale: How numbers and dates are written, such as `"de-DE"`; by default as the flow's `locale` says.
            start: Start sessions here.
            end: Close the session when this node has read.
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
            problem = f"{as_given(fields)} names no types."
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
        """Make a node that calls a function; a node of the same name is replaced, its edges stay.

        Each parameter of the function gets the variable of its name: `None` where that is not stated, or the
        parameter's default. One called `variables` gets all of them. The function, sync or async, runs in a thread
        of its own. It returns a mapping with the variables in `writes`, or the value itself where there is one;
        `None` says that there is no value. It gets copies of the values, and copies of what it returns are kept.

        Args:
            name: The node's name.
            function: The function.
            writes: Names of the variables that it sets.
            deadline_s: Time limit for the function, in seconds; it is not stopped, but the turn continues.
            effects: Whether it changes the world, as a booking does. It is then never called again unasked: after
                a turn that failed, a fork or a reset its earlier result is used again. Where the arguments differ,
                or it raised an exception and may have taken effect all the same, the turn fails, unless
                `say(..., repeat_effects=True)` asks for another call.
            start: Start sessions here.
            end: Close the session when this node has run.
            enter: Makes it a global node, as in `conversation`.

        Raises:
            ConfigError: The function cannot be called, or `writes` holds what is not the name of a variable.
        """
        if function is None:
            raise ConfigError(f"Node {name!r} needs a function.", kind="function", fix="Give the function itself.")
        from byok_widgets.nodes.action.node import ActionNode

        node = ActionNode(self.context, name, function, writes=writes, deadline_s=deadline_s, effects=effects)
        return self._members.add(node, start=start, end=end, enter=enter)

    def add(self, node: N, *, start: bool = False, end: bool = False, enter: str | None = None) -> N:
        """Add a node of any kind, made with `flow.context`; a node of the same name is replaced, its edges stay.

        Raises:
            ConfigError: It is not a node, or one of another flow, or the flow has a node of another kind under its
                name.
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

        There is at most one edge from a node to another: write two conditions as one, with `or`.

        Args:
            source: The node, or its name.
            target: The node, or its name.
            *more: Not accepted: a condition is given by keyword.
            when: Prompt condition: a sentence that a model judges, such as "the caller gave a name".
            if_: Logic condition, exact and free, judged before all others: an expression over variables, such as
                `"weekday is not None"`, or a function that takes them. Without any condition it is the else edge,
                taken when no other edge of the node holds.
            condition: A condition of any other kind.

        Raises:
            ConfigError: A node is not there, or the condition cannot be used.
        """
        from byok_widgets.graph.edge import Edge

        for given in more:
            said = repr(given) if isinstance(given, str) else "..."
            raise ConfigError(
                "connect takes two nodes, and a condition by keyword.",
                kind="condition",
                fix=f"Write if_={said} for an exact condition, or when={said} for one that a model judges.",
            )
        self._members.connect(
            Edge.create(self._members.name_of(source), self._members.name_of(target), when, if_, condition)
        )

    def disconnect(self, source: AnyNode | str, target: AnyNode | str) -> None:
        """Remove the edge between two nodes.

        Raises:
            ConfigError: There is none.
        """
        self._members.disconnect(source, target)

    def remove(self, node: AnyNode | str) -> None:
        """Remove a node from the flow, with all edges to it and from it.

        If it was the start node, sessions start at the first node that is left. A session that is at it raises an
        error when it is talked to: make the node again, or continue from an earlier turn with `fork`. What it
        wrote stays in the sessions.

        The model override and the settings that it was given in the panel, or by `node.model = ...`, are kept with
        the flow's settings, as after a restart of the kernel: a new node of the same name has them again.

        Args:
            node: The node, or its name.

        Raises:
            ConfigError: There is none.
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
        """Open a flow that was saved; its settings become those of the flow of this name, if that is new here.

        A conversation flow of Retell is opened, too: alone, as the API returns it, or in an agent that the
        dashboard exported. What was left out of it is in `flow.skipped`, and `check()` lists it.

        A flow of this name that you have used before keeps its own provider, models and addresses where the file
        says something else, and a model file on this machine is used only if you say so: what differs is said, and
        the settings panel asks.

        There is no key in the file: the flow uses those that are saved here for its name, provider and host. An
        extraction schema that was a pydantic class comes back as its JSON Schema.

        Args:
            path: The file.
            name: Name of the flow here; by default the one in the file.
            functions: Functions of action nodes, by the node's name. A file holds no code, and loading it imports
                nothing: an action without its function is found by `check()`, and fails when it is reached.
            trust: `True` takes the file's settings, `False` keeps yours and asks nothing.
            fresh: Read and save no settings, as in `Flow(name, fresh=True)`: those of the file hold, and no saved
                key is used.

        Raises:
            ConfigError: The file is not there, damaged, or not a flow. It is left as it is.
        """
        from byok_widgets.flow import flow_file
        from byok_widgets.flow.flow_data import bind, fill
        from byok_widgets.flow.foreign_file import import_flow

        content = flow_file.parsed(Path(path))
        foreign = import_flow(content, Path(path))
        data = flow_file.checked(foreign.data if foreign else content, Path(path))
        try:
            with WAITING.postponed():  # until the flow has the settings of the file, which are its own
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
        """Save the flow as a file, usually called `*.flow.json`. No key is ever in it.

        Raises:
            ConfigError: A condition is a function, a text of the flow looks like a key, the flow or the file there
                is of a newer version, or the file cannot be written. A file that was there stays as it was.
        """
        from byok_widgets.flow import flow_file
        from byok_widgets.flow.flow_data import data_of

        if self._file_notice:
            raise ConfigError(self._file_notice, kind="newer_version", fix="pip install -U byok-widgets")
        flow_file.write({**data_of(self), **self._file_extra}, Path(path))

    @property
    def notice(self) -> str:
        """What a person must know, such as that settings are not saved; empty when all is well."""
        parts = (self._file_notice, str(self.config.notice or ""), PENDING.text(self.context))
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
            variables: Values that are known from the beginning; an unknown name that resembles one of the flow's
                gives a warning.
            model: Model for all calls of the session.
            speak_first: Whether the start node speaks before the person; by default as `speaks_first` says.
            latency: `"speculative"` or `"usual"`; by default as `flow.latency` says.
            show: Whether what it says appears in the cell; by default where there is one.

        Raises:
            FlowError: The flow has no nodes, or a node with two else edges.
            ByokError: What is said first failed; as `Session.say`.
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
        """Return a chat widget to talk with, to be shown as the last line of a cell.

        It shows the active node, the variables, what each turn took and why the flow moved or stayed; a turn can
        be stopped, and a fork continues from any earlier one. Outside a notebook it returns the session.

        Args:
            session: The session to continue; by default a new one.

        Raises:
            FlowError: The flow has no nodes, or a node with two else edges.
        """
        return frontend().chat(self.start(show=False) if session is None else session)

    def load_session(self, path: str | Path) -> Session:
        """Open a session that was saved with `Session.save`, to continue it on this flow.

        One of a flow with another name continues where the nodes are the same, and its `notice` says whose it is.

        Raises:
            ConfigError: The file is not there, damaged, not a session, or one of a flow with other nodes. It is
                left as it is.
        """
        from byok_widgets.session import Session

        return Session.load(Path(path), self.graph, self.context)

    def cases(self, source: Any, *, functions: Mapping[str, Callable[..., Any]] | None = None) -> Cases:
        """Read cases for comparing and testing: what callers say, and the expected outcome.

        A case has one of `text`, `transcript` (a dialogue) and `caller` (what the caller says turn by turn); and
        any of `name`, `variables`, `stubs` (what actions give, by node), `values` (what is expected, by field),
        `status`, `path`, `end_node`, `contains`, `excludes`, `judge`, `assertions`, `max_calls`, `max_cost`,
        `max_seconds`, `turns` (what is expected of single turns, by number), `tags`, `weight`, `group`.

        Args:
            source: A path to `*.cases`, `*.jsonl` or `*.csv` (expected values in columns `values.weekday`), a data
                frame, a session, or a list of texts, transcripts, mappings and sessions.
            functions: Functions that assertions name, by name; each gets the output (`text`, `values`, `path`).

        Raises:
            ConfigError: Something is wrong with a case; the message names its place.
            KeyFormatError: There is an API key in it.
        """
        from byok_widgets.cases.reading import read_cases

        return read_cases(source, functions=functions or {})

    def save_case(
        self, session: Session, path: str | Path | None = None, *, turn: int | None = None, name: str = ""
    ) -> SavedCase:
        """Save a session as a case, for tests and comparisons: what was said, and the outcome.

        The case is added to a file that `flow.cases` reads. It expects what has happened, turn by turn: look at it
        before you test with it, since that may have been wrong. What actions with effects gave becomes their stub.

        Args:
            session: The session.
            path: The file, `*.cases` or `*.jsonl`; by default one beside the notebook that is named like the flow.
            turn: Number of the turn with which the case ends; by default the last one.
            name: Name of the case; by default the beginning of what was said.

        Raises:
            ConfigError: Nothing was said, there is no such turn, or the file cannot be read or written.
            KeyFormatError: There is an API key in it.
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
        """Compare assignments of models on the whole flow: the caller's turns are played through each.

        The flow itself is not changed. Once a model answers otherwise, the conversation may part from the
        baseline's: `divergences()` says where, and `node_scores()` compares each node on the cases that both
        variants bring to it. Actions with effects are not called.

        Args:
            variants: Models by node, by the name of the variant: `{"now": {}, "cheap": {"ask": "..."}}`. A node
                that is not named keeps its model.
            cases: What `flow.cases` takes or returns.
            repeat: How often each case is played with each variant.
            budget: Maximum cost in US dollars. The worst case of each call is reserved before it is sent.
            max_calls: Maximum number of model calls; required in addition to `budget` if a model has no price.
            baseline: Name of the variant that the others are compared with; by default the one that changes
                nothing, else the first.
            margin: The loss of score that you accept, such as 0.05 for 5 points.
            metric: As for a node; `path` and `end_node` of a case are checked, too.
            temperature: Temperature of the nodes' calls; with repeats it is 0.7 where nothing says otherwise.
            stubs: What actions give in place of what they do: values of variables, by the node's name.
            run_effects: Whether actions with effects that have no stub are called for real, once for each cell.
            shard: `(1, 4)` runs the first of four parts, with its part of the limits and of the provider's quota,
                and writes a file of its own; `flow.merge_comparisons()` joins them.
            executor: A client of dask.distributed: cells run on its workers, and are stored here as they come.
            store: A file for the finished cells; by default a private file of the flow.
            batch: Is refused: each turn needs the answer before it. `node.compare` takes it.
            wait: Whether to return only when all is done. By default it returns at once where a page shows the
                board; what asks for verdicts waits. A browser's tab waits, too, if it can.

        Returns:
            A `Comparison`, as `compare` of a node gives.

        Raises:
            ConfigError: A case, a variant, a stub or a limit cannot be used.
            FlowError: The flow has a node with two else edges.
            KeyFormatError: There is an API key in a case.
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
        """Test this flow: each case passes or fails, with the turn, the node and the reason where it went wrong.

        Each test runs from scratch: results of an earlier one are not reused. The result is true where all
        cases have passed in all runs: `assert flow.test(cases)`. Actions with effects are not called.

        Args:
            cases: What `flow.cases` takes or returns.
            runs: How often each case is run, with the flow as it is. From two on, a case that fails in some runs
                counts as flaky and one that fails in all as broken; `result.pass_k()` says how reliable it is.
            baseline: A file that `result.save_baseline()` of an earlier test has written; `result.changes` says
                what has changed since.
            budget: Maximum cost in US dollars. The worst case of each call is reserved before it is sent.
            max_calls: Maximum number of model calls; required in addition to `budget` if a model has no price.
            stubs: What actions give in place of what they do: values of variables, by the node's name.
            run_effects: Whether actions with effects that have no stub are called for real, once for each run.
            store: A file for what is kept of the runs; by default a private file of the flow.
            resume: Whether to go on with the last test of the same flow, cases and runs where it was stopped:
                what it has finished is not paid again.
            wait: Whether to return only when all is done. By default it returns at once where a page shows the
                board; what asks for outcomes waits. A browser's tab waits, too, if it can.

        Returns:
            A `TestRun`: `passed`, `outcomes`, `problems`, `pass_k()`, `changes`, `save_junit()`, and all that a
            `Comparison` has.

        Raises:
            ConfigError: A case, a stub, a limit or the baseline cannot be used.
            MissingKeyError: "No API key configured" for a provider of a model that the test calls.
            FlowError: The flow has a node with two else edges.
            KeyFormatError: There is an API key in a case.
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
        """Look for the cheapest models for the nodes of this flow that are no worse than those it has now.

        Each model is run on each node alone, the outcomes are combined per case, and runs of the whole flow
        decide, from the safest assignment to the cheapest, until one is not shown to be safe. The flow is not
        changed: `flow.apply(found.best())` does that. The same call continues where an earlier one ended, and pays
        only for what is missing. It returns when it is done.

        Args:
            models: The models to try, for all nodes or by node. The one that a node has now is tried, too.
            cases: What `flow.cases` takes or returns. A node is judged by the values that it reads; 200 cases with
                `repeat=3` are a good number for a margin of 0.1.
            margin: The loss of score that you accept, such as 0.05 for 5 points.
            repeat: How often each case is run.
            budget: Maximum cost in US dollars, for everything together.
            max_calls: Maximum number of model calls, for everything together.
            metrics: How nodes are judged of which cases expect no values, by node; see `metric` of `node.compare`.
            metric: How runs of the whole flow are judged; by default 1 where all that is expected of a case holds.
            temperature: Temperature of the calls; with repeats it is 0.7 where nothing says otherwise.
            stubs: What actions give in place of what they do: values of variables, by the node's name.
            store: A file for the finished cells; by default a private file of the flow.

        Raises:
            ConfigError: A model, a case, the margin or a limit cannot be used; or no case judges any node.
            FlowError: The flow has a node with two else edges.
            KeyFormatError: There is an API key in a case.
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
        """Return what was compared on this flow; the same call of `compare` shows it again, without paying.

        Args:
            store: The file of the cells, where it is not the flow's own.
        """
        from byok_widgets.compare.opening import open_store
        from byok_widgets.compare.past import past_comparisons

        return past_comparisons(open_store(self.context, store))

    def merge_comparisons(self, *files: str | Path, store: str | Path | None = None) -> PastComparisons:
        """Take over the cells that shards have finished: the call of `compare` without `shard` then shows all.

        Args:
            *files: The files of the shards; by default those that stand beside the store.
            store: The file that takes them, where it is not the flow's own.

        Raises:
            ConfigError: There is no such file, or it holds no cells.
            KeyFormatError: There is an API key in a name.
        """
        from byok_widgets.compare.merging import merged

        return merged(self.context, files, store)

    def apply(self, recommendation: Recommendation) -> str:
        """Use the models of a recommendation, such as `comparison.best("read")`: sets the overrides of its nodes.

        Returns:
            What was changed and on which evidence, in a sentence; a baseline without evidence changes nothing.

        Raises:
            ConfigError: A node of it is not in this flow.
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

        The flow is served as it is now; calling this again lets new conversations begin with the flow as it is
        then. Callers need the access token that is made here, also on this machine.

        Args:
            port: The port; 0 for any that is free.
            host: The address to listen on.
            public_url: Where callers reach it, such as the address of a tunnel, for the snippets.
            hosts: Host names under which callers ask, beside that one.
            origins: Origins of web pages that may ask, such as `"https://example.org"`.
            store: A file for the conversations, or the URL of a Redis server; by default the flow's own file.
            fallback: What the caller hears at once when a turn fails; by default `flow.fallback`.
            fallback_model: A model that answers after that, in the same turn.
            end_on_failure: Whether the call ends where no model answers.
            max_calls: Maximum number of model calls, by `"turn"`, `"session"`, `"token"` and `"day"`.
            max_cost: The cost from which on no further call is made, in US dollars, likewise.
            first_token_s: A turn that has said nothing by then has failed, in seconds.
            keep_days: How long a conversation is kept after its last turn.

        Raises:
            MissingKeyError: "No API key configured" for a provider that a node needs.
            ConfigError: A model is missing, or the port, the store or a cap cannot be used.
            LocalModelError: A model that runs on this machine is not here, and cannot be fetched.
            FlowError: The flow has a node with two else edges.
        """
        from byok_widgets.flow.serving import serve
        from byok_widgets.serve.flow_server import NOTEBOOK, Address
        from byok_widgets.serve.options import ServeOptions

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

        It begins at once, and ends with the block, with `stop()` or with `flow.live()`. An existing cassette
        already is continued: of two answers to the same request, the later one holds.

        Args:
            path: The file, `*.cassette`: lines of JSON without any key.

        Raises:
            ConfigError: The file cannot be used.
            KeyFormatError: There is an API key in its name.
        """
        from byok_widgets.recording.control import record

        return record(self.context, path)

    def replay(self, path: str | Path, *, missing: Missing = "error") -> Recording | Replay:
        """Answer this flow's calls from a cassette: the same requests get the answers that were recorded.

        It begins at once, and ends with a `with` block, with `stop()` or with `flow.live()`. Its output says what
        is in the cassette, and what the same calls cost live.

        Args:
            path: The cassette.
            missing: What happens to a call that was not recorded. `"error"` raises a `ReplayMissError` that says
                what has changed; `"nearest"` gives the answer to the most similar request, with a notice;
                `"record"` asks the model and records the answer; `"live"` asks the model.

        Raises:
            ConfigError: The file cannot be used.
            KeyFormatError: There is an API key in its name.
        """
        from byok_widgets.recording.control import replay

        return replay(self.context, path, missing)

    def live(self) -> None:
        """End a recording or a replay of this flow: its calls are made at their models again."""
        from byok_widgets.recording.control import live

        live(self.context)

    def check(self, *, variables: Iterable[str] = (), targets: Iterable[str] = ()) -> Check:
        """Look for mistakes without sending anything: in the graph, the keys and the models.

        Args:
            variables: Names of those that code will set, to values of any type.
            targets: Targets of `export`: what they cannot say of the flow is found, too.

        Raises:
            ConfigError: There is no such target.
        """
        from byok_widgets.diagnostics.check import check

        if not targets and not self._skipped:
            return check(self, variables)
        from byok_widgets.export import losses_of

        return check(self, variables, more=[loss.finding for loss in losses_of(self, targets, self._skipped)])

    def export(self, target: str) -> Export:
        """Return the flow in the form of another builder, and a report of what that form cannot say.

        Nothing is written until `save(folder)` of what it returns is called. No key is ever in it.

        Args:
            target: `"pipecat"`: a FlowConfig as YAML and the module of its handlers. `"retell"`: the JSON of a
                conversation flow, which `Flow.load` reads again. `"python"`: a module that makes the flow.

        Raises:
            ConfigError: There is no such target, the flow has no nodes, or a text of it looks like a key.
        """
        from byok_widgets.export import export

        return export(self, target)

    @property
    def skipped(self) -> Skipped:
        """What was left out when the flow was loaded from another builder's file; empty if nothing was."""
        from byok_widgets.export.importing import Skipped

        return Skipped(self._skipped)

    def settings(self, *, mode: str | None = None) -> Any:
        """Return the settings panel, to be shown as the last line of a cell.

        Args:
            mode: `"visitor"` for people who are given this page, and not your keys: they name no environment
                variable, base URL or local file, and nothing is saved beyond this session's memory. What is saved
                for the flow does not hold any more in this kernel; what its cells set does. `"owner"` for yourself
                where this package does not know your notebook program. By default `"owner"` in JupyterLab,
                Notebook 7, VS Code, Colab and marimo's editor, and `"visitor"` anywhere else.

        Raises:
            ConfigError: No such mode, or `"owner"` on a page that is served to visitors.
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
        from byok_widgets.compare.assignment_search import AssignmentSearch
        from byok_widgets.diagnostics.lint import reject_ambiguous

        reject_ambiguous(self.graph)
        return AssignmentSearch(self._members, models=models, cases=cases, options=options, metrics=metrics)

    def _session(self, variables: Mapping[str, Any] | None, model: str | None, latency: Latency | None) -> Session:
        from byok_widgets.diagnostics.lint import reject_ambiguous
        from byok_widgets.session import Session

        reject_ambiguous(self.graph)
        chosen = self.latency if latency is None else latency
        return Session(self.graph, self.context, variables=variables, model=model, latency=chosen)
