"""The gear in the toolbar of the real JupyterLab and the real Notebook 7: the settings at the side."""

from __future__ import annotations

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import LEFT, VIEWPORT
from tests.browser.lab import Lab
from tests.browser.leaks import Frames, Listener, files_below, hits
from tests.browser.notebook_page import NotebookPage, type_into, waits_for
from tests.browser.other_kernels import add_other_kernels
from tests.fake_keys import fake_key
from tests.scripted_server import ScriptedServer

APPS = ["lab", "notebook"]
MOSTLY_LAB = ["lab", pytest.param("notebook", marks=pytest.mark.slow)]


@pytest.fixture(scope="module")
def gear_lab(tmp_path_factory):
    server = Lab(tmp_path_factory.mktemp("gear"), save_state=False)
    add_other_kernels(server)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def frames():
    return Frames()


@pytest.fixture(scope="module")
def pages(browser, gear_lab, frames):
    """One page for each app, since loading them takes most of a test's time."""
    contexts = {app: browser.new_context(viewport=VIEWPORT) for app in APPS}
    made = {app: NotebookPage(gear_lab, contexts[app].new_page(), gear_lab.url, app=app) for app in APPS}
    frames.watch(made["lab"].page)
    yield made
    for context in contexts.values():
        context.close()


@pytest.fixture
def open_in(pages, gear_lab):
    """Return a function that opens a notebook in JupyterLab, or in Notebook 7."""

    def open_it(cells, app="lab", *, kernel="python3"):
        pages[app].open(gear_lab.notebook(cells, kernel=kernel))
        return pages[app]

    yield open_it
    pages["lab"].close()
    gear_lab.shut_down_kernels()


def flow_cell(name, *nodes):
    made = "".join(f"\n{name}.conversation({node!r}, 'Be brief.')" for node in nodes)
    return f"from byok_widgets import Flow\n{name} = Flow({name!r}){made}"


def side(page):
    return page.page.locator(".byok-side").filter(visible=True)


def title(page):
    return side(page).get_by_role("heading", level=3)


def words(page):
    return side(page).locator(".byok-side-notice")


def said(page, kind):
    """Return what the side panel says while there are no settings to show."""
    return words(page).and_(page.page.locator(f"[data-kind={kind}]"))


CUT_OFF = """side => {
  const edge = side.getBoundingClientRect().right + 0.5;
  return [...side.querySelectorAll("input, select, textarea, button, label, h3, p, pre, div")]
    .filter((node) => node.offsetParent && node.getBoundingClientRect().right > edge)
    .map((node) => node.outerHTML.slice(0, 100));
}"""
CURRENT = "window.jupyterapp.shell.currentWidget"
SESSION = f"{CURRENT}.sessionContext"


def open_settings(page):
    page.gear.click()
    side(page).locator(".byok-panel").wait_for()


@pytest.mark.parametrize("app", MOSTLY_LAB)
def test_a_click_opens_the_settings_and_touches_nothing_else(open_in, app):
    page = open_in([flow_cell("dentist", "ask"), "1 + 1"], app)
    page.run_cell(0)
    before = page.save()
    file = (page.lab.root / page.name).read_bytes()
    open_settings(page)
    expect(title(page)).to_have_text("Settings · dentist")
    expect(side(page).get_by_label("Model for ask")).to_be_visible()
    box = side(page).bounding_box()
    assert box["x"] + box["width"] <= VIEWPORT["width"], "all of it is on the screen"
    expect(side(page)).to_be_focused()
    page.shot(f"gear-{app}")
    assert not page.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.model.dirty")
    assert page.save() == before
    assert (page.lab.root / page.name).read_bytes() == file
    page.run_cell(1)
    assert [cell["execution_count"] for cell in page.save()["cells"]] == [1, 2]


