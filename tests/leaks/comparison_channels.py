"""What comparisons show, keep, log and raise, while a provider gives the key away in every answer."""

from __future__ import annotations

import itertools
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

from byok_widgets.cases.assertions import Assertion
from byok_widgets.cases.case import Case
from byok_widgets.compare import tables
from byok_widgets.compare.pictures import pictures_of
from byok_widgets.compare.running.outlook import Pace
from byok_widgets.compare.storage import cell_rows
from byok_widgets.compare.tasks import batching
from byok_widgets.errors import ByokError
from byok_widgets.providers import PROVIDERS
from byok_widgets.providers.protocols import batch_forms
from byok_widgets.widgets.board import board_messages, cell_detail
from byok_widgets.widgets.board.board import Board
from tests.batch_server import BatchServer
from tests.leaks.channels import channel, forms
from tests.leaks.hunting import Place, files_below, text
from tests.leaks.stage import OF, Stage
from tests.recorded_logs import recorded_logs

MODELS = [f"{OF}:one", f"{OF}:two"]
ASSIGNMENTS = {"now": {}, "other": {"read": MODELS[1]}}


def _cases() -> list[dict[str, Any]]:
    return [{"name": f"c{number}", "text": f"Number {number}", "values": {"word": "x"}} for number in range(2)]


def _of_nodes(stage: Stage, **more: Any) -> Any:
    return stage.flow.node("read").compare(MODELS, _cases(), store=stage.folder / "cells.sqlite", **more)


def _of_flows(stage: Stage, **more: Any) -> Any:
    return stage.flow.compare(ASSIGNMENTS, cases=_cases(), store=stage.folder / "flows.sqlite", **more)


def _prepared(stage: Stage) -> None:
    stage.save_key()
    stage.flow.extraction("read", word=str)
    stage.echo(json.dumps({"word": stage.canary.text()}))


def _shown(compared: Any) -> Iterator[Place]:
    """Yield all that a comparison shows."""
    methods = ("rows", "to_frame", "best", "verdicts", "plan", "disagreements", "differences", "divergences")
    yield text("itself", *forms(compared), compared.title, compared.cost, compared.spent, compared.estimate)
    for name in (*methods, "node_scores"):
        yield text(name, *_outcome(getattr(compared, name)))
    yield text("frame", *_outcome(lambda: compared.to_frame().to_csv()))
    yield text("pictures", *_outcome(lambda: [picture._repr_mimebundle_() for picture in compared.pictures()]))
    for case in compared.cases:
        yield text("diff", *_outcome(lambda case=case: compared.diff(case.name)))
    yield text("board", *_board(compared))
    parts = (compared.results, compared.variants, compared.cases)
    yield text("cells", *compared.results.items(), *(form for part in parts for form in forms(part)))


def _board(compared: Any) -> Iterator[str]:
    """Yield all that its board tells a page."""
    view = {"order": "run", "apart": False, "start": 0}
    numbers = range(len(compared.cases))
    yield json.dumps(board_messages.everything(compared, ""))
    yield json.dumps(board_messages.rows(compared, Pace()))
    yield json.dumps(board_messages.page(compared, view, numbers, len(numbers)))
    for case, variant in itertools.product(numbers, range(len(compared.variants))):
        yield json.dumps(cell_detail.detail(compared, case, variant, 1))


def _outcome(call: Callable[[], Any]) -> Iterator[str]:
    try:
        yield from forms(call())
    except ByokError as error:
        yield from forms(error)


@channel(23, Stage.without_redaction)
def comparisons_of_nodes_and_flows(stage: Stage) -> Iterator[Place]:
    _prepared(stage)
    for start in (_of_nodes, _of_flows):
        compared = start(stage)
        assert len(compared.results) == 4
        compared.save(stage.folder / f"{start.__name__}.html")
        yield from _shown(compared)
        yield from _shown(compared.rescore("all"))
    yield text("past", *forms(stage.flow.comparisons()))
    taken = (stage.folder / "cells.sqlite", stage.folder / "flows.sqlite")
    yield text("merged", *forms(stage.flow.merge_comparisons(*taken, store=stage.folder / "merged.sqlite")))
    yield from files_below(stage.folder)


