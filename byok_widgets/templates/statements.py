"""Statements of Jinja2, such as `{% if %}`: a prompt holds none, and each is found with its whole block."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from byok_widgets.templates.syntax import parser

_KEYWORDS = "if|elif|else|endif|for|endfor|set|endset"
_TAG = re.compile(r"\{%[-+]?\s*([^\W\d]\w*)((?:'[^'\n]*'|\"[^\"\n]*\"|[^{}'\"]){0,2000}?)(?<!\\)%\}", re.DOTALL)
_UNCLOSED = re.compile(rf"\{{%[-+]?\s*(?:{_KEYWORDS})\b")
_BLOCKS = frozenset({"if", "for", "macro", "call", "filter", "block", "with", "autoescape", "raw"})
_MAX_TAGS = 2000


@dataclass(frozen=True)
class Statement:
    """A statement, with the block that it opens.

    Attributes:
        keyword: Its first word; empty if it is not closed.
        source: How it is written, to the end of its block.
        end: Where it ends in the prompt.
        said: What is wrong with the prompt, as the rest of a sentence.
    """

    keyword: str
    source: str
    end: int
    said: str

    @cached_property
    def names(self) -> frozenset[str]:
        """The variables that it reads; none if it is not valid Jinja2."""
        from jinja2 import TemplateError, meta

        try:
            return frozenset(meta.find_undeclared_variables(parser().parse(self.source)))
        except (TemplateError, RecursionError):
            return frozenset()


def statement_at(template: str, start: int) -> Statement | None:
    """Return the statement that begins with the mark `{%`; `None` for text, as in LaTeX."""
    tag = _TAG.match(template, start)
    if tag is None:
        if not _UNCLOSED.match(template, start):
            return None
        end = template.find("\n", start)
        source = template[start : end if end >= 0 else len(template)]
        return Statement("", source, start + len(source), "has {% without %}")
    end_of_block = _end_of_block(template, tag)
    keyword = tag[1]
    what = f"{{% {keyword} … %}}" if tag[2].strip(" -+") else f"{{% {keyword} %}}"
    if end_of_block is None:
        said = f"has {what} without {{% end{keyword} %}}: there are no statements in a prompt"
        return Statement(keyword, tag[0], tag.end(), said)
    source = template[start:end_of_block]
    return Statement(keyword, source, end_of_block, f"has {what}: there are no statements in a prompt")


def _end_of_block(template: str, tag: re.Match[str]) -> int | None:
    """Return where the block of a tag ends, or the tag itself if it opens none; `None` if the block never ends."""
    keyword = tag[1]
    if not _opens(tag):
        return tag.end()
    depth = 1
    for following in _tags(template, tag.end()):
        if following[1] == keyword and _opens(following) and keyword != "raw":
            depth += 1
        elif following[1] == f"end{keyword}":
            depth -= 1
            if not depth:
                return following.end()
    return None


def _tags(template: str, at: int) -> Iterator[re.Match[str]]:
    """Yield the tags after an index."""
    for _ in range(_MAX_TAGS):
        at = template.find("{%", at)
        if at < 0:
            return
        tag = _TAG.match(template, at)
        if tag:
            yield tag
        at = tag.end() if tag else at + 2


def _opens(tag: re.Match[str]) -> bool:
    return tag[1] in _BLOCKS or (tag[1] == "set" and "=" not in tag[2])
