"""`Flow`: the object that a person holds: it is shown, checked, saved, and talked to in sessions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from byok_widgets.diagnostics.check import Check, check
from byok_widgets.diagnostics.lint import reject_ambiguous
from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.flow import flow_file, flow_registry
from byok_widgets.flow.flow_data import bind, data_of, fill
from byok_widgets.flow.flow_nodes import FlowNodes
from byok_widgets.frontend import frontend
from byok_widgets.graph.drawing import MERMAID, as_mermaid, as_text
from byok_widgets.session import Session
from byok_widgets.strict_attributes import settable_names, unknown_name_error

_READ_ONLY = "read-only: saved by a newer byok-widgets"
_NEWER = "{path!r} was saved by a newer byok-widgets: it is read-only here, and may not run as it was meant."


class Flow(FlowNodes):
    """A flow under its name: what the panel shows and what cells use are this one object's settings.

    Two `Flow("dentist")` in one kernel share settings and keys, and each has nodes of its own; flows with other
    names share nothing.

    Attributes:
        speaks_first: Whether the start node speaks before the person; `None` lets it when it is a static one.
    """

    speaks_first: bool | None

    def __init__(self, name: str = "", **more: Any) -> None:
        """Open the flow's settings, or start new ones on the embedded local model.

        Args:
            name: Any text of 1 to 300 characters.
            **more: Nothing: all else is set afterwards, like `flow.provider = "openai"`, and a key is pasted in
                `settings()`.

        Raises:
            ConfigError: The name cannot be used, or there is more.
        """
        frontend().watch()
        for given, value in more.items():
            problem = f'A flow is made with its name alone, like Flow("dentist"), and without {given!r}.'
            hint = "Set it on a line of its own: flow.{0} = ..."
            raise unknown_name_error(problem, given, settable_names(type(self)), value, hint=hint)
        super().__init__(name)
        self.speaks_first = None
        self._file_notice = ""
        self._file_extra: dict[str, Any] = {}
        flow_registry.register(self)

    def __repr__(self) -> str:
        nodes = ", ".join(f"{node.kind} {name!r}" for name, node in self.nodes.items()) or "no nodes yet"
        return f"Flow({', '.join([repr(self.name), self._model_line, nodes, *self._standing])})"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        title = " · ".join([f"Flow {self.name!r}", self._model_line, *self._standing])
        diagram = as_mermaid(self._graph, title)
        return {"text/plain": as_text(self._graph, title), **({MERMAID: diagram} if diagram else {})}

    def _mime_(self) -> tuple[str, str]:
        """Show the text in marimo, which would take the diagram and cannot draw it."""
        return "text/plain", self._repr_mimebundle_()["text/plain"]

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        name: str | None = None,
        functions: Mapping[str, Callable[..., Any]] | None = None,
    ) -> Flow:
        """Open a flow that was saved; its settings become those of the flow of this name.

        There is no key in the file: the flow uses those that are saved here for its name, provider and host. An
        extraction schema that was a pydantic class comes back as its JSON Schema.

        Args:
            path: The file.
            name: Name of the flow here; by default the one in the file.
            functions: Functions of action nodes, by the node's name. A file holds no code, and loading it imports
                nothing: an action without its function is found by `check()`, and fails when it is reached.

        Raises:
            ConfigError: The file is not there, damaged, or no flow. It is left as it is.
        """
        data = flow_file.read(Path(path))
        try:
            flow = cls(name or data["name"])
            flow._file_extra = fill(flow, flow._context, data)
            bind(flow.graph, functions or {})
        except ByokError as error:
            problem = error
        else:
            if flow_file.is_newer(data):
                flow._file_notice = _NEWER.format(path=str(path))
            return flow
        raise flow_file.unusable(Path(path), problem.problem, problem.fix)

    def save(self, path: str | Path) -> None:
        """Save the flow as a file, usually called `*.flow.json`. No key is ever in it.

        Raises:
            ConfigError: A condition is a function, a text of the flow looks like a key, the flow or the file there
                is of a newer version, or the file cannot be written. A file that was there stays as it was.
        """
        if self._file_notice:
            raise ConfigError(self._file_notice, kind="newer_version", fix="pip install -U byok-widgets")
        flow_file.write({**data_of(self), **self._file_extra}, Path(path))

    @property
    def notice(self) -> str:
        """What a person must know, such as that settings are not saved; empty when all is well."""
        return " ".join(part for part in (self._file_notice, str(self.config.notice or "")) if part)

    def start(
        self,
        *,
        variables: Mapping[str, Any] | None = None,
        model: str | None = None,
        speak_first: bool | None = None,
        show: bool | None = None,
    ) -> Session:
        """Start a session: talk to it with `say`.

        Args:
            variables: Values that are known from the beginning; a name that is much like one of the flow's, and is
                none, gives a warning.
            model: Model for all calls of the session.
            speak_first: Whether the start node speaks before the person; by default as `speaks_first` says.
            show: Whether what it says appears in the cell; by default where there is one.

        Raises:
            FlowError: The flow has no nodes, or a mistake that leaves open where it would go.
            ByokError: What is said first failed; as `Session.say`.
        """
        session = self._session(variables, model)
        if self._opens(speak_first):
            session.open(show=show)
        return session

    async def astart(
        self,
        *,
        variables: Mapping[str, Any] | None = None,
        model: str | None = None,
        speak_first: bool | None = None,
    ) -> Session:
        """Do the same as `start` in an event loop, showing nothing."""
        session = self._session(variables, model)
        if self._opens(speak_first):
            await session.aopen()
        return session

    def chat(self, session: Session | None = None) -> Any:
        """Return a chat widget to talk with, to be shown as the last line of a cell.

        It shows the active node, the variables, what each turn took and why the flow moved or stayed; a turn can
        be stopped, and a fork goes on from any earlier one. Outside a notebook it gives the session.

        Args:
            session: The session to go on with; by default a new one.

        Raises:
            FlowError: The flow has no nodes, or a mistake that leaves open where it would go.
        """
        return frontend().chat(self.start(show=False) if session is None else session)

    def load_session(self, path: str | Path) -> Session:
        """Open a session that was saved with `Session.save`, to go on with it on this flow.

        One of a flow with another name goes on where the nodes are the same, and its `notice` says whose it is.

        Raises:
            ConfigError: The file is not there, damaged, no session, or one of a flow with other nodes. It is left
                as it is.
        """
        return Session.load(Path(path), self._graph, self._context)

    def check(self, *, variables: Iterable[str] = ()) -> Check:
        """Look for mistakes without sending anything: in the graph, the keys and the models.

        Args:
            variables: Names of those that code will set, to values of any type.
        """
        return check(self, variables)

    def settings(self) -> Any:
        """Return the settings panel, to be shown as the last line of a cell."""
        return frontend().settings(self)

    @property
    def _model_line(self) -> str:
        return f"{self.provider}:{self.model or 'no model chosen'}"

    @property
    def _standing(self) -> list[str]:
        return [_READ_ONLY] if self._file_notice else []

    def _session(self, variables: Mapping[str, Any] | None, model: str | None) -> Session:
        reject_ambiguous(self._graph)
        return Session(self._graph, self._context, variables=variables, model=model)

    def _opens(self, speak_first: bool | None) -> bool:  # noqa: FBT001 - passed on as it was given
        chosen = self.speaks_first if speak_first is None else speak_first
        return getattr(self.node(self.start_node), "static", False) if chosen is None else chosen
