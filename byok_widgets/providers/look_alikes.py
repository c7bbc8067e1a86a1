"""Addresses as people should see them: those that imitate a provider's own are marked."""

from __future__ import annotations

from urllib.parse import urlsplit

from byok_widgets.config import BaseUrl
from byok_widgets.providers import PROVIDERS, Provider

_LIKE = str.maketrans("0134578i|", "oleastbll")
_BETWEEN = str.maketrans("", "", "-_")


def shown_address(url: str) -> str:
    """Return host and path of an address; a host that imitates a provider's is marked."""
    address = BaseUrl.parse(url)
    return f"{address.host}{urlsplit(address.url).path}{_mark(address.host)}"


def shown_host(host: str) -> str:
    """Return a host; one that imitates a provider's is marked."""
    return f"{host}{_mark(host)}"


def shown_destination(provider: Provider, host: str) -> str:
    """Return what people call a provider, with the host where that is not its own."""
    usual = BaseUrl.parse(provider.default_url).host if provider.default_url else ""
    return provider.label if host in ("", usual) else f"{provider.label} at {shown_host(host)}"


def _mark(host: str) -> str:
    bare = host.partition("/")[0]
    name = bare.rpartition(":")[0] or bare
    own = {BaseUrl.parse(each.default_url).host: each.label for each in PROVIDERS.values() if each.default_url}
    if name in own:
        return ""
    if any(label.startswith("xn--") for label in name.split(".")):
        return " (its name has letters that may look like others)"
    plain = _skeleton(name)
    for host_of, label in own.items():
        brand = host_of.split(".")[-2]
        if brand in plain or _skeleton(brand) in plain:
            return f" (not {label}'s own address)"
    return ""


def _skeleton(name: str) -> str:
    return name.lower().translate(_LIKE).replace("rn", "m").replace("vv", "w").translate(_BETWEEN)