@pytest.mark.parametrize("app", MOSTLY_LAB)
def test_an_error_that_the_settings_can_fix_has_a_button_to_those_of_its_flow(open_in, app):
    page = open_in(
        [
            f"{flow_cell('dentist', 'ask')}\n{flow_cell('shop', 'sell')}",
            "dentist.node('ask').run('Hi', model='openai:gpt-6-luna')",
            "dentist.node('ask').run('Hi', modle='x')",
        ],
        app,
    )
    page.run_cell(0)
    page.run_cell(1)
    card = page.output(1).locator(".byok-error-card")
    expect(card).to_contain_text("No API key")
    expect(page.output(1).locator("pre")).to_be_hidden()  # the card stands in its place
    offer = card.get_by_role("button", name="Settings")
    offer.focus()
    page.page.keyboard.press("Enter")
    side(page).get_by_role("heading", name="Settings · dentist").wait_for()
    page.shot(f"gear-error-{app}")
    page.run_cell(2)
    expect(page.output(2)).to_contain_text("model")
    expect(page.output(2).get_by_role("button", name="Settings")).to_have_count(0)
    parts = page.output(1).locator(".byok-error-card [data-part]").all_inner_texts()
    page.reopen()
    expect(page.output(1).locator(".byok-error-card [data-part]")).to_have_text(parts)
    assert "No API key" in parts[0]


@pytest.mark.parametrize("width", [pytest.param(VIEWPORT["width"], marks=pytest.mark.slow), 400])
def test_a_failed_turn_in_the_chat_has_a_button_to_the_settings_of_its_flow(open_in, width):
    shop = "shop.provider = 'openai'\nshop.model = 'gpt-6-luna'\nshop.chat()"
    page = open_in([f"{flow_cell('shop', 'sell')}\n{flow_cell('dentist', 'ask')}\n{shop}"])
    page.run_cell(0)
    page.page.set_viewport_size({"width": width, "height": 1300})  # a narrow toolbar hides the gear
    page.page.evaluate(LEFT, width > 400)
    chat = page.page.locator(".byok-chat")
    try:
        chat.get_by_label("Your message").fill("Hi")
        chat.get_by_label("Your message").press("Enter")
        chat.get_by_role("button", name="Open Settings").press("Enter")
        side(page).get_by_role("heading", name="Settings · shop").wait_for()
    finally:
        page.page.set_viewport_size(VIEWPORT)
        page.page.evaluate(LEFT, True)


@pytest.mark.slow
def test_open_settings_are_those_of_the_notebook_that_a_person_goes_to(open_in, gear_lab):
    page = open_in([flow_cell("dentist", "ask")])
    page.run_cell(0)
    first = page.name
    open_settings(page)
    page.save()
    page.open(gear_lab.notebook([flow_cell("shop", "sell")]))
    side(page).get_by_role("heading", name="Settings · no flow yet").wait_for()
    page.run_cell(0)
    side(page).get_by_role("heading", name="Settings · shop").wait_for()
    page.save()
    page.command("docmanager:open", {"path": first})
    side(page).get_by_role("heading", name="Settings · dentist").wait_for()
    page.page.wait_for_function(f"() => {CURRENT}.node.contains(document.activeElement)")  # one can type on there
    page.page.evaluate("() => window.jupyterapp.shell.collapseRight()")
    page.open(gear_lab.notebook([flow_cell("third")]))
    expect(side(page)).to_have_count(0)


def choose_before_any_flow(page, typed, model="gpt-6-luna"):
    """Choose a provider, save a key and pick a model, as a person does before running a cell."""
    side(page).get_by_label("Provider").select_option("OpenAI")
    key = side(page).get_by_label("API key for OpenAI")
    type_into(key, typed)
    expect(key).to_have_value(typed)
    side(page).get_by_role("button", name="Save", exact=True).click()
    side(page).get_by_role("button", name="Remove").and_(page.page.locator(":enabled")).wait_for()
    picked = side(page).get_by_label("Default model")
    picked.fill(model)
    picked.press("Enter")


