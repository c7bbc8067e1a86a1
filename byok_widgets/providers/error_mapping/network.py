"""What it means if no usable answer came: the network, the proxy, the certificate, or an unreadable answer.

The SDKs call all of this "Connection error."; what really happened is in the chain of causes.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterable, Iterator

from byok_widgets.engine import HAS_THREADS
from byok_widgets.providers.error_mapping.call_context import CallContext
from byok_widgets.providers.error_mapping.error_case import ErrorReport
from byok_widgets.providers.error_mapping.excerpts import excerpt
from byok_widgets.providers.error_mapping.phrases import says
from byok_widgets.providers.stream import TooLargeError
from byok_widgets.providers.transport.faults import EnvironmentVariableError, UnknownEncodingError

_UNREACHABLE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN)
_TRANSPORT = frozenset({"APIConnectionError", "TransportError", "EndOfStream"})
_AFTER_CONNECTING = frozenset({"ReadError", "WriteError", "RemoteProtocolError"})
_BEFORE_SENDING = frozenset(
    {"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "LocalProtocolError", "UnsupportedProtocol"}
    | {"EnvironmentVariableError", "UnicodeEncodeError"}
)
_GARBLED = frozenset({"JSONDecodeError", "UnicodeDecodeError", "DecodingError"})


def classify(error: BaseException, context: CallContext) -> ErrorReport:
    """Return what happened, from the chain of causes behind an exception."""
    causes = list(_chain(error))
    large = next((cause for cause in causes if isinstance(cause, TooLargeError)), None)
    if large:
        return _of_size(large, context)
    unusable = next((cause for cause in causes if isinstance(cause, EnvironmentVariableError)), None)
    if unusable:
        return ErrorReport(
            unusable.kind,
            f"{context.who} could not be reached: {unusable.variable} {unusable.what}.",
            "The environment tells programs which proxy to use and which certificates to trust.",
            unusable.fix,
            context.links.status,
        )
    encoded = next((cause for cause in causes if isinstance(cause, UnknownEncodingError)), None)
    if encoded:
        return _of_encoding(encoded, context)
    names = _names(causes)
    is_of_tls = any(isinstance(cause, ssl.SSLError) for cause in causes)
    if "ProxyError" in names:
        return _of_proxy(names, context, is_of_tls=is_of_tls)
    if is_of_tls and not names & _AFTER_CONNECTING:
        return _of_tls(causes, context)
    if "TimeoutException" in names:
        return _of_silence(names, context)
    if names & _GARBLED:
        return unreadable("it is truncated or garbled", context)
    if names & _TRANSPORT:
        return _of_socket(causes, context)
    if "UnicodeEncodeError" in names:
        return ErrorReport(
            "unsendable",
            f"The text for {context.who} contains a character that cannot be sent.",
            "The dialogue, the prompt or a setting contains an incomplete character, perhaps from a faulty copy.",
            "Retype it.",
            context.links.errors,
        )
    return ErrorReport(
        "unexpected",
        f"The request to {context.who} failed unexpectedly ({type(error).__name__}).",
        "A setting of the node or of this machine, such as a proxy, may have a value that cannot be used.",
        "Check both; if they are right, update the package of its SDK.",
        context.links.errors,
    )


def may_have_been_sent(error: BaseException) -> bool:
    """Whether the request may have reached the provider before it failed."""
    return _BEFORE_SENDING.isdisjoint(_names(_chain(error)))


def unreadable(what: str, context: CallContext) -> ErrorReport:
    """Report an answer that is not in the provider's format."""
    return ErrorReport(
        "unreadable",
        f"{context.who} sent an answer that cannot be read: {what}.",
        f"Something between this machine and {context.host} may have changed or truncated it.",
        f"Try again; if the error persists, check {context.way}.",
        context.links.status,
        retryable=True,
    )


def _of_encoding(error: UnknownEncodingError, context: CallContext) -> ErrorReport:
    return ErrorReport(
        "unreadable",
        f'{context.who} sent an answer that cannot be read: it is encoded as "{excerpt(error.encoding)[:40]}", '
        "although that was not asked for.",
        f"A gateway or proxy in front of {context.host} compresses all answers.",
        f"Have compression turned off there for this path, or check {context.way}.",
        context.links.status,
    )


