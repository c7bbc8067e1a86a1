"""How certificates are checked."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx2

from byok_widgets.providers.transport.environment import NetworkEnvironment, Variable
from byok_widgets.providers.transport.faults import EnvironmentVariableError

_REMEDY = "Set it to a file with certificates, or unset it; then try again."


def tls_context(environment: NetworkEnvironment) -> ssl.SSLContext:
    """Return a context that trusts the certificates that the environment names, or the system's. It reads files.

    It writes no keys into a file, whatever `SSLKEYLOGFILE` says.

    Raises:
        EnvironmentVariableError: The certificates that the environment names cannot be read.
    """
    named = environment.ca_file or environment.ca_folder
    if named is None:
        context = httpx2.create_ssl_context(trust_env=False)
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # create_default_context() heeds SSLKEYLOGFILE
        if environment.ca_file is not None:
            _load_file(context, environment.ca_file)
        if environment.ca_folder is not None:
            _load_folder(context, environment.ca_folder, is_needed=environment.ca_file is None)
    context.set_alpn_protocols(["http/1.1"])  # a server must not choose HTTP/2, which is not spoken here
    return context


def _load_file(context: ssl.SSLContext, variable: Variable) -> None:
    try:
        context.load_verify_locations(cafile=variable.value)
    except FileNotFoundError:
        what = "names a file that does not exist"
    except ssl.SSLError:
        what = "names a file that holds no certificate"
    except OSError:
        what = "names a file that cannot be read"
    else:
        return
    raise EnvironmentVariableError("certificate", variable.name, what, _REMEDY)


def _load_folder(context: ssl.SSLContext, variable: Variable, *, is_needed: bool) -> None:
    folders = variable.value.split(":" if ":/" in variable.value else "\0")
    if any(Path(folder).is_dir() for folder in folders):
        context.load_verify_locations(capath=variable.value)
    elif is_needed:
        remedy = _REMEDY.replace("a file", "a folder")
        raise EnvironmentVariableError("certificate", variable.name, "names a folder that does not exist", remedy)
