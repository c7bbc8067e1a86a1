"""`FlowSettings`: what the panel shows and what cells use, under the name of a flow.

All flows of the same name share them in this process: a click and a line of code write the same settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from byok_widgets.attributes.strict import StrictAttributes
from byok_widgets.config import BaseUrl, FlowConfig, ModelRef
from byok_widgets.config.turn_limits import checked_calls, checked_cost
from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.flow import flow_contexts
from byok_widgets.graph.flow_graph import AnyNode
from byok_widgets.keys import KeyStore
from byok_widgets.keys.backends.environment import variable_name
from byok_widgets.nodes import ModelNode, model_nodes
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.nodes.node_settings import checked_limit
from byok_widgets.nodes.unknown_model import tell_if_unknown
from byok_widgets.providers import PROVIDERS
from byok_widgets.providers.base import sentence

if TYPE_CHECKING:
    from byok_widgets.nodes.grounding_choice import Grounding


class FlowSettings(StrictAttributes):
    """Provider, models, addresses and keys of a flow."""

    def __init__(self, context: FlowContext) -> None:
        self._context = context

    @classmethod
    def of(cls, name: str, *, fresh: bool = False) -> Self:
        """Open the settings of a flow by its name; see `flow_contexts.shared`."""
        return cls(flow_contexts.shared(name, fresh=fresh))

    @property
    def name(self) -> str:
        """The flow's name."""
        return self.config.name

    @property
    def config(self) -> FlowConfig:
        """The flow's settings, observable."""
        return self._context.config

    @property
    def context(self) -> FlowContext:
        """What the nodes of this flow share."""
        return self._context

    @property
    def key_store(self) -> KeyStore:
        """Where this flow's keys are stored. It never reveals a key."""
        return self._context.key_store

    @property
    def notice(self) -> str:
        """A notice for the user, such as that settings are not saved; empty if all is well."""
        return str(self.config.notice or "")

    @property
    def provider(self) -> str:
        """Name of the provider used for bare model ids, one of `PROVIDERS`, ignoring case."""
        return self.config.provider

    @provider.setter
    def provider(self, name: str) -> None:
        self.config.provider = name

    @property
    def model(self) -> str | None:
        """Default model, used by every node without an override."""
        return self.config.model

    @model.setter
    def model(self, text: str | None) -> None:
        self.config.model = text
        tell_if_unknown(self.config, None if text is None else f"{self.provider}:{self.model}")

    @property
    def global_prompt(self) -> str:
        """Precedes the prompt of every conversation node; may contain `{{variables}}`."""
        return self._context.global_prompt

    @global_prompt.setter
    def global_prompt(self, text: str) -> None:
        if not isinstance(text, str):
            raise ConfigError(f"The global prompt must be text, not {text!r}.", fix='Write "" for none.')
        self._context.global_prompt = text

    @property
    def grounding(self) -> Grounding:
        """What happens to extracted values that the dialogue does not support, unless a node says otherwise.

        `"flag"` marks texts and dates, `"require"` counts them as not stated, `"literal"` does so with choices,
        numbers, and a yes or no too, `"off"` does not look. `"auto"`, the default, is `"flag"`, except for single
        values of the two small local models, which are read as with `"literal"`: they invent many values.
        """
        return self._context.grounding

    @grounding.setter
    def grounding(self, choice: Grounding) -> None:
        from byok_widgets.nodes.grounding_choice import checked_grounding

        self._context.grounding = checked_grounding(choice, f"Flow {self.name!r}")

    @property
    def locale(self) -> str | None:
        """How numbers and dates are written in the dialogues, such as `"en-US"` or `"de-DE"`; `None` if it varies.

        An extraction reads a text like "1,234" as a number, or "11/12/2026" as a date, only where it means
        the same in every locale, or in this one. A node may have a `locale` of its own.
        """
        return self._context.locale

    @locale.setter
    def locale(self, tag: str | None) -> None:
        from byok_widgets.schema.values.locales import Locale

        self._context.locale = None if tag is None else Locale.of(tag).tag
        self.config.notify("locale")

    @property
    def judge_max_tokens(self) -> int | None:
        """Maximum number of tokens, thinking included, with which a model judges the prompt conditions of a node.

        `None` leaves it to the provider.
        """
        return self._context.judge_max_tokens

    @judge_max_tokens.setter
    def judge_max_tokens(self, limit: int | None) -> None:
        self._context.judge_max_tokens = (
            None if limit is None else checked_limit(limit, owner=f"Flow {self.name!r}, judge")
        )
        self.config.notify("judge")

    @property
    def max_calls_per_turn(self) -> int:
        """Maximum number of model calls in one turn, including the judge's calls and repairs.

        A turn that would make more is stopped with an error of kind `"call_limit"`. The default is 50; `None`
        restores it.
        """
        return self.config.turn_limits.max_calls

    @max_calls_per_turn.setter
    def max_calls_per_turn(self, count: int | None) -> None:
        self.config.turn_limits = replace(self.config.turn_limits, calls=checked_calls(count))

    @property
    def max_cost_per_turn(self) -> float | None:
        """Cost in US dollars at which a turn makes no further call; `None` for no limit.

        The error is of kind `"cost_limit"`. The call that reaches the limit is not cut off, and a call whose cost
        is unknown does not count towards it.
        """
        return self.config.turn_limits.cost

    @max_cost_per_turn.setter
    def max_cost_per_turn(self, usd: float | None) -> None:
        self.config.turn_limits = replace(self.config.turn_limits, cost=checked_cost(usd))

    @property
    def max_calls_per_visit(self) -> int:
        """Maximum number of model calls by visitors of a served page in one kernel, all sessions together.

        The default is 500; `None` restores it. It is not saved: the page's code sets it. The calls of a comparison
        have limits of their own and do not count. The error is of kind `"visit_limit"`.
        """
        return self.context.visit_budget.max_calls

    @max_calls_per_visit.setter
    def max_calls_per_visit(self, count: int | None) -> None:
        from byok_widgets.nodes.calls.visit_budget import MAX_CALLS

        chosen = checked_calls(count, "max_calls_per_visit", MAX_CALLS)
        self.context.visit_budget.max_calls = MAX_CALLS if chosen is None else chosen

    @property
    def max_cost_per_visit(self) -> float | None:
        """Cost in US dollars at which visitors in one kernel can make no further call; `None` for no limit.

        As with `max_cost_per_turn`, the call that reaches the limit is not cut off, and a call whose cost is
        unknown does not count towards it.
        """
        most = self.context.visit_budget.max_cost
        return None if most is None else float(most)

    @max_cost_per_visit.setter
    def max_cost_per_visit(self, usd: float | None) -> None:
        chosen = checked_cost(usd, "max_cost_per_visit")
        self.context.visit_budget.max_cost = None if chosen is None else Decimal(repr(chosen))

    def set_base_url(self, provider: str, url: str | None) -> None:
        """Send this flow's calls for `provider` to another address; `None` restores the default.

        A key is bound to its host and base path: one that was saved for another is never sent there.

        Raises:
            ConfigError: No such provider, or neither an https address nor http to this machine.
            KeyFormatError: The address contains an API key.
        """
        known = self.config.known_provider(provider)
        if url:  # before the change, which panels follow
            self.context.named_urls.add((known, BaseUrl.parse(url).url))
        self.config.set_base_url(known, url)

    def replace_model(self, old: str, new: str, nodes: Mapping[str, AnyNode] | None = None) -> tuple[str, ...]:
        """Use another model wherever one is used; returns who used it: names of nodes, `"flow"` and `"judge"`.

        Raises:
            ConfigError: One of the two is not a model.
        """
        before, after = self.config.ref(old), str(self.config.ref(new))
        overriding = [name for name, node in model_nodes(nodes or {}).items() if _is_override(node, before)]
        is_default = self.model is not None and ModelRef(self.provider, self.model) == before
        judges = self.judge_model is not None and self.config.ref(self.judge_model) == before
        if overriding:
            self.config.set_overrides(dict.fromkeys(overriding, after))
        if judges:
            self.judge_model = after
        if is_default:
            self.model = after
        return (*overriding, *(["flow"] if is_default else []), *(["judge"] if judges else []))

    def use_key(self, reference: str, *, provider: str | None = None) -> None:
        """Use the API key in an environment variable, given as `env:NAME`.

        Only the name is kept. The key itself cannot be passed in code: a key typed in a cell would be saved with
        the notebook. Paste it in `flow.settings()`.

        Raises:
            KeyFormatError: Not the name of a variable that is set to a possible key of this provider.
            ConfigError: No such provider, or its address is neither its own nor one that code has set with
                `set_base_url` in this kernel.
        """
        chosen = PROVIDERS[self.config.known_provider(provider or self.provider)]
        destination = chosen.key_destination(self.context.require_named(chosen))
        self.key_store.refer(chosen.name, destination, reference)
        self.context.named_variables.add(variable_name(reference))
        self.config.notify("key")

    def use_key_of(self, flow: str, *, provider: str | None = None) -> str:
        """Copy the API key of another flow of yours into this flow's own entry; see `Flow.use_key_of`."""
        from byok_widgets.display.prose import Prose
        from byok_widgets.flow.incoming.keys_of_flows import copy_key, providers_with_key

        chosen = PROVIDERS[self.config.known_provider(provider or self.provider)]
        if chosen.free_of_charge:
            known = providers_with_key(self.context, flow) or ("...",)
            lines = [f'flow.use_key_of({flow!r}, provider="{name}")' for name in known]
            raise ConfigError(
                sentence(f"{chosen.in_text} needs no API key."),
                kind="no_key_needed",
                fix=f"Choose another provider first, or name it: {' or '.join(lines)}.",
            )
        destination = chosen.key_destination(chosen.address(self.config.base_url(chosen.name)))
        status = copy_key(self.context, flow, chosen, destination)
        self.config.notify("key")
        return Prose(status.sentence)

    @property
    def judge_model(self) -> str | None:
        """Model that judges prompt conditions; `None` to use the model of the node whose edges are judged."""
        return self.config.judge_model

    @judge_model.setter
    def judge_model(self, text: str | None) -> None:
        self.config.judge_model = text
        tell_if_unknown(self.config, text)


def _is_override(node: ModelNode[Any], ref: ModelRef) -> bool:
    try:
        resolved = node.resolve()
    except ByokError:
        return False
    return resolved.source == "node override" and resolved.ref == ref
