"""Telling a model's thinking from what it says, where the provider sends both as one text or in several fields."""

from typing import TYPE_CHECKING

from byok_widgets.lazy_names import lazy_names

if TYPE_CHECKING:
    from byok_widgets.providers.thinking.thought_fields import is_thought, thought_in, thought_of
    from byok_widgets.providers.thinking.thought_filter import Sorted, ThoughtFilter
    from byok_widgets.providers.thinking.thoughts import Thoughts
    from byok_widgets.thought_tags import KNOWN_TAGS

__all__ = ["KNOWN_TAGS", "Sorted", "ThoughtFilter", "Thoughts", "is_thought", "thought_in", "thought_of"]

__getattr__ = lazy_names(
    __name__,
    {
        "byok_widgets.providers.thinking.thought_fields": ["is_thought", "thought_in", "thought_of"],
        "byok_widgets.providers.thinking.thought_filter": ["Sorted", "ThoughtFilter"],
        "byok_widgets.providers.thinking.thoughts": ["Thoughts"],
        "byok_widgets.thought_tags": ["KNOWN_TAGS"],
    },
)
