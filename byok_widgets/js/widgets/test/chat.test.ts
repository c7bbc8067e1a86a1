// @vitest-environment jsdom
// The chat: what the kernel tells is shown as text, and what the person typed is never lost.

import { expect, it } from "vitest";

import { begin, buttonNamed, clickOn, end, everything, lastSent, log, model, NO_MORE, resized, say, session, tell, text, turn, view } from "./chat_view";
import { FakeModel } from "./fake_model";
import { press, render, type as typeInto } from "./render";
import { chat } from "./states";

it("asks for everything, and shows a turn as it arrives", () => {
  expect(model.sent[0]?.content).toEqual({ kind: "hello" });
  say("Hi");
  expect(model.sent.at(-1)?.content).toEqual({ kind: "say", text: "Hi" });
  begin("Hi");
  tell({ kind: "node", node: "ask", speaks: true });
  tell({ kind: "text", text: "<b>Hel" });
  tell({ kind: "text", text: "lo</b>." });
  expect(view.find(".byok-under-way .byok-flow .byok-words").textContent.trim()).toBe("<b>Hello</b>.");
  expect(view.find(".byok-flow .byok-who").textContent).toBe("ask");
  end(turn(1));
  expect(view.panel.querySelector(".byok-under-way")).toBeNull();
  expect(log().querySelectorAll("[data-turn]")).toHaveLength(1);
  expect(view.panel.querySelector("b")).toBeNull();
});

it("keeps the text in its field until the kernel has begun with it", () => {
  say("Hi");
  press(text(), "Enter");
  expect(model.sent.filter(({ content }) => content["kind"] === "say")).toHaveLength(1);
  expect([text().value, text().readOnly]).toEqual(["Hi", true]);
  begin("Hi");
  expect(text().value).toBe("");
});

it("gives back what was sent when the kernel goes before it has answered", () => {
  say("Hi");
  begin("Hi");
  model.kernel.become("dead");
  expect(text().value).toBe("Hi");
});

it("takes the next message while an answer comes, and gives back before it what failed", () => {
  say("Hi");
  begin("Hi");
  expect(text().readOnly).toBe(false);
  text().value = "And then?";
  press(text(), "Enter");
  expect(model.sent.filter(({ content }) => content["kind"] === "say")).toHaveLength(1);
  const failure = { kind: "connection", problem: "It broke.", ...NO_MORE };
  tell({ kind: "failed", text: "Hi", failure, session });
  expect(text().value).toBe("Hi\nAnd then?");
});

it("puts what the kernel gives back of a refused message in its place", () => {
  say("my key is k-123");
  tell({ kind: "failed", text: "my key is [API key]", failure: { kind: "misplaced_key", problem: "No.", ...NO_MORE } });
  expect(text().value).toBe("my key is [API key]");
  expect(text().readOnly).toBe(false);
});

it("hides what the notebook file keeps of it once the kernel has answered", () => {
  expect(view.find("style").textContent).toContain(".byok-saved-1");
  const lost = render("chat", new FakeModel(chat()));
  expect(lost.find("style").textContent).toBe("");
  lost.end();
});

it("keeps the text when the kernel is gone, and takes no more", () => {
  model.isGone = true;
  say("Hi");
  expect([text().value, text().readOnly]).toEqual(["Hi", true]);
  press(text(), "Enter");
  expect([text().value, text().readOnly]).toEqual(["Hi", true]);
  expect([...view.panel.querySelectorAll("button")].every(({ disabled }) => disabled)).toBe(true);
});

it("tells what the provider wrote from what it means and from what to do", () => {
  const failure = { kind: "auth", problem: "No key.", where: "Node ask.", cause: "It is old.", quote: 'It says: "no"', fix: "Paste it." };
  tell({ kind: "failed", text: "", failure: { ...failure, link: "" }, session });
  const parts = [...view.find("[role=alert]").children].map(({ tagName, textContent }) => [tagName, textContent]);
  expect(parts).toEqual([
    ["STRONG", "No key."],
    ["SMALL", "Node ask."],
    ["DIV", "It is old."],
    ["BLOCKQUOTE", 'It says: "no"'],
    ["DIV", "Paste it."],
  ]);
});

