"""The side panel: which flow it shows as cells come and go, and that it keeps none of them alive."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import ipywidgets
import pytest
from IPython.core.interactiveshell import InteractiveShell

from byok_widgets.config import FlowConfig
from byok_widgets.flow import flow as flow_module
from byok_widgets.flow import flow_contexts, flow_registry
from byok_widgets.flow.incoming.earlier import EarlierSettings
from byok_widgets.providers import PROVIDERS
from byok_widgets.widgets.panel import panel_head, side_panel
from byok_widgets.widgets.panel.node_list import NodeList
from tests.fake_keys import fake_key
from tests.widgets.wire import Browser


@pytest.fixture
def waiting() -> EarlierSettings:
    """A kernel in which no flow was met yet."""
    return EarlierSettings()


@pytest.fixture(autouse=True)
def shell(monkeypatch: pytest.MonkeyPatch, waiting: EarlierSettings) -> Iterator[InteractiveShell]:
    """A shell such as a kernel has; no flow of another test lives in it."""
    monkeypatch.setattr(flow_registry, "_made", [])
    monkeypatch.setattr(flow_contexts, "_made", {})
    for module in (side_panel, flow_module, panel_head):
        monkeypatch.setattr(module, "EARLIER", waiting)
    monkeypatch.setattr(side_panel, "mode_of_gear", lambda: "owner")
    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False
    shell.run_cell("from byok_widgets import Flow")
    yield shell
    shell.reset(new_session=True)
    for panel in side_panel._sides.values():
        panel.close()
    side_panel._sides.clear()
    InteractiveShell.clear_instance()


def opened(notebook: str = "a.ipynb", flow: str = "") -> side_panel.SidePanel:
    """Return the side panel after a click on the gear of a notebook; `flow` was shown before a restart."""
    side_panel.show(notebook, flow)
    return side_panel._sides[notebook]


def run(shell: InteractiveShell, code: str) -> None:
    shell.run_cell(code).raise_error()


def shown(panel: side_panel.SidePanel) -> str:
    return str(panel.children[1].children[0].title)


def widgets_in(widget: ipywidgets.Widget) -> Iterator[ipywidgets.Widget]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from widgets_in(child)


def fields(panel: side_panel.SidePanel) -> dict[str, ipywidgets.Widget]:
    return {widget.description: widget for widget in widgets_in(panel) if getattr(widget, "description", "")}


def nodes(panel: side_panel.SidePanel) -> NodeList:
    return next(widget for widget in widgets_in(panel) if isinstance(widget, NodeList))


def shown_nodes(panel: side_panel.SidePanel) -> list[str]:
    return [row["name"] for row in nodes(panel).nodes]


def choice(panel: side_panel.SidePanel) -> list[str]:
    """Return the flows among which a person can choose; none while there is nothing to choose."""
    which = panel.children[0]
    return [] if which.layout.display == "none" else [label for label, _ in which.options]


def test_with_no_flow_it_shows_what_waits_for_one_and_the_first_of_a_cell_replaces_it(shell):
    panel = opened()
    assert panel.children[1].children[0].note, "it says what becomes of what is set"
    before = shown(panel)
    run(shell, "dentist = Flow('dentist')")
    assert shown(panel) == "Settings · dentist" != before
    assert choice(panel) == []


def test_the_newest_flow_is_shown_and_after_that_only_the_person_changes_it(shell, browser: Browser):
    run(shell, "first, second = Flow('first'), Flow('second')")
    panel = opened()
    assert shown(panel) == "Settings · second"
    run(shell, "third = Flow('third')")
    assert shown(panel) == "Settings · second"
    assert choice(panel) == ["first", "second", "third"]
    browser.set(panel.children[0], index=0)
    assert shown(panel) == "Settings · first"
    run(shell, "first = Flow('first'); del second, third")
    assert shown(panel) == "Settings · first"
    assert choice(panel) == []


def test_after_a_restart_it_comes_back_to_the_flow_that_was_shown(shell, browser: Browser):
    panel = opened(flow="dentist of yesterday")
    assert shown(panel) == "Settings · dentist of yesterday"
    run(shell, "shop = Flow('shop')")
    assert shown(panel) == "Settings · shop"
    browser.set(panel.children[0], index=choice(panel).index("dentist of yesterday"))
    run(shell, "other = Flow('other')")
    assert shown(panel) == "Settings · dentist of yesterday"


def test_a_fresh_flow_and_a_saved_one_of_the_same_name_are_two(shell, browser: Browser):
    run(shell, "saved, fresh = Flow('lesson'), Flow('lesson', fresh=True)")
    run(shell, "fresh.conversation('ask', 'x'); fresh.provider = 'openai'")
    panel = opened()
    assert len(choice(panel)) == 2
    assert (fields(panel)["Provider"].value, shown_nodes(panel)) == ("openai", ["ask"])
    assert "byok-unsaved" in panel._dom_classes, "the page does not come back to it after a restart"
    browser.set(panel.children[0], index=0)
    assert (fields(panel)["Provider"].value, shown_nodes(panel)) == ("local", [])
    assert "byok-unsaved" not in panel._dom_classes


def test_it_shows_the_nodes_of_the_newest_flow_of_a_name_as_they_are_made(shell):
    run(shell, "old = Flow('dentist'); old.conversation('ask', 'x');")
    panel = opened()
    before = panel.children[1]
    assert shown_nodes(panel) == ["ask"]
    run(shell, "new = Flow('dentist')")
    assert shown_nodes(panel) == []
    new = shell.user_ns["new"]
    new.extraction("data", name=str)
    assert shown_nodes(panel) == ["data"], "at once, while the cell still runs"
    del new
    run(shell, "del new")
    assert shown_nodes(panel) == ["ask"], "the older one lives on"
    assert panel.children[1] is before, "what is typed in the panel stays"


def test_when_the_person_comes_back_it_tells_what_another_kernel_has_changed(shell):
    run(shell, "flow = Flow('changed elsewhere')\nflow.global_prompt = 'Be kind.'")
    head = opened().children[1].children[0]
    FlowConfig("changed elsewhere", providers=PROVIDERS).model = "openai:gpt-6-luna"
    assert [question["kind"] for question in head.questions] == []
    side_panel.look("never opened.ipynb")
    side_panel.look("a.ipynb")
    assert [question["kind"] for question in head.questions] == ["elsewhere"]


def test_it_keeps_no_flow_alive(shell):
    run(shell, "dentist = Flow('dentist'); dentist.conversation('ask', 'x');")
    panel = opened()
    run(shell, "del dentist")
    gc.collect()
    assert flow_registry.contexts() == ()
    side_panel._refresh()
    assert shown_nodes(panel) == []


def test_what_is_set_there_is_what_the_cells_see(shell, browser: Browser):
    run(shell, "dentist = Flow('dentist'); dentist.conversation('ask', 'x');")
    panel = opened()
    flow = shell.user_ns["dentist"]
    provider = fields(panel)["Provider"]
    browser.set(provider, index=[name for _, name in provider.options].index("anthropic"))
    assert flow.provider == "anthropic"
    flow.provider = "openai"
    assert provider.value == "openai"
    browser.on_node(nodes(panel), "ask", "choose", value="a-model")
    assert flow.node("ask").model == "openai:a-model"


def test_each_notebook_has_one_panel_that_is_shown_again(shell):
    one = opened("one.ipynb", "one")
    assert opened("one.ipynb", "one") is one
    other = opened("other.ipynb", "other")
    assert (shown(one), shown(other)) == ("Settings · one", "Settings · other")
    one.close()
    again = opened("one.ipynb")
    assert again is not one
    run(shell, "dentist = Flow('dentist')")
    assert shown(again) == shown(other) == "Settings · dentist"


def test_a_panel_that_another_replaces_leaves_no_widgets_behind(shell, browser: Browser):
    run(shell, "first, second = Flow('first'), Flow('second')")
    panel = opened()
    replaced = list(widgets_in(panel.children[1]))
    browser.set(panel.children[0], index=0)
    assert [widget for widget in replaced if widget.comm is not None] == []
    assert all(widget.comm is not None for widget in widgets_in(panel))


@pytest.mark.parametrize(
    "name", [fake_key("openai"), "x" * 301, " ", "half \ud800"], ids=["key", "long", "blank", "half"]
)
def test_what_cannot_be_the_name_of_a_flow_opens_none(name):
    assert shown(opened(flow=name)) == shown(opened("other.ipynb"))


def test_a_hostile_name_is_shown_inert(shell):
    run(shell, "first, second = Flow('first'), Flow('two\\u202eowt')")
    panel = opened()
    assert choice(panel) == ["first", "two⟦U+202E⟧owt"]
    assert repr(panel) == r"SidePanel('two\u202eowt')"