TOPS_OF_SAVE = """() => {
  window.topsOfSave = [];
  const look = () => {
    const top = document.querySelector(".byok-side [data-part=save]")?.getBoundingClientRect().top;
    if (top && top !== window.topsOfSave.at(-1)) window.topsOfSave.push(top);
    requestAnimationFrame(look);
  };
  look();
}"""


def question(page, kind):
    return side(page).locator(f".byok-question[data-kind={kind}]")


SETTINGS = "flow.provider, flow.model, flow.key_store.status('openai', 'api.openai.com').available"


def result(page, cell):
    return page.save()["cells"][cell]["outputs"][-1]["data"]["text/plain"][0]


def settings_saved(page):
    return [path.read_text() for path in page.lab.base.rglob("*.json") if path.parent.name == "flows"]


@pytest.mark.parametrize("app", MOSTLY_LAB)
def test_what_is_set_before_any_flow_goes_to_the_first_one_and_leaves_no_phantom(open_in, app, frames):
    name = f"first in {app}"
    page = open_in(
        [
            "sorted(name for name in globals() if 'byok' in name or 'side' in name)",
            f"from byok_widgets import Flow\nflow = Flow({name!r})",
            SETTINGS,
        ],
        app,
    )
    listener = Listener(page.lab.connection_file(page.kernel_id))
    before = settings_saved(page)
    open_settings(page)
    page.shot(f"gear-waiting-{app}")
    typed = fake_key()
    choose_before_any_flow(page, typed)
    page.run_cell(0)
    assert result(page, 0) == "[]"
    assert settings_saved(page) == before, "nothing is saved while it waits"
    page.run_cell(1)
    question(page, "taken").wait_for()
    page.shot(f"gear-taken-{app}")
    expect(title(page)).to_have_text(f"Settings · {name}")
    expect(side(page).get_by_label("Flow", exact=True), "there is no other flow to choose").to_be_hidden()
    assert name in json.dumps(page.save()["cells"][1]["outputs"]), "the cell says it too"
    page.run_cell(2)
    assert result(page, 2) == "('openai', 'gpt-6-luna', True)"
    assert len(settings_saved(page)) == len(before) + 1
    question(page, "taken").get_by_role("button", name="OK").click()
    question(page, "taken").wait_for(state="detached")
    expect(side(page).locator("h3")).to_be_focused()
    places = [
        *files_below(page.lab.base),
        ("iopub of a second client", listener.stop()),
        ("frames received by the page", b"\n".join(frames.received)),
        ("frames sent by the page", b"\n".join(frames.sent)),
    ]
    assert hits([*places, ("control", typed.encode())], typed) == ["control"]


def test_the_buttons_stay_where_they_are_while_the_keyring_is_tried_out(open_in):
    page = open_in(["1"])
    open_settings(page)
    page.page.evaluate(TOPS_OF_SAVE)
    side(page).get_by_label("Provider").select_option("OpenAI")
    side(page).get_by_label("Store the key in").locator("option[value=session]").wait_for(state="attached")
    page.page.wait_for_function("() => !document.querySelector('.byok-side').innerText.includes('Checking…')")
    tops = page.page.evaluate("() => window.topsOfSave")
    assert len(tops) == 1, tops


def test_a_flow_with_settings_of_its_own_is_asked_about(open_in):
    make = "from byok_widgets import Flow\nflow = Flow('asked about')"
    page = open_in([f"{make}\nflow.model = 'anthropic:claude-haiku-4-5'", make, SETTINGS])
    page.run_cell(0)
    page.page.evaluate(f"() => {SESSION}.restartKernel()")
    page.wait_idle()
    open_settings(page)
    choose_before_any_flow(page, fake_key())
    page.run_cell(1)
    asked = question(page, "conflict")
    asked.wait_for()
    page.shot("gear-asks")
    page.run_cell(2)
    assert result(page, 2) == "('anthropic', 'claude-haiku-4-5', False)"
    asked.get_by_role("button", name="Use the new ones").click()
    question(page, "taken").wait_for()
    page.run_cell(2)
    assert result(page, 2) == "('openai', 'gpt-6-luna', True)"