it("offers to say again what failed, and nothing where nothing was said", () => {
  const failure = { kind: "connection", problem: "It broke.", ...NO_MORE };
  tell({ kind: "failed", text: "Hi", failure, session });
  clickOn("Try again");
  expect(lastSent()).toEqual({ kind: "say", text: "Hi" });
  tell({ kind: "failed", text: "", failure, session });
  expect(view.panel.querySelector("[role=alert] button")).toBeNull();
});

it("keeps the last words in sight when the log gets smaller, unless the person has scrolled up", () => {
  const box = { scrollHeight: 900, clientHeight: 400 };
  for (const name of ["scrollHeight", "clientHeight"] as const) {
    Object.defineProperty(log(), name, { get: () => box[name] });
  }
  const scrollTo = (top: number): void => {
    log().scrollTop = top;
    log().dispatchEvent(new Event("scroll"));
  };
  scrollTo(500);
  box.clientHeight = 300;
  resized();
  expect(log().scrollTop).toBe(900);
  scrollTo(100);
  box.clientHeight = 250;
  resized();
  expect(log().scrollTop).toBe(100);
});

it("gives the text back, and leaves the turn that is under way, when a second message is refused", () => {
  begin("Hi");
  tell({ kind: "failed", text: "again", failure: { kind: "busy", problem: "Busy.", ...NO_MORE } });
  expect(text().value).toBe("again");
  expect(view.panel.querySelector(".byok-under-way")).not.toBeNull();
  tell({ kind: "failed", text: "Hi", failure: { kind: "auth", problem: "No.", ...NO_MORE }, session });
  expect(view.panel.querySelector(".byok-under-way")).toBeNull();
  expect(text().value).toBe("Hi\nagain");
});

it("forks from a turn, and says nothing more in a session that has ended", () => {
  end(turn(3), { closed: true });
  expect(view.find<HTMLButtonElement>(".byok-chat-composer button").disabled).toBe(true);
  clickOn("Fork");
  expect(lastSent()).toEqual({ kind: "fork", turn: 3 });
});

it("shows another answer beside the first, and goes on from it", () => {
  end(turn(1));
  clickOn("Regenerate");
  typeInto(view.find<HTMLInputElement>(".byok-turn-form input"), "two:beta");
  press(view.find(".byok-turn-form input"), "Enter");
  expect(lastSent()).toEqual({ kind: "regenerate", turn: 1, model: "two:beta" });
  begin("Hi", 1);
  tell({ kind: "node", node: "ask", speaks: true });
  tell({ kind: "text", text: "Hey." });
  expect(view.panel.querySelectorAll("[data-turn='1'] .byok-answers .byok-flow")).toHaveLength(2);
  const alternative = { instead_of: 1, session: 1, turn: turn(1, { reply: "Hey.", model: "two:beta" }) };
  tell({ kind: "alternative", alternative, sessions: ["First session", "Session 2"] });
  expect(view.panel.querySelector(".byok-under-way")).toBeNull();
  expect(log().querySelectorAll("[data-turn]")).toHaveLength(1);
  expect([...view.panel.querySelectorAll(".byok-answers .byok-words")].map((each) => each.textContent.trim())).toEqual([
    "Hello.",
    "Hey.",
  ]);
  expect([...view.panel.querySelectorAll(".byok-answers .byok-about")].map((each) => each.textContent)).toEqual([
    " · m",
    " · two:beta",
  ]);
  clickOn("Continue with this answer");
  expect(lastSent()).toEqual({ kind: "show", session: 1 });
});

it("says an edited message in a session of its own", () => {
  end(turn(2, { text: "Helo" }));
  clickOn("Edit");
  const field = view.find<HTMLTextAreaElement>(".byok-turn-form textarea");
  expect(field.value).toBe("Helo");
  typeInto(field, "Hello");
  press(field, "Enter");
  expect(lastSent()).toEqual({ kind: "edit", turn: 2, text: "Hello" });
  expect(view.find(".byok-turn-form").hidden).toBe(true);
});

it.each(["Edit", "Regenerate"])("closes %s on Escape and Cancel, and the keyboard is where it was", (name) => {
  end(turn(1));
  for (const way of ["Escape", "Cancel"]) {
    const opener = buttonNamed(name);
    opener.focus();
    opener.click();
    if (way === "Escape") press(view.find(".byok-turn-form > :first-child"), "Escape");
    else clickOn("Cancel");
    expect(view.find(".byok-turn-form").hidden).toBe(true);
    expect(document.activeElement).toBe(opener);
  }
});