def _of_size(error: TooLargeError, context: CallContext) -> ErrorReport:
    bound = f"byok_widgets.bounds.{error.bound}"
    if error.bound.startswith("MAX_LIST"):
        return ErrorReport(
            "too_large",
            f"{context.who} sent a model list that is too large: {error.excess}.",
            "Something else may answer in its place.",
            "Check the base URL in Settings, or type the model's id. Where the list is right, raise the bound: "
            f"{bound}.",
            context.links.status,
        )
    return ErrorReport(
        "too_large",
        f"{context.who} sent an answer that is too large: {error.excess}.",
        "The model may be repeating itself, or something else answers in its place.",
        f"Try again with a lower max_tokens. Where such answers are right, raise the bound: {bound}.",
        context.links.status,
    )


def _of_proxy(names: set[str], context: CallContext, *, is_of_tls: bool) -> ErrorReport:
    cause = "A proxy refuses if it requires a sign-in, or if it does not know the address."
    if is_of_tls:
        cause = "Its address begins with https://, but it speaks plain http, or its certificate is not trusted."
    return ErrorReport(
        "proxy",
        f"{context.who} could not be reached: the network's proxy refused the connection, or does not answer.",
        cause,
        "Check HTTPS_PROXY, or ask your administrator; then restart the kernel.",
        context.links.status,
        retryable=bool(names & _AFTER_CONNECTING),  # it began to answer: perhaps it is overloaded
    )


def _of_tls(causes: list[BaseException], context: CallContext) -> ErrorReport:
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return ErrorReport(
            "certificate",
            f"{context.who} could not be reached: the certificate of {context.host} is not trusted.",
            "This happens behind a company proxy that inspects traffic. Nothing was sent.",
            "Ask your administrator for its certificate file, set SSL_CERT_FILE to it, and restart the kernel.",
            context.links.status,
        )
    return ErrorReport(
        "tls",
        f"{context.who} could not be reached: {context.host} does not use https.",
        "A server without encryption listens there. Nothing was sent.",
        context.either(
            "If it runs on this machine, write the base URL with http:// in Settings.",
            "Check the network: something else may be answering in its place.",
        ),
        context.links.status,
    )


def _of_silence(names: set[str], context: CallContext) -> ErrorReport:
    if "ConnectTimeout" in names:
        cause = f"{context.host} cannot be reached from this network, or does not use https."
    else:
        cause = "The model is slow or busy, or the connection was lost silently."
    return ErrorReport(
        "timeout",
        f"{context.who} did not answer in time.",
        cause,
        "Try again, or choose a faster model.",
        context.links.status,
        retryable=True,
    )


def _of_socket(causes: list[BaseException], context: CallContext) -> ErrorReport:
    numbers = {cause.errno for cause in causes if isinstance(cause, OSError)}
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return ErrorReport(
            "dns",
            f"{context.who} could not be reached: the address {context.host} was not found.",
            context.either(
                "This machine may be offline, or the address is mistyped.", "This machine may be offline."
            ),
            f"Check {context.way}.",
            context.links.status,
            retryable=True,
        )
    if numbers.intersection(_UNREACHABLE):
        return ErrorReport(
            "offline",
            f"{context.who} could not be reached: there is no route to {context.host}.",
            "This machine seems to be offline.",
            "Check the network; then try again.",
            context.links.status,
            retryable=True,
        )
    if errno.ECONNREFUSED in numbers or any(says(str(cause), "nothing_answers") for cause in causes):
        return ErrorReport(
            "refused",
            f"Nothing answers at {context.host}, so {context.who} could not be reached.",
            context.either(
                "The server may not be running, or it listens on another port.",
                "A firewall or a proxy may refuse the connection.",
            ),
            context.either("Start it, or correct the base URL in Settings.", "Check the network."),
            context.links.status,
            retryable=True,
        )
    if not HAS_THREADS:
        return ErrorReport(
            "connection",
            f"{context.who} could not be reached from this browser.",
            f"In a browser's tab, {context.host} must allow calls from web pages (CORS); or the network is down.",
            "Replay a recording here, or run the notebook in JupyterLab, which reaches every provider.",
            context.links.status,
            retryable=True,
        )
    return ErrorReport(
        "connection",
        f"The connection to {context.who} broke.",
        f"The network, a proxy or {context.host} closed it.",
        f"Try again; if the error persists, check {context.way}.",
        context.links.status,
        retryable=True,
    )


def _names(causes: Iterable[BaseException]) -> set[str]:
    return {kind.__name__ for cause in causes for kind in type(cause).__mro__}


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and all its causes, including the members of groups."""
    waiting, seen = [error], set[int]()
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        behind = (current.__cause__, current.__context__, *getattr(current, "exceptions", ()))
        waiting += [cause for cause in behind if cause is not None]
