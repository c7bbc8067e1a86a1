"""The package's errors: each fault in plain words, with its cause, a fix and a link.

An error keeps only text, never a request, a response, an SDK exception or a key, so that it can be shown, pickled
and saved. Code that translates another library's exception raises the translation *outside* the `except` block: a
chained exception would carry everything that was left out here.

    ByokError
    ├── MissingKeyError      no key for this flow and provider
    ├── KeyFormatError       the pasted text is not a key, or is another provider's
    ├── KeyStoreError        a storage backend for keys failed
    ├── ConfigError          a setting, a model ref or an argument is invalid
    ├── TemplateError        a prompt names a variable that has no value
    ├── SchemaError          fields or a JSON Schema that cannot be extracted
    ├── FlowError            a flow cannot run as it is connected, or a session cannot be continued
    ├── ProviderError        the provider, its network path or its answer failed
    ├── ReplayMissError      a call was made in a replay that was not recorded
    ├── ExtractionError      an answer arrived that does not fit the schema
    └── LocalModelError      the embedded model cannot be downloaded or started

`RunInterrupted` is not one of them: it is the keyboard interrupt of a user who stopped a run in a cell.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from byok_widgets.display import error_card
from byok_widgets.secrets import redact, redact_held, redact_quotes
from byok_widgets.usage import NOT_CHARGED


class ByokError(Exception):
    """An error with a message for people and a `kind` for programs.

    Attributes:
        kind: Stable machine-readable name, such as `"no_key"`, `"auth"` or `"rate_limit"`.
        problem: What went wrong, in one sentence.
        cause: The likely cause; empty if the problem says it all.
        quote: What of the cause is the provider's own words, with who says them; empty if it sent none.
        fix: What to do next.
        link: A page of the provider concerned; empty if there is none.
        retryable: Whether the same call may succeed later without a change.
        attempts: Requests that were sent before this was raised.
        request_id: The provider's id of the failed request, for its support.
        retry_after_s: Seconds the provider asked to wait, if it did.
        partial_text: Text that had arrived before the error.
        broke_off: Whether what stands before the provider gave up waiting for it, rather than that it refused.
        cost: What the call cost all the same: nothing where certainly no request was charged, unknown where one
            may have been answered.
        where: Flow, node and model concerned, in one sentence; empty if no node was running.
        flow: Name of the flow concerned; empty if no node was running.
    """

    default_kind = "error"

    def __init__(
        self,
        problem: str,
        *,
        kind: str = "",
        cause: str = "",
        quote: str = "",
        fix: str = "",
        link: str = "",
        retryable: bool = False,
        attempts: int = 0,
        request_id: str | None = None,
        retry_after_s: float | None = None,
        partial_text: str = "",
    ) -> None:
        self.problem, self.cause, self.fix = (redact_quotes(text) for text in (problem, cause, fix))
        self.quote = redact_quotes(quote) if quote in cause else ""
        super().__init__(self.problem)
        self.kind = kind or self.default_kind
        self.link = link
        self.retryable = retryable
        self.attempts = attempts
        self.request_id = redact(request_id, words=False) if request_id else request_id
        self.retry_after_s = retry_after_s
        self.partial_text = redact_held(partial_text)
        self.broke_off = False
        self.cost = NOT_CHARGED
        self.where = self.flow = ""

    @property
    def may_be_charged(self) -> bool:
        """Whether the provider may charge for the call all the same."""
        return self.cost.usd != 0

    def at(self, *, flow: str, node: str, model: str | None = None) -> ByokError:
        """Record where it happened, unless that is already known; return the error itself."""
        if not self.where:
            parts = [f"Flow {flow!r}", f"node {node!r}", *([f"model {model}"] if model else [])]
            self.where = redact_quotes(", ".join(parts) + ".")
            self.flow = redact_quotes(flow)
        return self

    def _shown(self) -> dict[str, str]:
        """Return the parts shown on screen by name, in order, shortened to fit."""
        return error_card.shortened(
            {
                "problem": self.problem,
                "where": self.where,
                "cause": self.cause,
                "fix": self.fix,
                "link": self.link,
                "request_id": f"Request id: {self.request_id}" if self.request_id else "",
            }
        )

    @property
    def parts(self) -> dict[str, str]:
        """What is shown, by name and in order: the provider's words stand apart from cause and fix."""
        return error_card.with_quote_apart(self._shown(), self.quote)

    def __str__(self) -> str:
        return "\n".join(self._shown().values())

    def __repr__(self) -> str:
        return f"{type(self).__name__}(kind={self.kind!r}, problem={self.problem!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.problem, dict(self.__dict__)))

    def _repr_html_(self) -> str:
        return error_card.as_html(self.parts, opens_settings=self._leads_to_settings)

    def _render_traceback_(self) -> list[str]:
        """Give IPython a short summary instead of the stack; `last_traceback()` shows the stack."""
        return error_card.as_lines(type(self).__name__, self.parts, opens_settings=self._leads_to_settings)

    @property
    def concerns_settings(self) -> bool:
        """Whether it is corrected in the settings."""
        return self.kind in _OF_SETTINGS

    @property
    def _leads_to_settings(self) -> bool:
        """Whether a card ends with the line that opens the settings, which its fix may show already."""
        return self.concerns_settings and "flow.settings()" not in self.fix


