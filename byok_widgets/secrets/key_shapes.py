"""The shapes of keys: patterns by which a key is known that is held nowhere. They mean the same in JavaScript."""

from __future__ import annotations

import re

KEY_SHAPE = re.compile(
    r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[nrt]))"
    r"sk-(?:(?:ant|or|proj|svcacct|admin)-[A-Za-z0-9_-]{16,}|[A-Za-z0-9]{20,})"
)
"""The general shape of keys, which many vendors share; `key_formats` adds others. `\\n` may stand before it."""

PREFIX_AND_DIGIT = r"(?<![A-Za-z0-9])sk-(?:[A-Za-z0-9_-]{0,200}[_-])?(?=[A-Za-z0-9]{8})[A-Za-z]*[0-9]"
"""`sk-` and a run of eight characters with a digit, unlike `sk-learn-2024`.

What stands between them has a limit: without one, a text of many `sk-` would be read to its end from each of them.
"""

UPPER_CASE = r"(?<![A-Za-z0-9])SK-(?:ANT|OR|PROJ|SVCACCT|ADMIN)-[A-Z0-9_-]{16,}"
"""A key in upper case, which is no key any more and gives it away all the same."""

NOISE = r"(?<![A-Za-z0-9])(?=[A-Za-z0-9]{32})(?=[A-Z0-9]*[a-z])(?=[a-z0-9]*[A-Z])[A-Za-z]*[0-9]+[A-Za-z]+[0-9]"
"""Like many keys and unlike any id: 32 characters without a break, in both cases, with digits among them."""

PUBLIC_PREFIX = re.compile(r"sk-(?:ant-(?:[a-z]+\d+-)?|or-(?:v\d+-)?|(?:proj|svcacct|admin)-)?")
"""How keys begin that many vendors' keys begin alike with; it is no secret."""

QUOTED_KEY = re.compile(rf"(?:(?i:{KEY_SHAPE.pattern}|{PREFIX_AND_DIGIT})|{NOISE})[A-Za-z0-9_-]*")
"""What looks like a key, in upper case, too, to its end."""