def test_of_several_flows_the_panel_asks_which_get_what_waited_and_a_key_can_be_used_in_another(open_in):
    page = open_in([flow_cell("one"), flow_cell("two"), flow_cell("three") + "\nthree.provider = 'openai'"])
    open_settings(page)
    choose_before_any_flow(page, fake_key())
    page.run_all()
    also = question(page, "also")
    also.get_by_role("button", name="Use them in two").click()
    also.get_by_role("button", name="Only this one").click()
    also.wait_for(state="detached")
    which = side(page).get_by_label("Flow", exact=True)
    which.select_option("two")
    side(page).get_by_role("heading", name="Settings · two").wait_for()
    side(page).get_by_label("Default model").and_(page.page.locator("[title='gpt-6-luna']")).wait_for()
    which.select_option("three")
    others = side(page).get_by_label("Use the key of flow")
    others.wait_for()
    expect(others.locator("option")).to_have_text(["one", "two"], use_inner_text=True)
    page.shot("gear-key-of-another-flow")
    side(page).get_by_role("button", name="Use this key").click()
    side(page).get_by_role("button", name="Remove").and_(page.page.locator(":enabled")).wait_for()
    expect(others).to_be_hidden()
    side(page).get_by_role("button", name="Remove").click()
    page.shot("gear-remove")
    side(page).get_by_role("button", name="Remove it").click()
    others.wait_for()
    expect(side(page).get_by_label("API key for OpenAI")).to_be_focused()
    which.select_option("one")
    side(page).get_by_role("button", name="Remove").and_(page.page.locator(":enabled")).wait_for()


def test_a_change_of_another_kernel_is_told_in_cell_and_panel_and_waits_for_a_choice(open_in):
    make = "from byok_widgets import Flow\nflow = Flow('two kernels')\n"
    program = f"{make}flow.model = 'openai:gpt-6-luna'"
    elsewhere = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {program!r}], check=True)"
    page = open_in(
        [make + "ask = flow.conversation('ask', 'Be brief.')", elsewhere, "ask.max_tokens = 9", "flow.provider"]
    )
    page.run_cell(0)
    open_settings(page)
    page.run_cell(1)
    page.run_cell(2)
    told = question(page, "elsewhere")
    told.wait_for()
    page.shot("gear-elsewhere")
    outputs = page.save()["cells"]
    assert "take_theirs" in json.dumps([outputs[1]["outputs"], outputs[2]["outputs"]])
    page.run_cell(3)
    assert result(page, 3) == "'local'"
    told.get_by_role("button", name="Use theirs").click()
    told.wait_for(state="detached")
    page.run_cell(3)
    assert result(page, 3) == "'openai'"


@pytest.mark.slow
def test_a_change_of_another_notebook_is_told_when_the_person_comes_back_before_any_cell_runs(open_in, gear_lab):
    make = "from byok_widgets import Flow\nflow = Flow('comes back')"
    page = open_in([make])
    page.run_cell(0)
    first = page.name
    open_settings(page)
    page.save()
    page.open(gear_lab.notebook([f"{make}\nflow.model = 'openai:gpt-6-luna'"]))
    page.run_cell(0)
    page.save()
    page.command("docmanager:open", {"path": first})
    question(page, "elsewhere").get_by_role("button", name="Use theirs").wait_for()


LABELS_OUTSIDE_NAMES = """side => [...side.querySelectorAll("button")]
  .filter((button) => button.offsetParent && /[a-z]/i.test(button.textContent))
  .filter((button) => {
    const name = button.getAttribute("aria-label") ?? button.textContent;
    return !name.toLowerCase().includes(button.textContent.trim().toLowerCase());
  })
  .map((button) => button.outerHTML.slice(0, 100))"""
