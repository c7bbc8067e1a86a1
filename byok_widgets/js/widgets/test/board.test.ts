// @vitest-environment jsdom
// The board: it fills as cells end, its rows can be sorted, and a cell can be opened and set against another.

import { afterEach, beforeEach, expect, it } from "vitest";

import { wordDiff } from "../src/board/word_diff";
import type { BoardAll, BoardDetail, BoardMessage, BoardPage, BoardRating, BoardRows, BoardVariant } from "../src/common/messages";
import { FakeModel } from "./fake_model";
import { press, render, type Rendered } from "./render";
import { board } from "./states";

const figure = (value: number | null): BoardVariant["figures"][number] => ({
  words: value === null ? "–" : String(value),
  beside: "",
  value,
});
const variant = (name: string, score: number | null, verdict = ""): BoardVariant => ({
  ...{ name, short: name, verdict, reason: "", figures: [figure(score)] },
});
const progress = (done: number, running = true): BoardAll["progress"] => ({
  ...{ done, total: 6, running, standing: `${done} of 6 cells`, left: "about 3 s left" },
});
const everything: BoardAll = {
  ...{ kind: "all", repeat: 1, visited: false, progress: progress(2) },
  columns: ["one", "two"].map((name) => ({ name, short: name })),
};
const rows: BoardRows = {
  ...{ kind: "rows", columns: ["score"], pictures: [], notes: [], progress: progress(2) },
  variants: [variant("one", 0.5, "baseline"), variant("two", 0.9)],
};
const page = (changes: Partial<BoardPage> = {}): BoardPage => ({
  ...{ kind: "page", order: "run", apart: false, start: 0, chosen: 3, total: 3 },
  cases: [0, 1, 2].map((number) => ({ number, name: `c${number + 1}`, said: `<b>c${number + 1}</b> said` })),
  cells: [
    [0, 0, 1, 1, 0, 0],
    [0, 1, 1, 1, 0, 0],
  ],
  ...changes,
});
const detail = (at: number, answer: string): BoardDetail => ({
  ...{ kind: "cell", case: 1, variant: at, repeat: 1, said: [{ by: "caller", text: "Hi" }], status: "done" },
  ...{ message: "", score: "100.0%", answer, reasoning: "", turns: [], request: [], facts: "free" },
  checks: [{ name: "day", expected: '"Tue"', found: '"Mon"', holds: false }],
});

let model: FakeModel<object>;
let view: Rendered;
const tell = (message: BoardMessage): void => model.tell("msg:custom", message);
const sent = (): Record<string, unknown>[] => model.sent.map(({ content }) => content);
const all = (selector: string): HTMLElement[] => [...view.panel.querySelectorAll<HTMLElement>(selector)];
const cells = (): string[] => all(".byok-board-cell").map(({ textContent }) => textContent);
const names = (): string[] => all(".byok-board-variants tbody th").map(({ textContent }) => textContent);
const named = (text: string): HTMLButtonElement => {
  const found = all("button").find(({ textContent }) => textContent === text);
  if (!found) throw new Error(`There is no button ${text}.`);
  return found as HTMLButtonElement;
};

beforeEach(() => {
  Element.prototype.scrollIntoView = () => undefined; // jsdom has none
  model = new FakeModel(board());
  view = render("board", model);
  for (const message of [everything, page(), rows]) tell(message);
});
afterEach(() => {
  view.end();
  document.body.replaceChildren();
});

it("asks for everything, and fills as cells end", () => {
  expect(sent()).toEqual([{ kind: "hello" }, { kind: "page", order: "run", apart: false, start: 0, count: 100 }]);
  expect(cells()).toEqual(["✓", "✓", "·", "·", "·", "·"]);
  tell({ kind: "cells", cells: [[1, 0, 1, 0, 0, 0], [1, 1, 1, null, 1, 0], [2, 0, 1, 0.5, 0, 0]], progress: progress(5) });
  expect(cells()).toEqual(["✓", "✓", "✗", "!", "50%", "·"]);
  expect(view.find<HTMLProgressElement>("progress").value).toBe(5);
  expect(view.find(".byok-board-standing").textContent).toBe("5 of 6 cells");
  expect(view.panel.querySelector("b")).toBeNull();
});

