"""Files on this machine: where they are, who else could change them, and how they are read and replaced."""

from __future__ import annotations

from byok_widgets.files.finite_json import finite_json
from byok_widgets.files.places import (
    CACHE_VARIABLE,
    CONFIG_VARIABLE,
    SHARED_MODELS_VARIABLE,
    cache_dir,
    config_dir,
    shared_models_dir,
)
from byok_widgets.files.private_folder import PrivateFolder, make_parents, private_cache, private_config
from byok_widgets.files.reading import FileTooLargeError, nested_deeper, read_file
from byok_widgets.files.reasons import describe_os_error, describe_write_error, where_to_look
from byok_widgets.files.trust import UntrustedPathError, require_trusted, require_trusted_owner
from byok_widgets.files.writing import remove_dead_parts, replace_file, set_aside

__all__ = [
    "CACHE_VARIABLE",
    "CONFIG_VARIABLE",
    "SHARED_MODELS_VARIABLE",
    "FileTooLargeError",
    "PrivateFolder",
    "UntrustedPathError",
    "cache_dir",
    "config_dir",
    "describe_os_error",
    "describe_write_error",
    "finite_json",
    "make_parents",
    "nested_deeper",
    "private_cache",
    "private_config",
    "read_file",
    "remove_dead_parts",
    "replace_file",
    "require_trusted",
    "require_trusted_owner",
    "set_aside",
    "shared_models_dir",
    "where_to_look",
]
