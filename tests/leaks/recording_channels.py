"""What recordings and replays show, keep and raise, while a provider gives the key away in every answer."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

from byok_widgets.errors import ByokError
from byok_widgets.nodes.calls.call import Call
from byok_widgets.recording import entries
from tests.leaks.channels import channel, forms
from tests.leaks.hunting import Place, files_below, text
from tests.leaks.stage import Stage
from tests.recorded_logs import recorded_logs


def _talk(stage: Stage) -> Iterator[Place]:
    session = stage.flow.start()
    for said in ("Hi", f"Hi, {stage.canary.text()}", "What is my key?"):
        try:
            session.say(said)
        except ByokError as error:
            yield text("raised", *forms(error), str(getattr(error, "changes", "")))
    yield text("session", *forms(session), session.explain(), session.trace, session.summary)


def _recorded(stage: Stage) -> Iterator[Place]:
    stage.save_key()
    stage.flow.conversation("ask", f"Be brief. {stage.canary.text()}")
    stage.flow.extraction("read", word=str)
    with recorded_logs(*logging.root.manager.loggerDict) as log, stage.flow.record(_path(stage)) as recording:
        stage.echo()
        yield from _talk(stage)
        stage.echo(json.dumps({"word": stage.canary.text()}))
        stage.flow.node("read").run("Hi")
        stage.echo_error()
        yield from _talk(stage)
    yield text("handle", *forms(recording), recording.problem)
    yield text("log", log.getvalue())


def _path(stage: Stage) -> str:
    return str(stage.folder / "lesson.cassette")


def _keeps_keys(stage: Stage) -> None:
    stage.patch.setattr(entries, "redact_keys", lambda data: data)
    stage.patch.setattr(Call, "without_held_keys", lambda call: call)


@channel(24, _keeps_keys)
def cassettes(stage: Stage) -> Iterator[Place]:
    yield from _recorded(stage)
    found = list(files_below(stage.folder))
    assert any("lesson.cassette" in str(place) for place in found)
    yield from found


@channel(24, Stage.without_redaction)
def replays_and_misses(stage: Stage) -> Iterator[Place]:
    yield from _recorded(stage)
    for missing in ("error", "nearest"):
        with stage.flow.replay(_path(stage), missing=missing) as replay:  # type: ignore[arg-type]
            stage.flow.node("ask").prompt = f"Be brief. {stage.canary.text()}"
            yield from _talk(stage)
            stage.flow.node("ask").prompt = f"Be very brief. {stage.canary.text()}"
            yield from _talk(stage)
            yield text("handle", *forms(replay), str(replay.contents))
    yield from files_below(stage.folder)