_OF_SETTINGS = frozenset(
    {
        "no_key",
        "no_model",
        "auth",
        "permission",
        "quota",
        "key_limit",
        "model",
        "model_gone",
        "base_url",
        "setting",
    }
    | {"key_lost", "key_damaged", "wrong_provider", "keyring_locked", "file_locked", "page", "refused"}
)
"""Kinds of errors that are fixed in the settings panel."""


def _rebuild(cls: type[ByokError], problem: str, state: dict[str, Any]) -> ByokError:
    error = cls(problem)
    error.__dict__.update(state)
    return error


class MissingKeyError(ByokError):
    """No API key is configured for this flow and provider."""

    default_kind = "no_key"


KeyFlaw = Literal[
    "not_text",
    "empty",
    "too_long",
    "too_short",
    "line_break",
    "space",
    "curly_quote",
    "invisible",
    "control_character",
    "masked",
    "two_keys",
    "separator",
    "wrong_case",
    "not_ascii",
    "address",
    "variable_name",
    "prefix_only",
    "path",
    "unsealable",
]
"""Why a string cannot be an API key."""


class KeyFormatError(ByokError):
    """The text is not an API key, or it is the key of another provider.

    Attributes:
        suggested_provider: Name of the provider whose key it looks like, or `None`.
        flaw: Why it cannot be a key, for kind `bad_key_format`: see `KeyFlaw`.
    """

    default_kind = "bad_key_format"
    suggested_provider: str | None = None

    def __init__(self, problem: str, *, flaw: KeyFlaw | None = None, **details: Any) -> None:
        super().__init__(problem, **details)
        self.flaw = flaw


class KeyStoreError(ByokError):
    """A storage backend for keys, such as the keyring or an environment variable, failed.

    Attributes:
        locked: Name of the backend that has a key and has to be unlocked by a person first; empty otherwise.
    """

    default_kind = "key_store"

    def __init__(self, problem: str, *, locked: str = "", **details: Any) -> None:
        super().__init__(problem, **details)
        self.locked = locked


class ConfigError(ByokError):
    """A setting, a model ref or an argument is invalid."""

    default_kind = "config"


class TemplateError(ByokError):
    """A prompt is not a valid template, or names a variable that has no value."""

    default_kind = "template"


class SchemaError(ByokError):
    """Fields or a JSON Schema that cannot be extracted."""

    default_kind = "schema"


class FlowError(ByokError):
    """A flow cannot run as it is connected, or a session cannot be continued."""

    default_kind = "flow"


class ProviderError(ByokError):
    """The provider, the network path to it, or its answer failed."""

    default_kind = "provider"


class ReplayMissError(ByokError):
    """A call was made in a replay that was not recorded; nothing was sent.

    Its kind is `"replay_words_changed"` where this package itself words the request otherwise than it did.

    Attributes:
        case: Name of the case of a comparison or test; empty outside of one.
        repeat: Number of the repeat; 0 where nobody counts.
        changes: Where the request differs from the nearest one that was recorded, each with `place`, `recorded`
            and `now`; empty where nothing of the node was recorded.
    """

    default_kind = "replay_miss"

    def __init__(
        self, problem: str, *, case: str = "", repeat: int = 0, changes: tuple[Any, ...] = (), **details: Any
    ) -> None:
        super().__init__(problem, **details)
        self.case, self.repeat, self.changes = case, repeat, changes


class ExtractionError(ByokError):
    """An answer arrived, but it does not fit the schema.

    Attributes:
        raw_text: The model's complete, unchanged text.
        cut_off: Whether the maximum number of tokens cut it off.
    """

    default_kind = "extraction"
    raw_text: str = ""
    cut_off: bool = False


class LocalModelError(ByokError):
    """The embedded local model cannot be downloaded, started or used."""

    default_kind = "local_model"


class RunInterrupted(KeyboardInterrupt):
    """A run that the user stopped in a cell; a keyboard interrupt, so that the cells after it do not run either.

    Attributes:
        result: The partial result, marked as incomplete: a reply or a session's turn; `None` without one.
    """

    latest: ClassVar[Any] = None
    """Result of the latest interrupted run."""

    def __init__(self, result: Any = None, *, seen: bool = False) -> None:
        super().__init__("Stopped. The text so far is above." if seen else "Stopped.")
        self.result = RunInterrupted.latest = result

    def _render_traceback_(self) -> list[str]:
        """Give IPython a short summary instead of the stack."""
        kept = ["  (partial output: byok_widgets.last_partial_result())"] if self.result is not None else []
        return [str(self), *kept]


def last_partial_result() -> Any:
    """Return the partial result of the latest run that was stopped in a cell: a reply, a turn or `None`."""
    return RunInterrupted.latest