NAMES_CUT_OFF = """side => [...side.querySelectorAll(".byok-panel select")]
  .filter((select) => select.offsetParent)
  .flatMap((select) => {
    const style = getComputedStyle(select);
    const ink = document.createElement("canvas").getContext("2d");
    ink.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const room = select.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - 16;
    return [...select.options].map(({ text }) => text).filter((text) => ink.measureText(text).width > room);
  })"""
CHECKED_AGAIN = """said => {
  const { dataset, textContent } = document.querySelector(".byok-side:not(.lm-mod-hidden) .byok-status");
  return !["working", "none"].includes(dataset.state) && textContent.trim() !== said;
}"""
SILENT = "() => !document.querySelector('.byok-side:not(.lm-mod-hidden) .byok-status').textContent.trim()"


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.slow), 400])
def test_names_are_whole_at_the_width_it_opens_with_and_labels_stand_in_names(open_in, width):
    page = open_in([flow_cell("names", "ask") + "\nnames.provider = 'compatible'"])
    page.run_cell(0)
    page.page.set_viewport_size({"width": width, "height": 1300})
    page.page.evaluate(LEFT, width > 400)  # no room for the list of files, too
    try:
        page.command("byok-widgets:open-settings")  # a narrow toolbar hides the gear behind its dots
        side(page).get_by_label("Base URL").wait_for()
        page.shot(f"gear-names-{width}")
        found = side(page).evaluate(NAMES_CUT_OFF), side(page).evaluate(LABELS_OUTSIDE_NAMES)
    finally:
        page.page.set_viewport_size(VIEWPORT)
        page.page.evaluate(LEFT, True)
    assert found == ([], [])


@pytest.mark.parametrize("app", MOSTLY_LAB)
def test_in_a_narrow_window_the_settings_take_the_place_of_the_files(open_in, app):
    page = open_in([flow_cell("narrow", "ask")], app)
    page.run_cell(0)
    page.page.set_viewport_size({"width": 400, "height": 1300})
    try:
        if app == "lab":
            page.page.evaluate(LEFT, True)
        page.command("byok-widgets:open-settings")
        side(page).locator(".byok-panel").wait_for()
        page.shot(f"gear-narrow-{app}")
        page.page.wait_for_function(
            "() => [...document.querySelectorAll('.byok-side')]"
            ".some((side) => side.checkVisibility() && side.getBoundingClientRect().right <= 400)"
        )
    finally:
        page.page.set_viewport_size(VIEWPORT)
        if app == "lab":
            page.page.evaluate(LEFT, True)


def test_a_key_that_is_typed_and_not_saved_goes_on_in_the_panel_of_the_flow_that_a_cell_makes(open_in):
    page = open_in([flow_cell("made_while_typing"), flow_cell("another_one")])
    open_settings(page)
    side(page).get_by_label("Provider").select_option("OpenAI")
    typed = fake_key()
    type_into(side(page).get_by_label("API key for OpenAI"), typed)
    page.run_cell(0)
    side(page).get_by_role("heading", name="Settings · made_while_typing").wait_for()
    field = side(page).get_by_label("API key for OpenAI")
    expect(field).to_have_value(typed)
    expect(field).to_have_attribute("type", "password")
    page.run_cell(1)
    side(page).get_by_label("Flow", exact=True).select_option("another_one")
    side(page).get_by_role("heading", name="Settings · another_one").wait_for()
    expect(side(page).locator("[data-part=key]"), "with another flow, it stays behind").to_have_value("")


