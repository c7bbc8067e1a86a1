"""API keys in each provider's real format, made at run time so that none is ever written down."""

from __future__ import annotations

import secrets
import string

_ALPHABET = string.ascii_letters + string.digits


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def fake_key(provider: str = "openai") -> str:
    """Return a fresh key that looks like one of `provider`'s."""
    if provider == "anthropic":
        return "sk-" + "ant-api03-" + _random(93) + "AA"
    if provider == "openrouter":
        return "sk-" + "or-v1-" + secrets.token_hex(32)
    if provider == "openai":
        return "sk-" + "proj-" + _random(74) + "T3Blbk" + "FJ" + _random(74)
    if provider == "gemini":
        return "AQ" + ".Ab8RN6" + _random(44)
    if provider == "groq":
        return "gs" + "k_" + _random(52)
    if provider == "xai":
        return "xa" + "i-" + _random(40) + "_" + _random(39)
    if provider == "huggingface":
        return "h" + "f_" + "".join(secrets.choice(string.ascii_letters) for _ in range(34))
    if provider == "mistral":
        return "aB3" + _random(14) + "7" + _random(14)  # without a second digit it would look like a name
    return _random(40)


def every_format() -> dict[str, tuple[str, str]]:
    """Return a fresh key of every format that the providers have had, by name, each with its provider."""
    openai, infix = fake_key("openai"), "T3Blbk" + "FJ"
    return {
        "openai, old": ("openai", "sk-" + _random(20) + infix + _random(20)),
        "openai, first project keys": ("openai", "sk-" + "proj-" + _random(20) + infix + _random(20)),
        "openai, project": ("openai", openai),
        "openai, service account": ("openai", openai.replace("proj", "svcacct", 1)),
        "openai, shorter": ("openai", "sk-" + "svcacct-" + _random(57) + "_" + infix + "-" + _random(57)),
        "openai, admin": ("openai", openai.replace("proj", "admin", 1)),
        "anthropic": ("anthropic", fake_key("anthropic")),
        "anthropic, admin": ("anthropic", fake_key("anthropic").replace("api03", "admin01", 1)),
        "openrouter": ("openrouter", fake_key("openrouter")),
        "gemini, old": ("gemini", "AI" + "za" + _random(35)),
        **{owner: (owner, fake_key(owner)) for owner in ("gemini", "groq", "xai", "huggingface")},
    }
