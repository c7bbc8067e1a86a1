// Nothing outlives a view: no listener, timer, frame or observer, whatever it was doing.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { FakeModel } from "./fake_model";
import { press, render, settled, type Rendered, type as typeInto } from "./render";
import * as states from "./states";
import { type Watcher, watch } from "./watcher";

let watcher: Watcher;

beforeEach(() => {
  watcher = watch();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  document.body.replaceChildren();
});

const rowsModel = (): FakeModel<object> => new FakeModel(states.rows());

interface Case {
  view: string;
  model: () => FakeModel<object>;
  act: (view: Rendered, model: FakeModel<object>) => void;
}

const CASES: Case[] = [
  { view: "board", model: () => new FakeModel(states.board()), act: ({ find }) => find("button").click() },
  { view: "head", model: () => new FakeModel(states.head()), act: () => undefined },
  {
    view: "copy_code",
    model: () => new FakeModel({ code: "a\nb" }),
    act: ({ find }) => find("button").click(),
  },
  {
    view: "key_field",
    model: () => new FakeModel(states.keyField()),
    act: ({ find }) => find("[data-part=check]").click(),
  },
  {
    view: "model_field",
    model: () => new FakeModel(states.modelField(), { rows: rowsModel() }),
    act: ({ find }) => {
      const input = find<HTMLInputElement>("input");
      press(input, "ArrowDown");
      typeInto(input, "alpha");
      press(input, "Enter");
      press(input, "ArrowDown");
      typeInto(input, "be");
    },
  },
  {
    view: "node_list",
    model: () =>
      new FakeModel({ nodes: [states.node("1"), states.node("2")], models: "IPY_MODEL_rows" }, { rows: rowsModel() }),
    act: ({ find }) => {
      typeInto(find("[data-setting=max_tokens] input"), "7");
      press(find("[data-setting=max_tokens] input"), "Enter");
    },
  },
  {
    view: "troubleshooting",
    model: () => new FakeModel({ facts: states.trouble() }),
    act: ({ find }, model) => {
      find("button").click();
      model.answer({ text: "", focus: { field: "model" } }); // which is not there: it is looked for
      find("button").click();
    },
  },
  {
    view: "chat",
    model: () => new FakeModel(states.chat()),
    act: ({ find }) => {
      typeInto(find("textarea"), "Hello");
      press(find("textarea"), "Enter");
    },
  },
];

describe.each(CASES)("$view", ({ view, model: make, act }) => {
  it("leaves nothing behind", async () => {
    const model = make();
    const rendered = render(view, model);
    await settled();
    act(rendered, model);
    await settled();
    expect(watcher.left().length).toBeGreaterThan(0);
    expect(model.listenerCount).toBeGreaterThan(0);
    rendered.end();
    await settled();
    expect(watcher.left()).toEqual([]);
    expect(model.listenerCount).toBe(0);
  });

  it("leaves nothing behind when it is removed before it is complete", async () => {
    const model = make();
    render(view, model).end();
    await settled();
    expect(watcher.left()).toEqual([]);
    expect(model.listenerCount).toBe(0);
  });
});

it("adds no listener with each message", async () => {
  const rowModel = rowsModel();
  const state = { nodes: [states.node("1")], models: "IPY_MODEL_rows" };
  const model = new FakeModel(state, { rows: rowModel });
  const { find, end } = render("node_list", model);
  await settled();
  const counts = [];
  for (const value of ["1", "2", "3", "4"]) {
    typeInto(find("[data-setting=max_tokens] input"), value);
    press(find("[data-setting=max_tokens] input"), "Enter");
    model.answer({ outcome: "taken", text: "Set." });
    counts.push(watcher.listeners() + model.listenerCount);
  }
  expect(new Set(counts).size).toBe(1);
  end();
});

it("cleans up after a node that is removed", async () => {
  const rowModel = rowsModel();
  const model = new FakeModel({ nodes: [states.node("1")], models: "IPY_MODEL_rows" }, { rows: rowModel });
  const { end } = render("node_list", model);
  await settled();
  const before = watcher.listeners();
  model.change({ nodes: [states.node("1"), states.node("2")] });
  await settled();
  expect(watcher.listeners()).toBeGreaterThan(before);
  model.change({ nodes: [states.node("1")] });
  await settled();
  expect(watcher.listeners()).toBe(before);
  expect(rowModel.listenerCount).toBe(1);
  end();
  expect(rowModel.listenerCount).toBe(0);
});