def test_a_key_that_is_typed_for_one_provider_goes_to_the_one_of_a_cell_only_if_the_person_says_so(open_in):
    endpoint = ScriptedServer()
    use = f"elsewhere.set_base_url('compatible', '{endpoint.base_url}')\nelsewhere.model = 'compatible:scripted'"
    page = open_in([f"{flow_cell('elsewhere')}\n{use}"])
    open_settings(page)
    side(page).get_by_label("Provider").select_option("Mistral")
    typed = fake_key("mistral")
    type_into(side(page).get_by_label("API key for Mistral"), typed)
    page.run_cell(0)
    side(page).get_by_role("heading", name="Settings · elsewhere").wait_for()
    key = side(page).get_by_label("API key for OpenAI-compatible endpoint")
    expect(key).to_have_value(typed)
    side(page).get_by_role("button", name="Save", exact=True).click()
    side(page).locator(".byok-status[data-state=refused]").wait_for()
    page.shot("gear-typed-for-another")
    remove = side(page).get_by_role("button", name="Remove")
    expect(remove).to_be_disabled()
    expect(key).to_have_value(typed)
    side(page).get_by_role("button", name="Use it for OpenAI-compatible endpoint").click()
    side(page).get_by_role("button", name="Save", exact=True).click()
    expect(remove).to_be_enabled()
    endpoint.close()


LONG = "the flow of the dentist in the spring campaign of the year, as the practice tried it in {}"


def test_of_two_flows_with_long_names_the_whole_names_can_be_read(open_in):
    names = [LONG.format(month) for month in ("March", "April")]
    page = open_in([f"from byok_widgets import Flow\nflows = [Flow(name) for name in {names!r}]"])
    page.run_cell(0)
    open_settings(page)
    which = side(page).get_by_label("Flow", exact=True)
    for name in names:
        which.select_option(name)
        side(page).get_by_role("heading", name=f"Settings · {name}").wait_for()
        assert which.evaluate("field => field.scrollWidth <= field.clientWidth && field.offsetHeight > 40")
    page.shot("gear-long-names")
    assert side(page).evaluate(CUT_OFF) == []


def test_one_message_about_a_bad_address_and_a_check_says_what_happened(open_in):
    endpoint = ScriptedServer()
    page = open_in([flow_cell("checks") + "\nchecks.provider = 'compatible'"])
    page.run_cell(0)
    open_settings(page)
    address = side(page).get_by_label("Base URL")
    address.fill("http://llm.example.org/v1")
    address.press("Enter")
    side(page).locator("[role=alert]").filter(visible=True).wait_for()
    page.page.wait_for_function(SILENT)
    page.shot("gear-bad-address")
    address.fill(endpoint.base_url)
    address.press("Enter")
    check = side(page).get_by_role("button", name="Check", exact=True)
    said = [""]
    for _ in range(2):
        check.and_(page.page.locator(":enabled")).click()
        page.page.wait_for_function(CHECKED_AGAIN, arg=said[-1])
        said.append(side(page).locator(".byok-status").text_content().strip())
    endpoint.close()
    assert said[1] != said[2]
    assert "{at}" not in "".join(said)


def test_of_several_flows_one_can_choose_and_what_is_set_is_set_in_the_cells(open_in):
    page = open_in(
        [flow_cell("first", "ask"), flow_cell("second", "greet"), "first.provider, first.node('ask').model"]
    )
    page.run_cell(0)
    open_settings(page)
    which = side(page).get_by_label("Flow", exact=True)
    expect(which).to_be_hidden()
    page.run_cell(1)
    which.wait_for()
    expect(title(page), "nothing changes under the person's hands").to_have_text("Settings · first")
    which.select_option("second")
    side(page).get_by_label("Model for greet").wait_for()
    which.select_option("first")
    side(page).get_by_role("heading", name="Settings · first").wait_for()
    override = side(page).get_by_label("Model for ask")
    override.fill("a-model")
    override.press("Enter")
    side(page).get_by_text("node override").wait_for()
    side(page).get_by_label("Provider").select_option("Anthropic")
    side(page).get_by_label("API key for Anthropic").wait_for()
    page.shot("gear-two-flows")
    page.run_cell(2)
    assert page.save()["cells"][2]["outputs"][0]["data"]["text/plain"] == ["('anthropic', 'local:a-model')"]


