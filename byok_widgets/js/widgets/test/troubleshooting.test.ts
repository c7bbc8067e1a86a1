// Troubleshooting moves the focus by data attributes: labels may have any text.

import { afterEach, expect, it } from "vitest";

import { FakeModel } from "./fake_model";
import { render, type Rendered } from "./render";
import { trouble } from "./states";

let view: Rendered;

function open(facts = trouble()): FakeModel<object> {
  // Nothing is laid out here; without this, no field would be visible.
  Object.defineProperty(HTMLElement.prototype, "offsetParent", { configurable: true, get: () => document.body });
  const model = new FakeModel({ facts });
  view = render("troubleshooting", model);
  return model;
}

afterEach(() => {
  view.end();
  document.body.replaceChildren();
});

const FIELDS = `
  <div data-byok-view="key_field"><label>Schlüssel<input id="key"></label></div>
  <div class="byok-address"><label>Adresse<input id="address"></label></div>
  <div data-byok-view="model_field"><input id="model"></div>
  <details data-node="other"><summary></summary><div data-part="model"><input></div></details>
  <details data-node="ask"><summary></summary><div data-part="model"><input id="node"></div></details>`;

it.each(["key", "address", "model", "node"] as const)("moves to the field %s", (field) => {
  const model = open();
  view.panel.insertAdjacentHTML("beforeend", FIELDS);
  view.find("[data-byok-view=troubleshooting] button").click();
  model.answer({ text: "Done.", focus: { field, name: "ask" } });
  expect(document.activeElement?.id).toBe(field);
  expect(view.find("[role=status]").textContent).toBe("Done.");
});

it("solves a problem by a click, and keeps the focus", () => {
  const facts = { kind: "k", level: "error" as const, fix: "", by: "", argument: "", code: "", dots: false };
  const finding = (id: string, button: string) => ({ ...facts, id, problem: "<i>It</i>", button });
  const model = open(trouble({ findings: [finding("f1", "Solve it"), finding("f2", "And this")] }));
  expect(view.panel.querySelector("i")).toBeNull();
  view.find("[data-id=f2] button").focus();
  view.find("[data-id=f1] button").click();
  expect(model.sent.at(-1)?.content).toMatchObject({ kind: "apply_fix", finding: "f1" });
  model.change({ facts: trouble({ findings: [finding("f2", "And this")] }) });
  expect(document.activeElement).toBe(view.find("[data-id=f2] button"));
});
