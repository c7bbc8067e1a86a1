"""Each suggestion is carried out: its finding goes, and nothing else of the flow changes."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Any

import pytest

from byok_widgets import Flow
from byok_widgets.diagnostics import suggestions
from byok_widgets.findings import Finding
from byok_widgets.providers import catalog
from byok_widgets.widgets.panel import quick_fixes
from tests.graph.conftest import NAMES

Build = Callable[[Flow], None]
Facts = dict[tuple[str, ...], Any]

_numbers = itertools.count()
ODD = ('it\'s "one"', "two\nlines {x} {{y}}", "back\\slash", "](){}[]<>", "o'clock")


def made(build: Build) -> Flow:
    flow = Flow(f"suggestions {next(_numbers)}")
    flow.set_base_url("compatible", "http://127.0.0.1:9/v1")
    flow.judge_model = "compatible:judge"
    build(flow)
    return flow


def facts(flow: Flow) -> Facts:
    """All that a person has decided about a flow, each under what it is about."""
    edges = {("edge", edge.source, edge.target): edge.condition for edge in flow.graph.edges}
    nodes = {("node", name): (node.kind, name in flow.graph.ends) for name, node in flow.nodes.items()}
    prompts = {("prompt", name): node.prompt for name, node in flow.nodes.items()}
    models = {("model", name): getattr(node, "model", None) for name, node in flow.nodes.items()}
    tuning = {("settings", name): dict(getattr(node, "settings", {})) for name, node in flow.nodes.items()}
    whole = {
        ("start",): flow.start_node,
        ("speaks first",): flow.speaks_first,
        ("global prompt",): flow.global_prompt,
        ("default model",): (flow.provider, flow.model),
        ("judge",): flow.judge_model,
        ("address",): {name: flow.config.base_url(name) for name in ("openai", "compatible")},
    }
    return {**edges, **nodes, **prompts, **models, **tuning, **whole}


def changed(before: Facts, after: Facts) -> set[str]:
    return {fact[0] for fact in before.keys() | after.keys() if before.get(fact, ...) != after.get(fact, ...)}


def lost(before: Facts, after: Facts) -> set[tuple[str, ...]]:
    """The edges that had a condition, and have not the same any more."""
    return {
        fact
        for fact, condition in before.items()
        if fact[0] == "edge" and not condition.is_fallback and after.get(fact) != condition
    }


def key(finding: Finding) -> tuple[str, str, str]:
    return finding.kind, finding.where, finding.problem


def graph_kinds(flow: Flow) -> set[tuple[str, str]]:
    other = {"no_key", "no_address", "weak_judge", "no_model"}
    return {(found.kind, found.where) for found in flow.check() if found.kind not in other}


# One flow for each kind that comes with a line to paste


def talk(flow: Flow, ask: str = "ask", read: str = "read") -> None:
    flow.conversation(ask, "Ask.")
    flow.extraction(read, size=str, people=int)
    flow.connect(ask, read)


def conditional_pairs_only(flow: Flow) -> None:
    """Every speaker has a condition already: connecting again would replace it."""
    talk(flow)
    flow.conversation("confirm", "Confirm.")
    flow.connect("read", "confirm", if_="size is not None")
    flow.connect("read", "ask", if_="size is None")


def a_speaker_is_left(flow: Flow) -> None:
    conditional_pairs_only(flow)
    flow.conversation("clarify", "Clarify.", enter="they are confused")


def two_else(flow: Flow) -> None:
    talk(flow)
    for name in ("a", "b", "c"):
        flow.conversation(name, "x")
        flow.connect("read", name)


def edges_after_end(flow: Flow) -> None:
    talk(flow)
    flow.conversation("bye", "Bye.", end=True)
    flow.connect("read", "bye")
    flow.connect("bye", "ask", when="never")
    flow.connect("bye", "read", if_="size is None")


def unreachable_silent(flow: Flow) -> None:
    talk(flow)
    flow.connect("read", "ask")
    flow.extraction("lost", word=str)
    flow.connect("lost", "ask")


def unreachable_beside_an_end(flow: Flow) -> None:
    flow.conversation("bye", "Bye.", end=True)
    flow.conversation("lost", "x")
    flow.connect("bye", "lost")


def only_ends(flow: Flow) -> None:
    flow.conversation("bye", "Bye.", end=True)
    flow.conversation("too", "x")


def not_connected(flow: Flow) -> None:
    flow.extraction("read", size=str)
    flow.conversation("ask", "Ask.")
    flow.conversation("tell", "Tell.")


def silent_start(flow: Flow) -> None:
    flow.extraction("read", size=str)
    flow.conversation("ask", "Ask.")
    flow.connect("read", "ask")
    flow.connect("ask", "read")
    flow.speaks_first = True


def silent_start_that_is_needed(flow: Flow) -> None:
    silent_start(flow)
    flow.disconnect("ask", "read")


def words_of_other_languages(flow: Flow) -> None:
    flow.conversation("ask", "Ask.")
    flow.extraction("read", size=str, urgent=bool)
    flow.connect("ask", "read")
    flow.conversation("bye", "Bye.", end=True)
    flow.conversation("hurry", "At once.")
    flow.connect("hurry", "read")
    flow.connect("read", "hurry", if_="urgent == true")
    flow.connect("read", "bye", if_="size != null and not (urgent == false)")
    flow.connect("read", "ask")


def misspelt(flow: Flow) -> None:
    flow.global_prompt = "You know {{ szie | upper }}."
    talk(flow)
    flow.conversation("ask", "Say 'szie' {{szie}}, {{ szie }} and {{ szie | default('szie') }}.")
    flow.connect("read", "ask", if_="szie == 'szie' or szie is None")
    flow.connect("read", "read", when="again")


def statements(flow: Flow) -> None:
    talk(flow)
    flow.connect("read", "ask")
    flow.extraction("more", size=str, prompt="So far: {size}.", enter="they correct it")
    flow.global_prompt = "{% if people > 2 %}A table of {{people}}.{% endif %}"
    flow.conversation(
        "ask", "{% if size %}{{size}}{% else %}any{% endif %}, it's\n{{ size ~ '!' }} {% raw %}{{x}}{% endraw %}"
    )
    flow.conversation("bye", "Bye {{ size or 'you' }}, {{ people + 1 }}", static=True, end=True)
    flow.connect("ask", "bye", if_="size == 'x'")


def from_nowhere(flow: Flow) -> None:
    talk(flow)
    flow.connect("read", "ask")
    flow.conversation("ask", "It's {{today}}; {{ today | upper }}\nSay \"hi\" in {{ place | default('Oslo') }}.")


def unset(flow: Flow) -> None:
    flow.conversation("hello", "Hello {{size}}!", static=True)
    talk(flow)
    flow.connect("hello", "ask")
    flow.connect("read", "ask")


def unstated(flow: Flow) -> None:
    talk(flow)
    flow.global_prompt = "You sell size {{ people }}."
    flow.conversation("bye", 'It\'s "{{ size }}",\n{{size|upper}} for {{people}}.', static=True, end=True)
    flow.connect("read", "bye", if_="size is not None or people > 2")
    flow.connect("read", "ask")


ORDER = {
    "type": "object",
    "properties": {
        "home": {"type": "object", "properties": {"city": {"type": "string"}, "zip": {"type": "string"}}},
        "items": {"type": "array", "items": {"type": "string"}},
    },
}


def parts_of_values(flow: Flow) -> None:
    flow.conversation("ask", "You know {{ home.ctiy | upper }} and {{ items[0] }}.")
    flow.extraction("read", ORDER)
    flow.conversation("bye", "To {{- home.city | upper -}}: {{ items[2] }} {{items[0]}}", static=True, end=True)
    flow.connect("ask", "read")
    flow.connect("read", "bye", if_="home is not None")
    flow.connect("read", "ask")


def unbound(flow: Flow) -> None:
    talk(flow)
    flow.connect("read", "ask")
    flow.action("look", len, enter="they ask").function = None


def no_nodes(flow: Flow) -> None:
    del flow


def odd(name: str, other: str) -> Build:
    def build(flow: Flow) -> None:
        talk(flow, name, other)
        flow.conversation("bye", f"{{{{size}}}} {name.replace('{', '(').replace('}', ')')}", static=True, end=True)
        flow.connect(other, "bye", if_="size != 'x' or size is None")
        flow.conversation(f"{name}!", "x")

    return build


BUILDS: dict[str, Build] = {
    build.__name__: build
    for build in (
        *(conditional_pairs_only, a_speaker_is_left, two_else, edges_after_end, unreachable_silent),
        *(
            unreachable_beside_an_end,
            only_ends,
            not_connected,
            silent_start,
            silent_start_that_is_needed,
            misspelt,
            words_of_other_languages,
            statements,
            from_nowhere,
        ),
        *(unset, unstated, parts_of_values, unbound, no_nodes),
    )
} | {f"odd {number}": odd(*names) for number, names in enumerate(itertools.pairwise(ODD))}

MAY_CHANGE: dict[str, set[str]] = {
    "empty": {"node", "prompt", "model", "settings", "start"},
    "dead_end": {"edge", "node", "prompt", "model", "settings"},
    "silent_start": {"start", "speaks first"},
    "unknown_variable": {"prompt", "global prompt", "edge"},
    "unknown_part": {"prompt", "global prompt"},
    "unset_variable": {"prompt", "global prompt"},
    "unstated_variable": {"prompt", "global prompt"},
    "template": {"prompt", "global prompt"},
    "single_braces": {"prompt", "global prompt"},
    "unbound_action": set(),
}
"""What the suggestion for a kind may change; an edge for all others."""
MAY_REVEAL = {"unknown_variable", "template", "single_braces"}
REPLACES_CONDITIONS = {"edges_after_end", "unknown_variable"}


@pytest.mark.parametrize("name", BUILDS)
def test_the_line_to_paste_fixes_its_finding_and_nothing_else(name: str) -> None:
    build = BUILDS[name]
    for number, finding in enumerate(made(build).check()):
        if finding.by is None or finding.by.kind != "paste":
            continue
        flow = made(build)
        (same,) = [found for found in flow.check() if key(found) == key(finding)]
        assert same.by == finding.by, number
        before, kinds = facts(flow), graph_kinds(flow)
        exec(finding.by.argument, {"flow": flow})
        assert key(finding) not in map(key, flow.check())
        after = facts(flow)
        assert changed(before, after) <= MAY_CHANGE.get(finding.kind, {"edge"})
        if finding.kind not in REPLACES_CONDITIONS:
            assert not lost(before, after)
        if finding.kind not in ("empty", "unconnected"):
            revealed = {"unstated_variable"} if finding.kind in MAY_REVEAL else set()
            assert {kind for kind, _ in graph_kinds(flow) - kinds} <= revealed, "no other finding comes"
        assert len([one for one in after if one not in before and one[0] == "node"]) <= 1


def test_a_suggested_default_is_read_as_it_is_written() -> None:
    flow = made(lambda flow: None)
    read = flow.extraction("read", toppings=list[str])
    sentence = "With {{ toppings | join('; ') }}, {{toppings|upper}}."
    bye = flow.conversation("bye", sentence, static=True, end=True)
    flow.connect(read, bye)
    (found,) = [finding for finding in flow.check() if finding.kind == "unstated_variable"]
    assert found.by is not None
    exec(found.by.argument, {"flow": flow})
    assert bye.run().text == "With ..., ...."
    assert bye.run(variables={"toppings": ["a", "b"]}).text == "With a; b, A AND B."


@pytest.mark.parametrize(
    "name", ["conditional_pairs_only", "two_else", "from_nowhere", "unset", "unstated", "parts_of_values"]
)
def test_after_all_suggestions_have_been_followed_the_graph_has_no_mistake(name: str) -> None:
    flow = made(BUILDS[name])
    for _ in range(20):
        lines = [found.by.argument for found in flow.check() if found.by and found.by.kind == "paste"]
        if not lines:
            break
        exec(lines[0], {"flow": flow})
    assert not graph_kinds(flow)


def test_every_kind_with_a_line_to_paste_was_tried() -> None:
    tried = {found.kind for build in BUILDS.values() for found in made(build).check() if found.by}
    assert tried >= {
        *(
            "empty",
            "template",
            "single_braces",
            "unconnected",
            "two_else",
            "unreachable",
            "dead_end",
            "edges_after_end",
            "silent_start",
        ),
        *("unknown_variable", "unknown_part", "unset_variable", "unstated_variable"),
    }


@pytest.mark.parametrize("seed", range(40))
def test_no_suggestion_for_any_graph_deletes_a_condition(seed: int) -> None:
    build = _any_graph(seed)
    for finding in made(build).check():
        if finding.by is None or finding.by.kind != "paste":
            continue
        flow = made(build)
        before = facts(flow)
        exec(finding.by.argument, {"flow": flow})
        assert key(finding) not in map(key, flow.check()), finding
        if finding.kind not in REPLACES_CONDITIONS:
            assert not lost(before, facts(flow)), finding


def _any_graph(seed: int) -> Build:
    def build(flow: Flow) -> None:
        dice = random.Random(seed)
        names = dice.sample([name for name in NAMES if len(name) < 99], 5)
        for number, name in enumerate(names):
            end = dice.random() < 0.2
            if dice.random() < 0.5:
                flow.extraction(name, **{f"v{number}": str}, end=end)
            else:
                prompt = f"Say {{{{v{dice.randrange(5)}}}}}."
                enter = "they ask" if dice.random() < 0.2 else None
                flow.conversation(name, prompt, static=dice.random() < 0.4, end=end, enter=enter)
        for _ in range(dice.randrange(8)):
            one, other = dice.choice(names), dice.choice(names)
            condition = dice.choice([{}, {}, {"when": "they agree"}, {"if_": f"v{dice.randrange(5)} is not None"}])
            flow.connect(one, other, **condition)

    return build


# What a click does


def ended_everywhere(flow: Flow) -> None:
    flow.model = "openai:gpt-4"
    flow.conversation("ask", "Ask.")
    flow.conversation("tell", "Tell.", model="openai:gpt-4")
    flow.conversation("other", "Tell.", model="openai:gpt-6-luna")
    flow.connect("ask", "tell", when="they ask")
    flow.connect("tell", "other", when="they ask")
    flow.judge_model = "openai:gpt-4"


def no_model(flow: Flow) -> None:
    talk(flow)
    flow.connect("read", "ask")
    flow.provider = "openai"


def setting(flow: Flow) -> None:
    talk(flow)
    flow.connect("read", "ask")
    flow.model = "openai:gpt-6-luna"
    flow.node("ask").settings["temperature"] = 0.5


def other_address(flow: Flow) -> None:
    talk(flow)
    flow.connect("read", "ask")
    flow.model = "openai:gpt-6-luna"
    flow.set_base_url("openai", "https://proxy.example.org/v1")


CLICKS: dict[str, tuple[Build, set[str]]] = {
    "model_ends": (ended_everywhere, {"model", "default model", "judge"}),
    "no_model": (no_model, {"default model"}),
    "setting": (setting, {"settings"}),
    "other_address": (other_address, {"address"}),
}


@pytest.mark.parametrize("kind", CLICKS)
def test_a_click_fixes_its_finding_and_nothing_else(kind: str) -> None:
    build, may_change = CLICKS[kind]
    flow = made(build)
    finding = next(found for found in flow.check() if found.kind == kind)
    assert finding.by is not None
    assert quick_fixes.button(finding.by, flow)
    before = facts(flow)
    quick_fixes.apply(finding, flow)
    assert kind not in {found.kind for found in flow.check()}
    assert changed(before, facts(flow)) == may_change


def test_the_code_in_words_does_what_the_click_does() -> None:
    flow = made(ended_everywhere)
    finding = next(found for found in flow.check() if found.kind == "model_ends")
    newer = catalog.replacement("openai", "gpt-4")
    assert f"flow.replace_model('openai:gpt-4', 'openai:{newer}')" in finding.fix
    flow.replace_model("gpt-4", f"openai:{newer}")
    assert (flow.model, flow.node("tell").model, flow.judge_model) == (newer, f"openai:{newer}", f"openai:{newer}")
    assert flow.node("other").model == "openai:gpt-6-luna"
    assert flow.node("ask").model is None, "it still follows the default"


def test_a_graph_full_of_mistakes_is_looked_at_a_bounded_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    flow = Flow("full of mistakes", fresh=True)
    for number in range(120):
        flow.conversation(f"n{number}", "x", static=True)
    for number in range(120):
        flow.connect(f"n{number}", f"n{(number * 7 + 1) % 120}", when="x")
    looks: list[int] = []
    monkeypatch.setattr(
        suggestions, "_facts", lambda found, facts=suggestions._facts: looks.append(1) or facts(found)
    )
    found = [finding for finding in flow.check() if finding.kind == "unreachable"]
    assert len(found) > 50, "each mistake is told"
    assert any(finding.by for finding in found)
    assert len(looks) <= 1 + suggestions._ADVISED * suggestions._TRIED