@channel(23, Stage.without_redaction)
def boards_and_pictures_of_comparisons(stage: Stage) -> Iterator[Place]:
    _prepared(stage)
    for start in (_of_nodes, _of_flows):
        compared = start(stage)
        board = Board(compared, mode="owner")
        stage.panels.append(board)
        for message in ({"kind": "hello"}, {"kind": "cell", "case": 0, "variant": 0, "repeat": 1}):
            board._handle_msg({"content": {"data": {"method": "custom", "content": message}}, "buffers": []})
        yield text("state", board.get_state(), board._repr_mimebundle_(), repr(board))
        yield text("pictures", *(f"{each.svg(styled=True)} {each.words}" for each in pictures_of(compared)))
        yield text("line", tables.standing(compared), *tables.notes(compared), tables.as_html(compared))
    yield text("messages", stage.wire.text())


@channel(23, Stage.without_redaction)
def comparisons_that_fail(stage: Stage) -> Iterator[Place]:
    _prepared(stage)
    with recorded_logs(*logging.root.manager.loggerDict) as log:
        stage.echo_error()
        for start in (_of_nodes, _of_flows):
            yield from _shown(start(stage))
        stage.echo(json.dumps({"word": stage.canary.text()}))
        yield text("metric", *_outcome(lambda: _of_nodes(stage, metric=_quotes_everything)))
    yield text("log", log.getvalue())
    yield from files_below(stage.folder)


@channel(23, Stage.without_redaction)
def comparisons_by_batch(stage: Stage) -> Iterator[Place]:
    _prepared(stage)
    server = BatchServer()
    stage.patch.setattr(batching, "POLL_S", 0.01)
    stage.patch.setattr(type(PROVIDERS[OF]), "batches", property(batch_forms.FileBatches))
    stage.flow.set_base_url(OF, f"{server.root}/v1")
    host = PROVIDERS[OF].address(f"{server.root}/v1").host
    stage.flow.key_store.save(OF, host, stage.canary.text(), backend="session", override=True)

    def refused(_: object) -> str:
        raise ValueError(f"Incorrect API key provided: {stage.canary.text()}")

    try:
        with recorded_logs(*logging.root.manager.loggerDict) as log:
            server.answer = refused
            yield from _shown(_of_nodes(stage, batch=True))
            server.answer = lambda _: json.dumps({"word": stage.canary.text()})
            compared = _of_nodes(stage, batch=True)
            yield from _shown(compared)
            yield text("cancelled", *_outcome(compared.cancel_batches))
    finally:
        server.close()
    yield text("submitted", json.dumps(server.batches))
    yield text("log", log.getvalue())
    yield from files_below(stage.folder)


def _quotes_everything(case: Case, output: Any) -> float:
    raise ValueError(f"{case!r} {output!r}")


@channel(23, Stage.without_redaction)
def optimisations(stage: Stage) -> Iterator[Place]:
    _prepared(stage)
    flow, key = stage.flow, stage.canary.text()
    flow.conversation("bye", "Bye.", static=True, end=True)
    flow.connect("read", "bye")
    plain = [
        {"name": f"c{number:02}", "text": f"Number {number}", "values": {"word": "x"}} for number in range(12)
    ]

    def found(models: list[str] = MODELS, cases: Any = plain, **more: Any) -> Any:
        return flow.optimise(models, cases, margin=0.5, store=stage.folder / "optimise.sqlite", **more)

    ways: dict[str, Callable[[], Any]] = {
        "as it is": found,
        "metrics": lambda: found(metrics={key: "exact"}),
        "stubs": lambda: found(stubs={key: {"word": key}}),
        "models of a node": lambda: found({key: MODELS}),
        "a model": lambda: found([MODELS[0], f"{OF}:{key}"]),
        "a case": lambda: found(cases=[{**each, "name": f"{key} {each['name']}"} for each in plain]),
        "a file": lambda: found(cases=stage.folder / f"{key}.jsonl"),
        "a metric": lambda: found(metric=key),
        "a metric that quotes": lambda: found(metric=_quotes_everything),
    }
    with recorded_logs(*logging.root.manager.loggerDict) as log:
        for name, way in ways.items():
            yield text(name, *_outcome_of_any(way))
        stage.echo_error()
        yield text("refused", *_outcome_of_any(found))
    yield text("log", log.getvalue())
    yield from files_below(stage.folder)