it("tells a value that is not in the dialogue, flashes what has changed, and sends a correction", () => {
  const value = { name: "name", value: "Ana", stated: "Ana", status: "ungrounded", about: "check it" } as const;
  const name = { ...value, places: [] };
  tell({ kind: "turn", turn: turn(1), changed: ["name"], graph: null, ...session, variables: [name] });
  const row = view.find("tr[data-name=name]");
  expect(row.dataset["status"]).toBe("ungrounded");
  expect(row.classList.contains("byok-changed")).toBe(true);
  tell({ kind: "turn", turn: turn(2), changed: ["name"], graph: null, ...session, variables: [name] });
  expect(view.panel.querySelector(".byok-changed"), "it was only read once more").toBeNull();
  view.find("tr[data-name=name] button").click();
  typeInto(view.find<HTMLInputElement>("tr[data-name=name] input"), "Anna");
  press(view.find("tr[data-name=name] input"), "Enter");
  expect(lastSent()).toEqual({ kind: "correct", name: "name", value: "Anna" });
});

it("shows where a value was said, and goes to the turn", () => {
  const seen: Element[] = [];
  Element.prototype.scrollIntoView = function (): void {
    seen.push(this);
  };
  const place = { turn: 1, by: "person", before: "I am ", said: "<b>Ana</b>", after: "." } as const;
  const name = { name: "name", value: "Ana", stated: "Ana", status: "found", about: "said", places: [place] } as const;
  tell(everything({ turns: [turn(1, { text: "I am Ana." })] }));
  tell({ kind: "session", changed: [], ...session, variables: [{ ...name, places: [...name.places] }] });
  const where = view.find<HTMLButtonElement>("tr[data-name=name] button[aria-expanded]");
  expect(where.title).toBe("“<b>Ana</b>”");
  expect(view.find(".byok-places").hidden).toBe(true);
  where.click();
  expect(where.getAttribute("aria-expanded")).toBe("true");
  expect(view.find(".byok-places").hidden).toBe(false);
  expect(view.find(".byok-places q").textContent).toBe("I am <b>Ana</b>.");
  expect(view.find(".byok-places mark").textContent).toBe("<b>Ana</b>");
  expect(seen).toEqual([view.find(".byok-turn[data-turn='1']")]);
  expect(view.find(".byok-revealed").dataset["turn"]).toBe("1");
  where.click();
  expect(view.find(".byok-places").hidden).toBe(true);
  tell({ kind: "session", changed: [], ...session, variables: [{ ...name, places: [] }] });
  expect(view.panel.querySelector(".byok-places")).toBeNull();
});

it("says a kept sentence, and keeps and removes one", () => {
  tell(everything({ sentences: ["I am Ana"], turns: [turn(1, { text: "Good day" })] }));
  clickOn("I am Ana");
  expect(lastSent()).toEqual({ kind: "say", text: "I am Ana" });
  clickOn("×");
  expect(lastSent()).toEqual({ kind: "sentence", text: "I am Ana", keep: false });
  clickOn("Save sentence");
  expect(lastSent()).toEqual({ kind: "sentence", text: "Good day", keep: true });
});

it("closes its menu on Escape, and the keyboard is where it was", () => {
  const menu = view.find<HTMLDetailsElement>(".byok-menu");
  menu.open = true;
  buttonNamed("Copy transcript").focus();
  press(buttonNamed("Copy transcript"), "Escape");
  expect(menu.open).toBe(false);
  expect(document.activeElement).toBe(menu.querySelector("summary"));
});

it("closes its menu on a click elsewhere", () => {
  const menu = view.find<HTMLDetailsElement>(".byok-menu");
  menu.open = true;
  buttonNamed("Copy transcript").dispatchEvent(new Event("pointerdown", { bubbles: true, composed: true }));
  expect(menu.open).toBe(true);
  document.body.dispatchEvent(new Event("pointerdown", { bubbles: true }));
  expect(menu.open).toBe(false);
});

