"""What served flows, tests and bundles say, keep and log, while a provider and the callers give the key away."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

from opentelemetry import trace

from byok_widgets.bundle.bundle import bundle
from byok_widgets.errors import ByokError
from byok_widgets.serve.monitoring import metrics
from byok_widgets.widgets.calls.server_view import ServerView
from tests.leaks.channels import channel, forms
from tests.leaks.hunting import Place, files_below, text
from tests.leaks.stage import Stage
from tests.recorded_logs import recorded_logs
from tests.serve.redis_server import RedisServer
from tests.serve.talking import Caller, user


class _Tracer:
    """Keeps the spans that are begun."""

    def __init__(self) -> None:
        self.spans: list[str] = []

    def start_span(self, name: str, **given: Any) -> _Tracer:
        self.spans.append(f"{name} {given}")
        return self

    def is_recording(self) -> bool:
        return True

    def end(self, at: int) -> None:
        self.spans.append(str(at))


@channel(25, Stage.without_redaction)
def served_flows(stage: Stage) -> Iterator[Place]:
    stage.save_key()
    stage.flow.conversation("ask", "Be brief.")
    key, tracer = stage.canary.text(), _Tracer()
    stage.patch.setattr(trace, "get_tracer_provider", lambda: tracer)
    stage.patch.setattr(trace, "get_tracer", lambda _: tracer)
    stage.patch.setattr(trace, "set_span_in_context", lambda span, _=None: span)
    with recorded_logs(*logging.root.manager.loggerDict) as log:
        server = stage.flow.serve(store=stage.folder / "calls.sqlite", fallback="Sorry.")
        view = ServerView(server, stage.flow)
        stage.panels.append(view)
        try:
            yield from _called(stage, Caller(server.port, server.token), key)
            yield text("server", *forms(server), *map(server.snippet, server.clients), server.notes)
            calls = server.sessions()
            assert len(calls) >= 3
            yield text("calls", *calls, *(form for call in calls for form in forms(server.session(call))))
            yield text("metrics", server._metrics.text() if metrics.Metrics().available else "")
        finally:
            server.stop()
    yield text("view", view.get_state(), view._repr_mimebundle_(), stage.wire.text())
    assert any("invoke_agent" in span for span in tracer.spans)
    yield text("spans", *tracer.spans)
    yield text("log", log.getvalue())
    yield from files_below(stage.folder)


@channel(25, Stage.without_redaction)
def calls_that_are_kept_in_redis(stage: Stage) -> Iterator[Place]:
    """Its append-only file has every write, also of what was replaced or deleted since."""
    folder = stage.folder / "redis"
    folder.mkdir()
    redis = RedisServer(folder, "--appendonly", "yes")
    try:
        stage.save_key()
        stage.flow.conversation("ask", "Be brief.")
        server = stage.flow.serve(store=redis.url, fallback="Sorry.")
        try:
            assert list(_called(stage, Caller(server.port, server.token), stage.canary.text()))
            assert len(server.sessions()) >= 3
        finally:
            server.stop()
    finally:
        redis.close()
    kept = list(files_below(folder))
    assert any(b"byok:" in content for _, content in kept)
    yield from kept


def _called(stage: Stage, caller: Caller, key: str) -> Iterator[Place]:
    """Yield the responses to callers who say the key, and get it from the provider."""
    asked: list[dict[str, Any]] = [{"user": "a"}, {"user": "b", "stream": True}, {"user": key}]
    for number, more in enumerate(asked):
        for script in (stage.echo, stage.echo_error):
            script()
            said = [user(f"Hi, {key}"), {"role": "assistant", "content": key}, user(f"{number} {script}")]
            for dialogue in (said[:1], said):
                response = caller.ask(dialogue, **more)
                yield text("response", response.status, response.headers, response.body.decode())
    wrong = Caller(caller.port, key)
    for asking, path in ((wrong, "/v1/models"), (wrong, f"/{key[:2]}"), (caller, f"/v1/{key}")):
        response = asking.send("GET", path)
        yield text("refusal", response.status, response.headers, response.body.decode())
    response = caller.send("POST", "/v1/chat/completions", json.dumps({"messages": key}).encode())
    yield text("no request", response.status, response.body.decode())


@channel(26, Stage.without_redaction)
def tests_of_flows(stage: Stage) -> Iterator[Place]:
    stage.save_key()
    stage.flow.conversation("ask", "Be brief.")
    key = stage.canary.text()
    cases = [{"name": "a", "caller": ["Hi", "Well"], "contains": ["never"], "tags": ["t"]}]
    with recorded_logs(*logging.root.manager.loggerDict) as log:
        for number, script in enumerate((stage.echo, stage.echo_error)):
            script()
            result = stage.flow.test(cases, runs=2, store=stage.folder / f"{number}.sqlite")
            yield text("result", *forms(result), *result.problems, *result.outcomes, *result.rows())
            result.save_junit(stage.folder / f"{number}.xml")
            result.save_baseline(stage.folder / f"{number}.json")
            again = stage.flow.test(cases, baseline=stage.folder / f"{number}.json", store=None)
            yield text("changes", *forms(again.changes), *forms(again))
    try:
        stage.flow.test([{**cases[0], "name": key}])
    except ByokError as refused:
        yield text("refused", *forms(refused))
    yield text("log", log.getvalue())
    yield from files_below(stage.folder)


@channel(27, lambda stage: stage.patch.setattr("byok_widgets.files.published_files.holds_key", lambda _: False))
def bundles(stage: Stage) -> Iterator[Place]:
    stage.save_key()
    stage.flow.conversation("ask", "Be brief.", static=True)
    stage.flow.action("act", lambda: 1, writes=["x"])
    source = stage.folder / "source"
    source.mkdir()
    stage.flow.save(source / "a.flow.json")
    stage.patch.setenv("GIVEN", stage.canary.text())
    data = json.loads((source / "a.flow.json").read_text(encoding="utf-8"))
    data["nodes"][-1]["function"] = "acts:act"
    plain = json.dumps(data)
    for number, (prompt, code) in enumerate(
        [("Be brief.", ""), (stage.canary.text(), ""), ("", stage.canary.text())]
    ):
        (source / "a.flow.json").write_text(plain.replace("Be brief.", prompt or "Be brief."), encoding="utf-8")
        (source / "acts.py").write_text(f"KEY = {code!r}\n\n\ndef act():\n    return 1\n", encoding="utf-8")
        out = stage.folder / f"out{number}"
        try:
            made = bundle(source / "a.flow.json", out, functions=["acts"])
        except ByokError as refused:
            yield text("refused", *forms(refused))
        else:
            yield text("made", *forms(made), made.command)
        yield from (place for place in files_below(out) if ".whl" not in place[0])  # this package, as it is
