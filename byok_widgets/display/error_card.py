"""What an error shows on screen: its parts by name, as text and as HTML."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping

from byok_widgets.display import markup
from byok_widgets.display.sanitize import sanitize

MAX_MESSAGE_CHARS = 600
"""Maximum length of an error on screen, in characters."""
CARD_WIDTH = 88
"""Longest line of a card, in characters: JupyterLab breaks longer ones inside words."""

_CUT_FIRST = ("cause", "where", "problem", "request_id", "fix", "link")
_IN_HTML: dict[str, Callable[[str], markup.Markup]] = {
    "problem": markup.strong,
    "where": markup.facts,
    "cause": markup.text,
    "quote": markup.aside,
    "fix": lambda fix: markup.text(f"→ {fix}"),
    "link": markup.link,
    "request_id": markup.facts,
}
_IN_TEXT = {"quote": "│ ", "fix": "→ "}
"""What a line of a card begins with: it sets the provider's words and the fix apart from the rest."""
_GO_ON = {"quote": "│ ", "fix": "  "}


def shortened(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the parts that are not empty, sanitized and shortened to fit together; fix and link are cut last."""
    kept = {name: sanitize(text) for name, text in texts.items()}
    for name in _CUT_FIRST:
        excess = len("\n".join(filter(None, kept.values()))) - MAX_MESSAGE_CHARS
        if excess > 0:
            kept[name] = _cut(kept[name], excess)
    return {name: text for name, text in kept.items() if text}


def with_quote_apart(shown: Mapping[str, str], quote: str) -> dict[str, str]:
    """Return the parts with the provider's words, which the cause holds, as a part of their own."""
    rest = dict(shown)
    cause, quote = rest.pop("cause", ""), sanitize(quote)
    if quote and quote in cause:
        own = " ".join(cause.replace(quote, "").split())
    else:  # it may have been cut
        own, quote = ("", cause) if quote else (cause, "")
    first = {name: rest.pop(name, "") for name in ("problem", "where")}
    return {name: text for name, text in {**first, "cause": own, "quote": quote, **rest}.items() if text}


def as_html(parts: Mapping[str, str], *, opens_settings: bool) -> str:
    """Return the card; `opens_settings`: whether it ends with the line that opens the settings."""
    blocks = [markup.block(_IN_HTML[name](text)) for name, text in parts.items()]
    if opens_settings:
        blocks.append(markup.block(markup.Markup("Settings: <code>flow.settings()</code>")))
    style = "overflow-wrap:break-word;word-break:normal"
    return f'<div role="alert" dir="auto"><div style="{style}">{"".join(blocks)}</div></div>'


def as_lines(title: str, parts: Mapping[str, str], *, opens_settings: bool) -> list[str]:
    """Return the card as text under a title; `opens_settings`: as for `as_html`."""
    first, *more = parts.get("problem", "").splitlines() or [""]
    lines = [*_wrapped(f"{title}: {first}", "  "), *(f"  {line}" for line in more)]
    for name, text in parts.items():
        for line in text.splitlines() if name != "problem" else ():
            lines += _wrapped(f"  {_IN_TEXT.get(name, '')}{line}", f"  {_GO_ON.get(name, '')}")
    settings = ["  Settings: flow.settings()"] if opens_settings else []
    return [*lines, *settings, "  (traceback: byok_widgets.last_traceback())"]


def _wrapped(line: str, indent: str) -> list[str]:
    if len(line) <= CARD_WIDTH:
        return [line]
    return textwrap.wrap(
        line, CARD_WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _cut(text: str, excess: int) -> str:
    kept = len(text) - excess - 1
    return f"{text[:kept]}…" if kept > 0 else ""