it("marks for visitors what only the owner of the page may do", () => {
  const variable = { name: "day", value: "Tue", stated: "Tue", status: "found" as const, about: "", places: [] };
  const isForVisitors = (): boolean => view.el.classList.contains("byok-for-visitors");
  expect(isForVisitors()).toBe(false);
  tell(everything({ visited: true, turns: [turn(1, { readers: ["data"] })], sentences: ["Hi"], variables: [variable] }));
  expect(isForVisitors()).toBe(true);
  const ofOwner = [...view.panel.querySelectorAll(".byok-of-owner")].map(({ textContent }) => textContent);
  expect(ofOwner.sort()).toEqual(["Edit", "Prompt", "Save as case", "Save as case", "Save sentence", "Teach", "×"]);
});

it("explains a turn as a path, with every edge behind it", () => {
  const verdict = { target: "bye", condition: "if name", verdict: "holds", reason: "name is 'Ana'" } as const;
  const steps = [
    { node: "ask", target: "bye", line: "", verdicts: [verdict], reasoning: "<b>He</b> gave it." },
    { node: "bye", target: "", line: "spoke", verdicts: [], reasoning: "" },
  ];
  end(turn(1, { path: ["bye"], steps }));
  expect(view.find(".byok-why-path").textContent).toBe("ask✓ if name →bye");
  expect(view.find(".byok-why tr[data-verdict=holds]").textContent).toContain("name is 'Ana'");
  expect(view.find(".byok-why .byok-thoughts").textContent).toBe("<b>He</b> gave it.");
});

it("folds the reasoning away above the answer, as the text it is, and shows none where there is none", () => {
  end(turn(1, { reasoning: "**First** <i>this</i>:\n$x$" }));
  const folded = view.find<HTMLDetailsElement>(".byok-bubble .byok-reasoning");
  expect([folded.open, folded.querySelector("summary")?.textContent]).toEqual([false, "Reasoning"]);
  expect(folded.querySelector(".byok-thoughts")?.textContent).toBe("**First** <i>this</i>:\n$x$");
  expect(folded.nextElementSibling?.textContent.trim()).toBe("Hello.");
  expect(view.find(".byok-visually-hidden").textContent).not.toContain("First");
  end(turn(2));
  expect(log().querySelectorAll(".byok-reasoning")).toHaveLength(1);
});

it("marks a reply that was cut off, and says why, also where it is another answer", () => {
  const cut = { reply: "Half of", cut_off: true, notices: ["incomplete: it was stopped"] };
  end(turn(1));
  tell({ kind: "alternative", alternative: { instead_of: 1, session: 1, turn: turn(1, cut) }, sessions: ["One", "Two"] });
  end(turn(2, cut));
  const told = [...log().querySelectorAll(".byok-turn")].map(({ textContent }) => textContent.split("[…]").length - 1);
  expect(told).toEqual([1, 1]);
  const marked = [...log().querySelectorAll(".byok-markdown")].map(({ textContent }) => textContent.includes("[…]"));
  expect(marked).toEqual([false, true, true]);
  expect(log().querySelectorAll(".byok-chat-notice")).toHaveLength(2);
});

it("shows what was sent in a turn when it is asked to, as text, and folds it away again", () => {
  end(turn(1));
  const prompt = view.find<HTMLButtonElement>('[aria-label^="Prompt as it was sent"]');
  const shown = view.find(".byok-sent");
  prompt.click();
  expect(lastSent()).toEqual({ kind: "requests", turn: 1 });
  const parts = [{ name: "system", text: "Be <b>brief</b>." }, { name: "user", text: "Hi" }];
  tell({ kind: "requests", turn: 1, requests: [{ title: "ask asked one:alpha", parts }] });
  expect([...shown.querySelectorAll("td")].map(({ textContent }) => textContent)).toEqual(["Be <b>brief</b>.", "Hi"]);
  expect([shown.hidden, prompt.getAttribute("aria-expanded")]).toEqual([false, "true"]);
  prompt.click();
  expect([shown.hidden, prompt.getAttribute("aria-expanded")]).toEqual([true, "false"]);
});

it("has no prompt to show of a turn in which no model was asked", () => {
  end(turn(1, { requests: 0 }));
  expect(view.panel.querySelector('[aria-label^="Prompt as it was sent"]')).toBeNull();
});