it("offers Stop while it runs", () => {
  named("Stop").click();
  expect(sent().at(-1)).toEqual({ kind: "stop" });
  tell({ kind: "rows", columns: [], variants: [], notes: ["Stopped."], pictures: [], progress: progress(3, false) });
  expect(named("Stop").hidden).toBe(true);
  expect(view.find(".byok-board-notes").textContent).toBe("Stopped.");
});

it("sorts the rows: the largest first, then the smallest, then as they were", () => {
  const score = named("score");
  const seen = [0, 1, 2].map(() => {
    score.click();
    return [names().join(" "), score.parentElement?.getAttribute("aria-sort")];
  });
  expect(seen).toEqual([["two one", "descending"], ["one two", "ascending"], ["one two", null]]);
});

const cases = (): (string | null)[] => all(".byok-board-case").map(({ textContent }) => textContent);

it("asks the kernel for the cases on which variants disagree, and again when scores have come", () => {
  view.find<HTMLInputElement>("input[type=checkbox]").click();
  const apart = { kind: "page", order: "run", apart: true, start: 0, count: 100 };
  expect(sent().at(-1)).toEqual(apart);
  tell(page({ cases: [] })); // of the view before
  expect(cases()).toEqual(["c1", "c2", "c3"]);
  const [, second] = page().cases;
  tell(page({ apart: true, cases: second ? [second] : [], cells: [[1, 0, 1, 0, 0, 0]], chosen: 1 }));
  expect([cases(), cells()]).toEqual([["c2"], ["✗", "·"]]);
  expect(view.find(".byok-board-cases .byok-note").textContent).toBe("1 of 3");
  tell(rows);
  expect(sent().at(-1)).toEqual(apart);
});

it("asks for more cases, and takes each page once", () => {
  tell(everything);
  tell(page({ chosen: 5, total: 5 }));
  named("Show more cases").click();
  expect(sent().at(-1)).toEqual({ kind: "page", order: "run", apart: false, start: 3, count: 100 });
  const next = page({ start: 3, chosen: 5, total: 5, cells: [], cases: [3, 4].map((number) => ({ number, name: `c${number + 1}`, said: "" })) });
  tell(next);
  tell(next);
  expect(cases()).toEqual(["c1", "c2", "c3", "c4", "c5"]);
  expect(named("Show more cases").hidden).toBe(true);
});

it("offers visitors no Stop", () => {
  tell({ ...everything, visited: true });
  expect(() => named("Stop")).toThrow();
});

it("moves between cells with the arrow keys, through one tab stop", () => {
  const grid = all(".byok-board-cell");
  expect(grid.filter(({ tabIndex }) => tabIndex === 0)).toHaveLength(1);
  grid[0]?.focus();
  for (const key of ["ArrowDown", "ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown"]) press(document.activeElement as HTMLElement, key);
  expect(document.activeElement).toBe(grid[5]);
  expect(grid.filter(({ tabIndex }) => tabIndex === 0)).toEqual([grid[5]]);
});

it("leaves the keyboard where it was when the cases come in another order", () => {
  all(".byok-board-cell")[3]?.focus();
  const order = view.find<HTMLSelectElement>(".byok-board-tools select");
  order.value = "gap";
  order.dispatchEvent(new Event("change"));
  const { cases: given } = page();
  tell(page({ order: "gap", cases: given.reverse() }));
  expect(document.activeElement).toBe(all(".byok-board-cell")[3]);
  expect(all(".byok-board-cell").filter(({ tabIndex }) => tabIndex === 0)).toEqual([document.activeElement]);
});

it("opens a cell, and marks the words in which another one differs", () => {
  all(".byok-board-cell")[2]?.click();
  expect(sent().at(-1)).toEqual({ kind: "cell", case: 1, variant: 0, repeat: 1 });
  tell(detail(0, "See you on <i>Monday</i>."));
  expect(view.find("[data-holds=false]").textContent).toBe('✗ "Mon"');
  const other = view.find<HTMLSelectElement>(".byok-board-detail span:last-of-type select");
  other.value = "1";
  other.dispatchEvent(new Event("change"));
  expect(sent().at(-1)).toEqual({ kind: "cell", case: 1, variant: 1, repeat: 1 });
  tell(detail(1, "See you on Tuesday."));
  expect([view.find("del").textContent, view.find("ins").textContent]).toEqual(["<i>Monday</i>.", "Tuesday."]);
  press(view.find(".byok-board-detail h4"), "Escape");
  expect(view.find(".byok-board-detail").hidden).toBe(true);
  expect(document.activeElement).toBe(all(".byok-board-cell")[2]);
});