def test_a_flow_that_is_made_again_shows_its_new_nodes_and_keeps_what_is_typed(open_in):
    page = open_in([flow_cell("dentist", "ask") + "\ndentist.provider = 'openai'", flow_cell("dentist", "greet")])
    page.run_cell(0)
    open_settings(page)
    key = side(page).get_by_label("API key for OpenAI")
    key.fill("typed, not saved")
    page.run_cell(1)
    side(page).get_by_label("Model for greet").wait_for()
    expect(side(page).get_by_label("Model for ask")).to_have_count(0)
    expect(key).to_have_value("typed, not saved")


def test_a_key_that_is_saved_at_the_side_is_nowhere_else(open_in, frames):
    endpoint = ScriptedServer()
    page = open_in(
        [
            flow_cell("keys", "ask"),
            f"keys.set_base_url('compatible', '{endpoint.base_url}')\nkeys.model = 'compatible:scripted'",
            "print(keys.node('ask').run('Hi').text)",
        ]
    )
    listener = Listener(page.lab.connection_file(page.kernel_id))
    for cell in (0, 1):
        page.run_cell(cell)
    open_settings(page)
    typed = fake_key("compatible")
    key = side(page).get_by_label("API key for OpenAI-compatible endpoint")
    type_into(key, typed)
    side(page).get_by_role("button", name="Save", exact=True).click()
    side(page).get_by_role("button", name="Remove").and_(page.page.locator(":enabled")).wait_for()
    expect(key).to_have_value("")
    page.run_cell(2)
    endpoint.close()
    saved = page.save()
    assert "Hello." in json.dumps(saved["cells"][2]["outputs"])
    assert any(typed in json.dumps(headers) for headers in endpoint.headers), "the key was used"
    assert "widgets" not in saved["metadata"]
    assert "byok-" not in json.dumps(saved)
    places = [
        *files_below(page.lab.base),
        ("iopub of a second client", listener.stop()),
        ("frames received by the page", b"\n".join(frames.received)),
        ("frames sent by the page", b"\n".join(frames.sent)),
        ("console of the page", "\n".join(page.console).encode()),
    ]
    assert any(b'"kind":"save"' in frame for frame in frames.sent)
    assert hits([*places, ("control", typed.encode())], typed) == ["control"]


@pytest.mark.parametrize("ending", ["pass", pytest.param("1 / 0", marks=pytest.mark.slow)], ids=["ends", "fails"])
def test_while_a_cell_runs_it_says_so_and_opens_afterwards(open_in, gear_lab, ending):
    go = gear_lab.root / f"go-{ending[0]}"
    page = open_in([f"{waits_for(go)}\n{ending}"])
    page.start_waiting(0, go)
    page.gear.click()
    said(page, "busy").wait_for()
    go.touch()
    side(page).locator(".byok-panel").wait_for()
    expect(words(page)).to_have_text("", use_inner_text=True)


def test_a_click_before_the_kernel_is_there_waits_for_it(open_in, gear_lab):
    page = open_in(["1 + 1"])
    page.save()
    page.page.evaluate(
        """async (path) => {
          const { commands } = window.jupyterapp;
          await commands.execute("docmanager:open", { path });
          commands.execute("byok-widgets:open-settings");
        }""",
        gear_lab.notebook(["2 + 2"]),
    )
    said(page, "starting").wait_for()
    side(page).locator(".byok-panel").wait_for()


def test_when_the_kernel_restarts_it_comes_back_to_the_same_flow(open_in):
    page = open_in([flow_cell("dentist", "ask"), flow_cell("shop")])
    page.run_all()
    open_settings(page)
    side(page).get_by_label("Flow", exact=True).select_option("dentist")
    side(page).get_by_role("heading", name="Settings · dentist").wait_for()
    page.page.evaluate(f"() => {{ {SESSION}.restartKernel(); }}")
    said(page, "restarted").wait_for()
    side(page).locator(".byok-panel").wait_for()
    expect(title(page)).to_have_text("Settings · dentist")
    expect(side(page).get_by_label("Model for ask")).to_have_count(0)
    page.run_cell(0)
    side(page).get_by_label("Model for ask").wait_for()


