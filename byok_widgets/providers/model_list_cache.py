"""A disk cache of the providers' model lists, so that a new kernel shows one at once, with its date.

One file for each flow, provider and address, since each may belong to a different account; only the user
can read it. It contains what a provider says about its models and never a key. It is only a cache: a damaged file
is ignored and replaced with the next list, and it does not matter if one cannot be written.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any, NamedTuple

from byok_widgets.files import PrivateFolder, finite_json, private_cache
from byok_widgets.providers.base import iso_date, parse_count
from byok_widgets.providers.exchange import ModelInfo
from byok_widgets.secrets import redact

_VERSION = 2
_MAX_BYTES = 20_000_000


class KeptList(NamedTuple):
    """A model list and the time at which the provider returned it."""

    models: tuple[ModelInfo, ...]
    given_at: datetime.datetime


def read(flow: str, provider: str, url: str) -> KeptList | None:
    """Return the cached list for a flow's provider at an address; `None` if there is none that can be read."""
    try:
        data = finite_json(_folder().read(_name(flow, provider, url), most_bytes=_MAX_BYTES))
        if data["version"] != _VERSION:
            return None
        given_at = datetime.datetime.fromisoformat(data["given_at"]).astimezone(datetime.UTC)
        return KeptList(tuple(map(_info, data["models"])), given_at)
    except (OSError, ValueError, LookupError, TypeError, ArithmeticError, AttributeError, RecursionError):
        return None


def write(flow: str, provider: str, url: str, kept: KeptList) -> None:
    """Cache a list for a flow's provider at an address, replacing the previous one."""
    data = {"version": _VERSION, "given_at": kept.given_at.isoformat(), "models": _as_json(kept.models)}
    text = redact(json.dumps(data))  # a server may give a model any name, even a key
    with contextlib.suppress(OSError):
        _folder().make()
        _folder().write(_name(flow, provider, url), text.encode(), most_bytes=_MAX_BYTES)


def _folder() -> PrivateFolder:
    return private_cache().sub("model lists")


def _name(flow: str, provider: str, url: str) -> str:
    return f"{hashlib.sha256(json.dumps([flow, provider, url]).encode()).hexdigest()[:32]}.json"


def _as_json(models: Iterable[ModelInfo]) -> list[dict[str, Any]]:
    rows = (asdict(model).items() for model in models)
    return [{name: str(value) if isinstance(value, Decimal) else value for name, value in row} for row in rows]


def _info(row: Mapping[str, Any]) -> ModelInfo:
    structured, settings = row["structured_output"], row["supported_settings"]
    return ModelInfo(
        id=_text(row["id"]),
        label=_text(row["label"]),
        input_usd_per_mtok=_usd(row["input_usd_per_mtok"]),
        output_usd_per_mtok=_usd(row["output_usd_per_mtok"]),
        context_tokens=parse_count(row["context_tokens"]),
        structured_output=structured if isinstance(structured, bool) else None,
        ends_on=iso_date(row["ends_on"]),
        supported_settings={
            _text(name): None if values is None else tuple(map(_text, values)) for name, values in settings.items()
        },
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text was expected")
    return value


def _usd(value: object) -> Decimal | None:
    usd = None if value is None else Decimal(_text(value))
    if usd is not None and not usd.is_finite():
        raise ValueError("an amount was expected")
    return usd
