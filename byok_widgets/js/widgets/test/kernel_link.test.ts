// A view that has lost its kernel says so, takes no more input, and keeps what was typed.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { FakeModel } from "./fake_model";
import { press, render, type Rendered, type as typeInto } from "./render";
import * as states from "./states";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

const rows = (): Record<string, FakeModel<object>> => ({ rows: new FakeModel(states.rows()) });

interface Case {
  view: string;
  make: () => FakeModel<object>;
  field: string;
}

const CASES: Case[] = [
  { view: "chat", make: () => new FakeModel(states.chat()), field: "textarea" },
  { view: "key_field", make: () => new FakeModel(states.keyField()), field: "[data-part=key]" },
  { view: "model_field", make: () => new FakeModel(states.modelField(), rows()), field: "input" },
  {
    view: "node_list",
    make: () => new FakeModel({ nodes: [states.node("1")], models: "IPY_MODEL_rows" }, rows()),
    field: "[data-setting=max_tokens] input",
  },
  { view: "troubleshooting", make: () => new FakeModel({ facts: states.trouble() }), field: "button" },
];

const WAYS: Record<string, (model: FakeModel<object>, view: Rendered) => void> = {
  "is restarted by itself": (model) => model.kernel.become("autorestarting"),
  "is restarted by the person": (model) => model.kernel.become("starting"),
  dies: (model) => model.kernel.become("dead"),
  "is shut down": (model) => {
    model.widget_manager.kernel = null;
    vi.advanceTimersByTime(2000);
  },
  "is another one when the view is used again": (model, view) => {
    model.kernel.id = "kernel-2";
    view.el.dispatchEvent(new FocusEvent("focusin", { bubbles: true }));
  },
  "has closed its end": (model) => {
    model.isGone = true;
    model.tell("comm_live_update");
  },
};

const isUsable = (field: HTMLElement): boolean =>
  !field.closest("[inert]") && !(field as HTMLTextAreaElement).readOnly && !(field as HTMLButtonElement).disabled;

describe.each(CASES)("$view", ({ view: name, make, field }) => {
  it.each(Object.keys(WAYS))("says so when its kernel %s", (way) => {
    const model = make();
    const view = render(name, model);
    const found = view.find<HTMLInputElement>(field);
    if (found.matches("input, textarea")) typeInto(found, "typed");
    expect(isUsable(found)).toBe(true);
    WAYS[way]?.(model, view);
    expect(view.panel.querySelectorAll(".byok-gone-notice")).toHaveLength(1);
    expect(isUsable(found)).toBe(false);
    if (found.matches("input, textarea")) expect(found.value).toBe("typed");
    expect(model.kernel.slots.size).toBe(0);
    view.end();
  });

  it("says nothing while its kernel works", () => {
    const model = make();
    const view = render(name, model);
    for (const status of ["busy", "idle", "unknown"]) model.kernel.become(status);
    model.tell("comm_live_update");
    vi.advanceTimersByTime(60_000);
    expect(view.panel.querySelector(".byok-gone-notice")).toBeNull();
    view.end();
  });
});

it("turns off the whole panel but the code to copy", () => {
  const model = new FakeModel(states.head());
  const view = render("head", model);
  const code = view.panel.appendChild(Object.assign(document.createElement("div"), { className: "code" }));
  code.dataset["byokView"] = "copy_code";
  const field = view.panel.appendChild(document.createElement("div"));
  model.kernel.become("restarting");
  expect(view.find(".byok-notice").hidden).toBe(false);
  expect([view.el.inert, code.inert, field.inert]).toEqual([false, false, true]);
  view.end();
});

describe("where a page sees no kernel", () => {
  let model: FakeModel<object>;
  let view: Rendered;
  const status = (): string | null => view.find(".byok-chat-status").textContent;
  const pings = (): number => model.sent.filter(({ content }) => content["kind"] === "ping").length;

  beforeEach(() => {
    model = new FakeModel(states.chat());
    delete model.widget_manager.kernel;
    view = render("chat", model);
  });
  afterEach(() => {
    view.end();
  });

  it("asks, says after four seconds that no answer has come, and never that the kernel is gone", () => {
    expect(pings()).toBe(1);
    vi.advanceTimersByTime(3000);
    expect(status()).toBe("");
    vi.advanceTimersByTime(3000);
    expect(status()).not.toBe("");
    vi.advanceTimersByTime(600_000);
    expect(view.panel.querySelector(".byok-gone-notice")).toBeNull();
    expect(view.find<HTMLTextAreaElement>("textarea").readOnly).toBe(false);
    expect(pings()).toBeGreaterThan(10);
    model.tell("msg:custom", { kind: "pong" });
    expect(status()).toBe("");
  });

  it("is content while the kernel answers", () => {
    for (let second = 0; second < 60; second += 2) {
      model.tell("msg:custom", { kind: "pong" });
      vi.advanceTimersByTime(2000);
    }
    expect(status()).toBe("");
  });

  it("says so when a message cannot be sent", () => {
    typeInto(view.find("textarea"), "Hi");
    model.isGone = true;
    press(view.find("textarea"), "Enter");
    expect(view.find<HTMLTextAreaElement>("textarea").value).toBe("Hi");
    expect(view.panel.querySelectorAll(".byok-gone-notice")).toHaveLength(1);
  });
});