def _outcome_of_any(call: Callable[[], Any]) -> Iterator[str]:
    try:
        made = call()
    except (ByokError, TypeError) as error:
        yield from forms(error)
    else:
        yield from forms(made)
        yield from map(str, (vars(made).values() if hasattr(made, "__dict__") else ()))


@channel(23, lambda stage: stage.patch.setattr(cell_rows, "redact_keys", lambda data: data))
def answers_that_hold_the_key_in_forms_of_python(stage: Stage) -> Iterator[Place]:
    _prepared(stage)
    key = stage.canary.text()
    stage.flow.action("note", lambda: {"kept": (key, {"deep": {key}})}, writes=["kept"])
    stage.flow.connect("read", "note")
    compared = _of_flows(stage)
    yield from _shown(compared)
    yield from files_below(stage.folder)


@channel(23, lambda stage: stage.patch.setattr("byok_widgets.misplaced_keys._texts", lambda *_: []))
def comparisons_whose_names_are_keys(stage: Stage) -> Iterator[Place]:
    _prepared(stage)
    stage.echo('{"word": "x"}')
    key = stage.canary.text()

    def metric(case: Case, output: Any) -> float:
        return 1.0

    metric.__name__ = key
    case = {"text": "Hi", "values": {"word": "x"}}
    contains = Assertion("contains", key)
    ways: dict[str, Callable[[], Any]] = {
        "variant": lambda: stage.flow.compare({"now": {}, key: {"read": MODELS[1]}}, cases=_cases()),
        "model": lambda: stage.flow.node("read").compare([MODELS[0], f"{OF}:{key}"], _cases()),
        "baseline": lambda: _of_flows(stage, baseline=key),
        "metric": lambda: _of_nodes(stage, metric=metric),
        "named metric": lambda: _of_nodes(stage, metric=key),
        **{
            f"case with {field}": lambda more=more: stage.flow.node("read").compare(MODELS, [{**case, **more}])
            for field, more in {
                "name": {"name": key},
                "tags": {"tags": [key]},
                "group": {"group": key},
                "contains": {"contains": key},
                "assertion": {"assertions": [{"judge": key}]},
                "value": {"values": {key: "x"}},
                "path": {"path": [key]},
                "end node": {"end_node": key},
            }.items()
        },
        "case of our own": lambda: _of_nodes_with(stage, Case(key, "Hi", tags=(key,), group=key)),
        "assertion of our own": lambda: _of_nodes_with(stage, Case("c", "Hi", assertions=(contains,))),
        "file": lambda: stage.flow.cases(stage.folder / f"{key}.jsonl"),
        "store": lambda: stage.flow.node("read").compare(MODELS, _cases(), store=stage.folder / f"{key}.sqlite"),
    }
    for name, compare in ways.items():
        try:
            compared = compare()
        except ByokError as refused:
            yield text(f"{name}, refused", *forms(refused))
        else:
            yield from ((f"{name}: {place}", content) for place, content in _shown(compared))
    yield text("past", *forms(stage.flow.comparisons()))
    yield from files_below(stage.folder)


def _of_nodes_with(stage: Stage, case: Case) -> Any:
    return stage.flow.node("read").compare(MODELS, [case])
