"""llama.cpp's server as `xllamacpp` gives it: how it is set up, and what it does not say by itself.

Floor 1: knows errors and the machine. It listens on loopback only, at a free port, behind a key,
and prints nothing.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from byok_widgets.errors import LocalModelError
from byok_widgets.providers.local import system_info

THREADS_VARIABLE = "BYOK_WIDGETS_LOCAL_THREADS"


def start(path: Path, *, alias: str, context_tokens: int, threads: int, key: str) -> Any:
    """Start a server and return it when the model is loaded.

    Raises:
        LocalModelError: It is not installed, does not run here, or could not load the file.
    """
    xllamacpp = _import_xllamacpp()
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.model_alias = {alias}
    params.api_keys = [key]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = context_tokens
    params.n_parallel = 1
    params.cpuparams.n_threads = threads
    params.verbosity = -1  # its log would land in the cells' outputs
    params.cache_prompt = False  # with it, the same dialogue does not give the same answer
    params.cache_ram_mib = 0
    params.ui = False
    params.cors_origins = ""  # by default every web page may read the answers
    params.cors_credentials = False
    params.endpoint_slots = False  # it would show prompts
    params.endpoint_metrics = True  # asked in the process only, by is_generating
    try:
        return xllamacpp.Server(params)
    except RuntimeError:  # its text names no reason
        pass
    raise LocalModelError(
        f"The model file {path.name} could not be loaded.",
        kind="local_model_file",
        cause="It is cut, of a kind that this version of llama.cpp does not know, or too large for the memory.",
        fix="Fetch the file anew, or use another model.",
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
    except ModuleNotFoundError:
        kind, problem = "local_server_missing", "The part that runs local models is not installed."
    except ImportError:
        kind, problem = "local_server_unsupported", "The part that runs local models does not work on this system."
    else:
        return xllamacpp
    raise LocalModelError(problem, kind=kind, fix='Run: pip install "byok-widgets[lab]", then restart the kernel.')


def check_file(path: Path) -> None:
    """Check what the server would refuse without a reason.

    Raises:
        LocalModelError: The file is not there, cannot be read, or is no GGUF file.
    """
    problem = kind = ""
    try:
        with path.open("rb") as file:
            if file.read(4) != b"GGUF":
                problem, kind = "is not a GGUF file", "local_model_not_gguf"
    except FileNotFoundError:
        problem, kind = "is not there", "local_model_file_missing"
    except OSError:
        problem, kind = "cannot be read", "local_model_unreadable"
    if problem:
        raise LocalModelError(f"The model file {path.name} {problem}.", kind=kind, fix="Fetch it anew.")


def is_generating(native: Any) -> bool:
    """Ask a server, inside the process, whether a request runs or waits, also one that nobody held."""
    counts = [
        line.split()[1]
        for line in native.handle_metrics().splitlines()
        if line.startswith(("llamacpp:requests_processing ", "llamacpp:requests_deferred "))
    ]
    return counts != ["0", "0"]  # an answer not understood counts as busy: keeping costs memory, dropping may hang


def thread_count(asked: int | None) -> int:
    """Return the threads to compute with: those asked for, those of the environment, or one less than the cores.

    Raises:
        LocalModelError: The environment variable holds no number from 1 on.
    """
    text = os.environ.get(THREADS_VARIABLE, "").strip()
    if asked is None and text:
        if not text.isdecimal() or int(text) < 1:
            raise LocalModelError(
                f"{THREADS_VARIABLE} must be a number of threads from 1 on, not “{text}”.",
                kind="local_threads",
                fix=f"Correct or unset {THREADS_VARIABLE}.",
            )
        asked = int(text)
    return max(1, system_info.usable_cores() - 1 if asked is None else asked)