it("asks again for an open cell that had not finished", () => {
  all(".byok-board-cell")[2]?.click();
  tell({ ...detail(0, ""), status: "", checks: [] });
  tell({ kind: "cells", cells: [[1, 0, 1, 1, 0, 0]], progress: progress(3) });
  expect(sent().filter(({ kind }) => kind === "cell")).toHaveLength(2);
});

it("says that the kernel is gone, and takes no more clicks", () => {
  model.kernel.become("dead");
  expect(view.find(".byok-gone-notice").textContent).not.toBe("");
  expect(all("button").every((one) => (one as HTMLButtonElement).disabled)).toBe(true);
});

it.each([
  ["a b c", "a x c", ["a ", "b ", "c"], ["a ", "x ", "c"]],
  ["", "new", [], ["new"]],
  ["same", "same", ["same"], ["same"]],
])("tells the words of %j from those of %j", (one, other, left, right) => {
  const [first, second] = wordDiff(one, other) ?? [];
  expect([first?.map(({ text }) => text), second?.map(({ text }) => text)]).toEqual([left, right]);
});

const rated = (changes: Partial<BoardRating> = {}): BoardRating => ({
  ...{ kind: "rating", by: "me", number: 1, left: 2, total: 3, can_undo: false, said: [{ by: "caller", text: "Hi" }] },
  ...{ answer: "<i>Hello</i>", values: [{ name: "day", value: "'Tue'" }], conversation: [], notes: [], problem: "" },
  ...changes,
});
const rating = (): HTMLElement => view.find(".byok-board-rating");

it("rates with the keys 1 to 5, one reply at a time, without what would tell its variant", () => {
  named("Rate by hand").click();
  expect(sent().at(-1)).toMatchObject({ kind: "rate", act: "begin", by: "me" });
  expect(view.panel.querySelector(".byok-rates")).not.toBeNull();
  tell(rated());
  expect(rating().querySelector("h4")?.textContent).toBe("Reply 2 of 3");
  expect(document.activeElement).toBe(rating().querySelector("h4"));
  expect(rating().querySelector("i")).toBeNull();
  press(document.activeElement as HTMLElement, "4");
  press(document.activeElement as HTMLElement, "5");
  const marks = (): unknown[] => sent().filter(({ act }) => act === "mark").map(({ number, mark }) => [number, mark]);
  expect(marks(), "the second key was meant for a reply that is not there yet").toEqual([[1, 4]]);
  tell(rated({ number: 2, left: 1, can_undo: true }));
  press(document.activeElement as HTMLElement, "u");
  expect(sent().at(-1)).toMatchObject({ act: "undo", number: 2 });
  tell(rated({ number: 3 }));
  press(document.activeElement as HTMLElement, "s");
  expect(sent().at(-1)).toMatchObject({ act: "skip", number: 3 });
  tell(rated({ number: 4, left: 0, notes: ["Rated replies: me 1."] }));
  expect(rating().textContent).toContain("Rated replies: me 1.");
  press(document.activeElement as HTMLElement, "3");
  expect(marks()).toHaveLength(1);
  press(document.activeElement as HTMLElement, "Escape");
  expect([rating().hidden, document.activeElement]).toEqual([true, named("Rate by hand")]);
});

it("takes digits in the name as a name, and starts over for another person", () => {
  named("Rate by hand").click();
  tell(rated());
  const by = view.find<HTMLInputElement>(".byok-board-by");
  press(by, "3");
  expect(sent().filter(({ act }) => act === "mark")).toEqual([]);
  by.value = "Ana 2";
  by.dispatchEvent(new Event("change"));
  expect(sent().at(-1)).toMatchObject({ act: "begin", by: "Ana 2" });
  tell(rated({ problem: "The store cannot be used." }));
  expect(view.find("[role=alert]").textContent).toBe("The store cannot be used.");
});

it("marks the first turn that leaves the baseline's way", () => {
  all(".byok-board-cell")[2]?.click();
  const turn = { said: "Hi", reply: "Which day?", path: "ask", learned: "", apart: "" };
  tell({ ...detail(0, ""), turns: [turn, { ...turn, apart: "Here it leaves the way." }] });
  expect(all(".byok-board-apart").map(({ textContent }) => textContent)).toEqual(["Here it leaves the way."]);
});
