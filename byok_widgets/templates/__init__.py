"""Prompts with variables: text, and `{{ variable | filter }}`. There is nothing else in them.

`parsing.parsed` splits a prompt into text, placeholders and problems; `rendering.render` fills it in. Jinja2
parses placeholders and applies filters; it is loaded only for a prompt that needs it, and never runs a template.
"""

from typing import TYPE_CHECKING

from byok_widgets.lazy_names import lazy_names

if TYPE_CHECKING:
    from byok_widgets.templates.parsing import mentioned, parsed, placeholders
    from byok_widgets.templates.prompt import Problem, Prompt
    from byok_widgets.templates.rendering import WRITE_LIKE_THIS, broken, render, render_in_time, with_unstated
    from byok_widgets.templates.rewrites import advice, rewritten

__all__ = [
    "WRITE_LIKE_THIS",
    "Problem",
    "Prompt",
    "advice",
    "broken",
    "mentioned",
    "parsed",
    "placeholders",
    "render",
    "render_in_time",
    "rewritten",
    "with_unstated",
]

__getattr__ = lazy_names(
    __name__,
    {
        "byok_widgets.templates.parsing": ["mentioned", "parsed", "placeholders"],
        "byok_widgets.templates.prompt": ["Problem", "Prompt"],
        "byok_widgets.templates.rendering": [
            "WRITE_LIKE_THIS",
            "broken",
            "render",
            "render_in_time",
            "with_unstated",
        ],
        "byok_widgets.templates.rewrites": ["advice", "rewritten"],
    },
)
