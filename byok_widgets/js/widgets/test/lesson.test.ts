// @vitest-environment jsdom
// Teaching a node from a turn: correct what it read, keep it, and every step by keyboard and by name.

import { afterEach, beforeEach, expect, it } from "vitest";

import type { ChatLesson, ChatTaught, TurnFacts } from "../src/common/messages";
import { FakeModel } from "./fake_model";
import { press, render, type Rendered, type as typeInto } from "./render";
import { chat } from "./states";

const turn = (readers: string[]): TurnFacts => ({
  ...{ number: 1, text: "Tuesday", node: "ask", reply: "Fine.", reasoning: "", cut_off: false, notices: [] },
  ...{ summary: "moved", model: "m", path: ["data", "ask"], steps: [], requests: 1, readers, took: { spans: [], figures: [] } },
});
const fields = [
  { name: "name", kind: "string", value: "Bob", choices: [] },
  { name: "day", kind: "", value: "", choices: ["Mon", "Tue"] },
];
const lesson: ChatLesson = { kind: "lesson", turn: 1, node: "data", fields, examples: [] };
const examples = [
  { id: "a1", said: "I am <b>Bo</b>", values: "name=Bo" },
  { id: "b2", said: "On Monday", values: "day=Mon" },
];
const taught = (changes: Partial<ChatTaught> = {}): ChatTaught => ({
  ...{ kind: "taught", turn: 1, node: "data", text: "Kept as example 1.", code: "flow.node('data')" },
  ...{ problem: "", field: "" },
  ...changes,
});
let view: Rendered;
let model: FakeModel<object>;
const tell = (message: object): void => model.tell("msg:custom", message);
const openers = (): HTMLButtonElement[] => [...view.panel.querySelectorAll<HTMLButtonElement>("[aria-label^=Teach]")];
const opener = (): HTMLButtonElement => view.find("button[aria-label^=Teach]");
const form = (): HTMLElement => view.find(".byok-lesson");
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- as in `querySelector`
const labelled = <Found extends HTMLElement>(name: string): Found => {
  const label = [...form().querySelectorAll("label")].find(({ textContent }) => textContent.startsWith(name));
  return view.find(`#${label?.htmlFor ?? "missing"}`);
};
const lastSent = (): unknown => model.sent.at(-1)?.content;
const showTurn = (readers: string[]): void => {
  const session = { node: "ask", closed: false, variables: [], totals: "" };
  const rest = { sessions: ["One"], shown: 0, alternatives: [], under_way: null, sentences: [], models: [] };
  tell({ kind: "all", turns: [turn(readers)], graph: { svg: "", colors: {} }, ...rest, ...session });
};

beforeEach(() => {
  Element.prototype.scrollIntoView = () => undefined; // jsdom has none
  model = new FakeModel(chat());
  view = render("chat", model);
  showTurn(["data"]);
});
afterEach(() => {
  view.end();
  document.body.replaceChildren();
});

it("offers it for the nodes that read in the turn alone", () => {
  showTurn([]);
  expect(openers()).toHaveLength(0);
  showTurn(["data", "more"]);
  expect(openers().map(({ textContent }) => textContent)).toEqual(["Teach data", "Teach more"]);
});

it("shows what was read, under labels, and begins in the first field", () => {
  opener().click();
  expect(lastSent()).toEqual({ kind: "lesson", turn: 1, node: "data" });
  tell(lesson);
  expect(opener().getAttribute("aria-expanded")).toBe("true");
  expect(form().getAttribute("role")).toBe("group");
  expect(form().getAttribute("aria-label")).toBe("Teach data from turn 1");
  expect(document.activeElement).toBe(labelled("name"));
  expect(labelled<HTMLInputElement>("name").value).toBe("Bob");
  expect([...labelled<HTMLSelectElement>("day").options].map(({ text }) => text)).toEqual(["not stated", "Mon", "Tue"]);
});

it("sends the corrected values with Enter, and then shows the line to keep", () => {
  tell(lesson);
  typeInto(labelled("name"), "Ana");
  labelled<HTMLSelectElement>("day").value = "Tue";
  press(labelled("name"), "Enter");
  expect(lastSent()).toEqual({ kind: "teach", turn: 1, node: "data", values: { name: "Ana", day: "Tue" } });
  tell(taught());
  expect(form().querySelector("input, select")).toBeNull();
  expect(form().querySelector("[role=status]")?.textContent).toBe("Kept as example 1.");
  expect(form().querySelector("code")?.textContent).toBe("flow.node('data')");
  expect(form().contains(document.activeElement)).toBe(true);
});

it("keeps what was typed when a value does not fit, and goes to its field", () => {
  tell(lesson);
  typeInto(labelled("name"), "Ana");
  tell(taught({ text: "", code: "", problem: "day: expected one of Mon, Tue", field: "day" }));
  expect(labelled<HTMLInputElement>("name").value).toBe("Ana");
  expect(labelled("day").getAttribute("aria-invalid")).toBe("true");
  expect(document.activeElement).toBe(labelled("day"));
  expect(form().querySelector("[role=status]")?.textContent).toContain("expected one of");
});

it.each(["Escape", "Cancel", "the button"])("closes by %s, and the keyboard is where it was", (way) => {
  tell(lesson);
  if (way === "Escape") press(labelled("name"), "Escape");
  else if (way === "Cancel") [...form().querySelectorAll("button")].find(({ textContent }) => textContent === way)?.click();
  else opener().click();
  expect(form().hidden).toBe(true);
  expect(opener().getAttribute("aria-expanded")).toBe("false");
  expect(document.activeElement).toBe(opener());
});

it("lists the examples of the node, and removes one while what was typed stays", () => {
  tell({ ...lesson, examples });
  typeInto(labelled("name"), "Ana");
  const listed = (): string[] => [...form().querySelectorAll(".byok-examples q")].map(({ textContent }) => textContent);
  expect(form().querySelector("summary")?.textContent).toBe("2 examples of data");
  expect(listed()).toEqual(["I am <b>Bo</b>", "On Monday"]);
  form().querySelectorAll<HTMLButtonElement>(".byok-examples button")[1]?.click();
  expect(lastSent()).toEqual({ kind: "forget", turn: 1, node: "data", example: "b2" });
  tell({ kind: "examples", turn: 1, node: "data", examples: examples.slice(0, 1) });
  expect(listed()).toEqual(["I am <b>Bo</b>"]);
  expect(labelled<HTMLInputElement>("name").value).toBe("Ana");
  expect(form().contains(document.activeElement)).toBe(true);
  tell({ kind: "examples", turn: 1, node: "data", examples: [] });
  expect(view.find(".byok-examples").hidden).toBe(true);
});

it("shows every text as text", () => {
  tell({ ...lesson, fields: [{ name: "<b>name</b>", kind: "<i>", value: "<u>", choices: [] }] });
  tell(taught({ text: "", problem: "<s>no</s>" }));
  expect(form().querySelector("b, i, u, s")).toBeNull();
});
