// The model field: searched in the browser, chosen with one message; a key is never sent.

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { indexed, matching } from "../src/model_field/search";
import { FakeModel } from "./fake_model";
import { press, render, settled, type Rendered, type as typeInto } from "./render";
import { modelField, rows } from "./states";

let view: Rendered;
let model: FakeModel<ReturnType<typeof modelField>>;
const input = (): HTMLInputElement => view.find("input");
const shown = (): (string | null)[] => [...view.panel.querySelectorAll(".byok-model-id")].map((el) => el.textContent);

beforeEach(async () => {
  vi.stubGlobal("ResizeObserver", class {
    observe = vi.fn();
    disconnect = vi.fn();
  });
  model = new FakeModel(modelField(), { rows: new FakeModel(rows()) });
  view = render("model_field", model);
  await settled();
});
afterEach(() => {
  view.end();
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

it("lists the models by vendor, and picks one with the keyboard", () => {
  press(input(), "ArrowDown");
  expect(shown()).toEqual(["maker/alpha-5.5", "maker/gamma", "other/beta"]);
  expect(input().getAttribute("aria-expanded")).toBe("true");
  press(input(), "ArrowDown");
  press(input(), "ArrowDown");
  press(input(), "Enter");
  expect(model.sent.map(({ content }) => content)).toMatchObject([{ kind: "choose", value: "maker/gamma" }]);
  expect(input().getAttribute("aria-expanded")).toBe("false");
});

it("never sends what looks like a key", () => {
  typeInto(input(), "secret-1");
  press(input(), "Enter");
  expect(model.sent).toEqual([]);
  expect(input().value).toBe("");
  expect(view.find("[role=alert]").hidden).toBe(false);
});

it("keeps what is typed while the kernel sends a value, and takes the kernel's value afterwards", () => {
  typeInto(input(), "my own");
  model.change({ value: "maker/gamma" });
  expect(input().value).toBe("my own");
  press(input(), "Enter");
  model.change({ value: "my own model" });
  model.answer({ outcome: "taken" });
  expect(input().value).toBe("my own model");
});

it("restores the current value on Escape", () => {
  model.change({ value: "maker/gamma" });
  typeInto(input(), "x");
  press(input(), "Escape");
  press(input(), "Escape");
  expect(input().value).toBe("maker/gamma");
  expect(model.sent).toEqual([]);
});

it("finds words in any order, and treats dots as dashes", () => {
  const entries = indexed(rows().rows);
  const found = (query: string): string[] => matching(entries, query).map(({ row }) => row[0]);
  expect(found("5-5 maker")).toEqual(["maker/alpha-5.5"]);
  expect(found("ALPHA")).toEqual(["maker/alpha-5.5"]);
  expect(found("nothing")).toEqual([]);
  expect(found("")).toHaveLength(3);
});
