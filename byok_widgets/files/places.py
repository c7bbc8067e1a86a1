"""Where settings, caches and shared models are stored."""

from __future__ import annotations

import os
from pathlib import Path

CACHE_VARIABLE = "BYOK_WIDGETS_CACHE_DIR"
CONFIG_VARIABLE = "BYOK_WIDGETS_CONFIG_DIR"
SHARED_MODELS_VARIABLE = "BYOK_WIDGETS_SHARED_MODELS_DIR"


def config_dir() -> Path:
    """Return the folder of all settings: `BYOK_WIDGETS_CONFIG_DIR`, or the operating system's default."""
    chosen = folder_named_by(CONFIG_VARIABLE)
    if chosen:
        return chosen
    import platformdirs

    return platformdirs.user_config_path("byok_widgets", appauthor=False)


def cache_dir() -> Path:
    """Return the folder for downloaded files: `BYOK_WIDGETS_CACHE_DIR`, or the user's cache folder."""
    chosen = folder_named_by(CACHE_VARIABLE)
    if chosen:
        return chosen
    import platformdirs

    return platformdirs.user_cache_path("byok_widgets", appauthor=False)


def shared_models_dir() -> Path | None:
    """Return the folder of local models that many people share; `None` where none is named.

    `BYOK_WIDGETS_SHARED_MODELS_DIR` names it. Nothing is ever written there.
    """
    return folder_named_by(SHARED_MODELS_VARIABLE)


def folder_named_by(variable: str) -> Path | None:
    """Return the folder an environment variable names, `~` expanded; `None` if it is unset or blank."""
    chosen = os.environ.get(variable, "").strip()
    if not chosen:
        return None
    return Path(os.path.expanduser(chosen)).absolute()  # noqa: PTH111 - the method raises without a home
