"""Which governor a request belongs to: requests share one if they share a quota."""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary, WeakValueDictionary

from byok_widgets.engine import Account, Governor
from byok_widgets.providers.base import Provider
from byok_widgets.providers.exchange import Endpoint
from byok_widgets.secrets import identity

AccountKey = tuple[str, bytes, str]
Key = tuple[AccountKey, str]

_KEPT = 64
"""Idle governors beyond this number are dropped: they know nothing that a new one would not learn."""

_governors: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Key, Governor]] = WeakKeyDictionary()
_accounts: WeakKeyDictionary[asyncio.AbstractEventLoop, WeakValueDictionary[AccountKey, Account]] = (
    WeakKeyDictionary()
)


def governor_of(provider: Provider, endpoint: Endpoint, model: str) -> Governor:
    """Return the governor of the running loop for requests to a model with the endpoint's key.

    Each model has its own, since most providers limit each model of an account by itself: in simulation, with one
    governor for both, 60 calls of a model without a limit take 120 to 180 s beside those of a free one of 20 a
    minute, instead of 1 s. What is shared is known to their account: quotas of all models, and those that answers
    show to be one. Of 900 calls against 600 a minute with headers none is refused then, with one, two or four
    models, and each load takes as long as the quota makes it. Without headers refusals alone tell: no call is lost
    and none takes longer, but 80 to 130 requests are refused, of which 60 to 90 come too early at the server, most
    of them sent before the first refusals were heard.
    """
    loop = asyncio.get_running_loop()
    governors = _governors.setdefault(loop, {})
    account_key = (provider.name, identity(endpoint.key), endpoint.base_url.host)
    governor = governors.get((account_key, model))
    if governor is None:
        _drop_idle(governors)
        accounts = _accounts.setdefault(loop, WeakValueDictionary())
        account = accounts.setdefault(account_key, Account())
        governor = governors[account_key, model] = Governor(account=account)
    return governor


def _drop_idle(governors: dict[Key, Governor]) -> None:
    if len(governors) >= _KEPT:
        for key in [key for key, governor in governors.items() if governor.is_idle]:
            del governors[key]
