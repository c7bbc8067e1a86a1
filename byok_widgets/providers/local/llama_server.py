"""llama.cpp's server as `xllamacpp` provides it: its settings, and clear errors where it gives none.

The server listens on loopback only, on a free port, requires a key,
and prints nothing.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from byok_widgets.errors import LocalModelError
from byok_widgets.providers.local import system_info

THREADS_VARIABLE = "BYOK_WIDGETS_LOCAL_THREADS"

_INSTALL = 'Run: pip install "byok-widgets[lab]", then restart the kernel.'
_MISSING_LIBRARY = re.compile(r"lib[\w+-]+\.so[.\d]*")
_SYSTEM_PACKAGES = {
    "libgomp.so.1": "Run: sudo apt install libgomp1 (Fedora: sudo dnf install libgomp), then restart the kernel.",
}
"""How to get libraries of the system without which it does not load."""


def start(path: Path, *, alias: str, context_tokens: int, threads: int, key: str) -> Any:
    """Start a server and return it once the model is loaded.

    Raises:
        LocalModelError: The server is not installed, does not run here, or could not load the file.
    """
    xllamacpp = _import_xllamacpp()
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.model_alias = {alias}
    params.api_keys = [key]
    params.hostnames = ["127.0.0.1"]
    params.port = 0  # any free one
    params.n_ctx = context_tokens
    params.n_parallel = 1  # the context is divided among parallel requests
    params.cpuparams.n_threads = threads
    params.warmup = False  # an empty run; the first request warms it as well, and somebody waits for that one
    params.verbosity = -1  # its log would end up in cell outputs
    params.cache_prompt = False  # with it, the same dialogue can give different answers
    params.cache_ram_mib = 0  # by default it may take 8 GB
    params.ui = False
    params.cors_origins = ""  # by default any web page could read the answers
    params.cors_credentials = False
    params.endpoint_slots = False  # it would show prompts
    params.endpoint_metrics = True  # read only inside the process, by is_generating
    try:
        return xllamacpp.Server(params)
    except RuntimeError:  # its text gives no reason
        pass
    raise LocalModelError(
        f"The model file {path.name} could not be loaded.",
        kind="local_model_file",
        cause="It is truncated, not supported by this version of llama.cpp, or too large for the memory.",
        fix="Fetch the file again, or use another model.",
    )


def _import_xllamacpp() -> Any:
    if system_info.lacks_avx2():
        raise LocalModelError(
            "Local models need a processor with AVX2, which this machine does not have.",
            kind="local_processor_unsupported",
            fix="Choose another provider in the settings.",
        )
    try:
        import xllamacpp
    except ImportError as fault:
        error = _unusable(fault)
    else:
        return xllamacpp
    raise error


def _unusable(fault: ImportError) -> LocalModelError:
    """Return why the server cannot be loaded, and what to do: small system images lack one of its libraries."""
    if isinstance(fault, ModuleNotFoundError):
        problem = "The part that runs local models is not installed."
        return LocalModelError(problem, kind="local_server_missing", fix=_INSTALL)
    missing = _MISSING_LIBRARY.match(str(fault))
    library = missing[0] if missing else ""
    return LocalModelError(
        "The part that runs local models does not work on this system.",
        kind="local_server_unsupported",
        cause=f"It needs {library}, which the system does not have." if library else "",
        fix=_SYSTEM_PACKAGES.get(library, _INSTALL),
    )


def check_file(path: Path) -> None:
    """Check for problems that the server would report without a reason.

    Raises:
        LocalModelError: The file does not exist, cannot be read, or is not a GGUF file.
    """
    problem = kind = ""
    try:
        with path.open("rb") as file:
            if file.read(4) != b"GGUF":
                problem, kind = "is not a GGUF file", "local_model_not_gguf"
    except FileNotFoundError:
        problem, kind = "does not exist", "local_model_file_missing"
    except OSError:
        problem, kind = "cannot be read", "local_model_unreadable"
    if problem:
        raise LocalModelError(f"The model file {path.name} {problem}.", kind=kind, fix="Fetch it again.")


def is_generating(native: Any) -> bool:
    """Whether a request is running or waiting on a server, even one that nobody holds. Asks inside the process."""
    counts = [
        line.split()[1]
        for line in native.handle_metrics().splitlines()
        if line.startswith(("llamacpp:requests_processing ", "llamacpp:requests_deferred "))
    ]
    return counts != ["0", "0"]  # an unknown answer counts as busy: keeping costs memory, dropping may hang


def thread_count(asked: int | None) -> int:
    """Return the number of threads: as requested, as set in the environment, or one less than the cores.

    Raises:
        LocalModelError: The environment variable is not a number of at least 1.
    """
    text = os.environ.get(THREADS_VARIABLE, "").strip()
    if asked is None and text:
        if not text.isdecimal() or int(text) < 1:
            raise LocalModelError(
                f"{THREADS_VARIABLE} must be a number of threads, at least 1, not “{text}”.",
                kind="local_threads",
                fix=f"Correct or unset {THREADS_VARIABLE}.",
            )
        asked = int(text)
    return max(1, system_info.usable_cores() - 1 if asked is None else asked)