def test_a_kernel_without_the_package_is_told_how_to_get_it(open_in):
    page = open_in(["import sys; sys.executable"], kernel="without-package")
    page.gear.click()
    said(page, "not-installed").wait_for()
    expect(words(page).locator("pre")).to_have_text("%pip install byok-widgets", use_inner_text=True)
    assert side(page).evaluate(CUT_OFF) == []
    page.shot("gear-missing")
    words(page).get_by_role("button", name="Try again").click()
    said(page, "opening").or_(said(page, "not-installed")).wait_for()
    page.run_cell(0)
    assert page.save()["cells"][0]["execution_count"] == 1


@pytest.mark.slow
def test_a_kernel_of_another_language_is_said_to_be_one(open_in):
    page = open_in(["1 + 1"], kernel="speaks-r")
    page.gear.click()
    said(page, "other-language").wait_for()
    page.shot("gear-other-language")


def test_without_a_kernel_one_can_be_chosen_and_the_settings_open(open_in):
    page = open_in(["1 + 1"])
    page.page.evaluate(f"() => {SESSION}.shutdown()")
    page.gear.click()
    said(page, "no-kernel").wait_for()
    page.shot("gear-no-kernel")
    words(page).get_by_role("button", name="Choose a kernel").click()
    dialog = page.page.locator(".jp-Dialog")
    dialog.locator("select").select_option(label="Python 3 (ipykernel)")
    dialog.get_by_role("button", name="Select").click()
    side(page).locator(".byok-panel").wait_for()
    page.page.evaluate(f"() => {{ {SESSION}.changeKernel({{ name: 'speaks-r' }}); }}")
    said(page, "other-language").wait_for()
    expect(side(page).locator(".byok-panel")).to_have_count(0)


@pytest.mark.slow
def test_each_notebook_has_a_side_of_its_own_that_ends_with_it(open_in):
    page = open_in([flow_cell("first")])
    page.run_cell(0)
    open_settings(page)
    open_in([flow_cell("second")])
    page.run_cell(0)
    page.command("byok-widgets:open-settings")
    side(page).get_by_role("heading", name="Settings · second").wait_for()
    expect(page.page.locator(".byok-side")).to_have_count(2)
    page.save()
    page.command("application:close")
    page.page.wait_for_function("() => document.querySelectorAll('.byok-side').length === 1")
    page.gear.click()
    expect(title(page)).to_have_text("Settings · first")


def test_the_side_can_be_used_by_everybody(open_in):
    page = open_in([flow_cell("first", "ask") + "\nfirst.provider = 'openai'", flow_cell("second")])
    page.run_all()
    expect(page.gear).to_have_attribute("aria-label", "Settings: API key and models")
    page.gear.focus()
    page.page.keyboard.press("Enter")
    side(page).locator(".byok-panel").wait_for()
    side(page).get_by_label("Flow", exact=True).select_option("first")
    side(page).get_by_label("Model for ask").wait_for()
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        page.theme(theme)
        found = Axe().run(page.page, context=".byok-side")
        assert [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found.response["violations"]] == []
        page.shot(f"gear-{theme.split()[-1].lower()}")
    assert side(page).evaluate("side => side.clientWidth") <= 320, "the side bar is narrow, unless one widens it"
    assert side(page).evaluate(CUT_OFF) == []
    cells = page.page.locator(".jp-Cell").count()
    for place in (side(page).get_by_label("Flow", exact=True), side(page).get_by_label("Provider")):
        place.focus()
        for press in ("d", "d", "b", "Shift+Enter"):
            page.page.keyboard.press(press)
    assert page.page.locator(".jp-Cell").count() == cells
