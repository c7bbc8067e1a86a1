// @vitest-environment jsdom
// The drawing beside the chat: where the flow is, and how it came there.

import { expect, it } from "vitest";

import { begin, everything, resized, tell, turn, view } from "./chat_view";

it("lights the active node of the drawing, and traces the last turn", () => {
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg"><g data-node="ask"><rect/></g><g data-node="bye"><rect/></g>' +
    '<g data-source="ask" data-target="bye"><path d="M0 0"/></g></svg>';
  const steps = [{ node: "ask", target: "bye", line: "", verdicts: [], reasoning: "" }];
  tell(everything({ graph: { svg, colors: { ask: "#123456" } }, turns: [turn(1, { path: ["bye"], steps })], node: "bye" }));
  expect(view.find("[data-node=bye]").classList.contains("byok-active")).toBe(true);
  expect(view.find("[data-node=ask]").classList.contains("byok-active")).toBe(false);
  expect(view.find("[data-source=ask]").classList.contains("byok-path")).toBe(true);
  begin("Hi", 1);
  tell({ kind: "node", node: "ask", speaks: true });
  expect(view.find("[data-node=ask]").classList.contains("byok-active")).toBe(true);
  tell({ kind: "alternative", alternative: { instead_of: 1, session: 1, turn: turn(1) }, sessions: ["One", "Two"] });
  expect(view.find("[data-node=bye]").classList.contains("byok-active")).toBe(true);
});

it("keeps the active node in sight when the drawing's frame changes, unless the person has scrolled away", () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"><g data-node="ask"><rect/></g><g data-node="bye"><rect/></g></svg>';
  tell(everything({ graph: { svg, colors: {} }, turns: [turn(1)], node: "bye" }));
  const canvas = view.find(".byok-graph-canvas");
  let height = 300;
  canvas.getBoundingClientRect = () => new DOMRect(0, 0, 200, height);
  view.find("[data-node=bye]").getBoundingClientRect = () => new DOMRect(0, 250 - canvas.scrollTop, 100, 40);
  height = 200;
  resized();
  expect(canvas.scrollTop).toBe(170);
  canvas.scrollTop = 0;
  canvas.dispatchEvent(new Event("scroll"));
  height = 100;
  resized();
  expect(canvas.scrollTop).toBe(0);
});

it("follows the active node where the frame has scrolled by itself, since it has another size", () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"><g data-node="ask"><rect/></g><g data-node="bye"><rect/></g></svg>';
  tell(everything({ graph: { svg, colors: {} }, turns: [turn(1)], node: "bye" }));
  const canvas = view.find(".byok-graph-canvas");
  let height = 300;
  Object.defineProperty(canvas, "clientHeight", { get: () => height });
  canvas.getBoundingClientRect = () => new DOMRect(0, 0, 200, height);
  view.find("[data-node=bye]").getBoundingClientRect = () => new DOMRect(0, 250 - canvas.scrollTop, 100, 40);
  resized();
  height = 100;
  canvas.scrollTop = 0;
  canvas.dispatchEvent(new Event("scroll"));
  resized();
  expect(canvas.scrollTop).toBe(220);
});
