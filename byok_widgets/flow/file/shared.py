"""Settings of a flow file that all flows of its name share in this kernel, though no settings file holds them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields

from byok_widgets.flow.file.filed_flow import FiledFlow
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.nodes.grounding_choice import Grounding
from byok_widgets.schema.values.locales import Locale


@dataclass(frozen=True)
class SharedSettings:
    """What a file says of the judge's limit, the global prompt, the grounding and the locale.

    Attributes:
        judge_max_tokens: Maximum number of tokens with which a model judges.
        global_prompt: What precedes the prompt of every conversation node.
        grounding: What happens to extracted values that the dialogue does not support.
        locale: How numbers and dates are written in the dialogues.
    """

    judge_max_tokens: int | None = None
    global_prompt: str = ""
    grounding: Grounding = "auto"
    locale: str | None = None

    def __post_init__(self) -> None:
        if self.locale is not None:
            object.__setattr__(self, "locale", Locale.of(self.locale).tag)

    def differences(self, context: FlowContext, *, has_flows: bool) -> dict[str, str]:
        """Return what a file would change for others, in words, by the name of the setting.

        Args:
            context: What the flows of this name share now.
            has_flows: Whether there is another flow of this name with nodes: then a setting that was left as it
                is by default counts as chosen, too.
        """
        now, usual = self._of(context), SharedSettings()
        words = {
            "judge_max_tokens": f"tokens of the judge: {_limit(self)} instead of {_limit(now)}",
            "global_prompt": f"global prompt: {'that of the file' if self.global_prompt else 'none'} "
            f"instead of {'yours' if now.global_prompt else 'none'}",
            "grounding": f"grounding: {self.grounding} instead of {now.grounding}",
            "locale": f"locale: {self.locale or 'none'} instead of {now.locale or 'none'}",
        }
        return {
            name: said
            for name, said in words.items()
            if getattr(now, name) != getattr(self, name)
            and (has_flows or getattr(now, name) != getattr(usual, name))
        }

    def write(self, flow: FiledFlow, *, but: Collection[str] = ()) -> None:
        """Set these settings, apart from some."""
        for name in (field.name for field in fields(self) if field.name not in but):
            setattr(flow, name, getattr(self, name))

    @classmethod
    def _of(cls, context: FlowContext) -> SharedSettings:
        return cls(**{field.name: getattr(context, field.name) for field in fields(cls)})


def _limit(settings: SharedSettings) -> str:
    most = settings.judge_max_tokens
    return "as many as its provider allows" if most is None else str(most)
