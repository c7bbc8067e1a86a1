// @vitest-environment jsdom
// What the chat shows while a turn is under way.

import { expect, it, vi } from "vitest";

import { begin, end, everything, log, NO_MORE, session, tell, turn, view } from "./chat_view";

it("says that no answer has come until one comes, and takes back nothing that was said since", () => {
  vi.useFakeTimers();
  const status = view.find(".byok-chat-status");
  const isUnanswered = (): boolean => status.textContent.includes("kernel");
  const copied = (): void => tell({ kind: "copy", form: "transcript", text: "Hi" });
  const askToCopy = (): void => view.find<HTMLButtonElement>(".byok-menu button").click();
  askToCopy();
  vi.advanceTimersByTime(5000);
  expect(isUnanswered()).toBe(true);
  copied();
  expect(isUnanswered()).toBe(false);
  askToCopy();
  vi.advanceTimersByTime(5000);
  expect(isUnanswered()).toBe(true);
  begin("Hi");
  tell({ kind: "node", node: "n", speaks: true });
  copied();
  expect(status.textContent).toBe("n is responding…");
  vi.useRealTimers();
});

it("counts down a wait, until the reply comes", () => {
  vi.useFakeTimers();
  begin("Hi");
  tell({ kind: "wait", text: "Busy.", seconds: 3.5 });
  const status = view.find(".byok-chat-status");
  const told = [status.textContent];
  for (let second = 0; second < 2; second += 1) {
    vi.advanceTimersByTime(1000);
    told.push(status.textContent);
  }
  expect(told.map((words) => /\d+/.exec(words)?.[0])).toEqual(["4", "3", "2"]);
  tell({ kind: "text", text: "Hello" });
  vi.advanceTimersByTime(5000);
  expect(status.textContent).not.toMatch(/\d/);
  vi.useRealTimers();
});

it("says of a node that is silent that it works, and of one that speaks that it responds", () => {
  begin("Hi");
  const told = [false, true].map((speaks) => {
    tell({ kind: "node", node: "n", speaks });
    return view.find(".byok-chat-status").textContent;
  });
  expect(told).toEqual(["n is working…", "n is responding…"]);
});

it("counts how long a model thinks, tells when nothing is heard, and reads no seconds out", () => {
  vi.useFakeTimers();
  const status = view.find(".byok-chat-status");
  begin("Hi");
  tell({ kind: "node", node: "ask", speaks: true });
  tell({ kind: "thinking", text: "Thinking…", seconds: 0 });
  expect(status.textContent).toBe("ask is responding…");
  vi.advanceTimersByTime(3000);
  expect(status.textContent).toBe("Thinking… 3 s");
  expect(status.querySelector("[aria-hidden]")?.textContent).toBe(" 3 s");
  const words = status.firstChild;
  tell({ kind: "thinking", text: "Thinking…", seconds: 4 });
  expect(status.textContent).toBe("Thinking… 4 s");
  tell({ kind: "copy", form: "case", text: "" });
  vi.advanceTimersByTime(25_000);
  expect(status.textContent).toBe("Thinking… 29 s (no sign of life for 25 s)");
  expect(status.firstChild).toBe(words);
  tell({ kind: "text", text: "Hello" });
  vi.advanceTimersByTime(5000);
  expect(status.textContent).toBe("ask is responding…");
  vi.useRealTimers();
});

it("shows a view that comes late how long the model has been thinking", () => {
  const thinking = { text: "Thinking…", seconds: 12 };
  tell(everything({ under_way: { text: "Hi", node: "ask", speaks: true, reply: "", thinking, instead_of: null } }));
  expect(view.find(".byok-chat-status").textContent).toBe("Thinking… 12 s");
  end(turn(1));
  expect(view.find(".byok-chat-status").textContent).toBe("");
});

it("removes text that turns out to have been thinking, and shows what follows", () => {
  begin("Hi");
  tell({ kind: "node", node: "ask", speaks: true });
  tell({ kind: "text", text: "They greet me. Hm" });
  tell({ kind: "retract" });
  expect(log().textContent).not.toContain("greet");
  expect(view.find("[aria-live=polite]").textContent).toBe("");
  expect(view.find(".byok-under-way .byok-typing")).toBeTruthy();
  tell({ kind: "text", text: "Hello." });
  expect(view.find(".byok-under-way .byok-flow .byok-words").textContent.trim()).toBe("Hello.");
  expect(view.panel.querySelectorAll(".byok-under-way .byok-flow")).toHaveLength(1);
  tell({ kind: "retract" });
  end(turn(1));
  expect(view.panel.querySelector(".byok-under-way")).toBeNull();
});

it("folds away what a model had thought before it came to nothing", () => {
  const failure = { kind: "interrupted", problem: "Stopped.", ...NO_MORE };
  tell({ kind: "failed", text: "Hi", failure, session, reasoning: "**First** <i>this</i>" });
  const folded = view.find<HTMLDetailsElement>("[role=alert] .byok-reasoning");
  expect(folded.open).toBe(false);
  expect(folded.querySelector(".byok-thoughts")?.textContent).toBe("**First** <i>this</i>");
  tell({ kind: "failed", text: "Hi", failure, session });
  expect(view.panel.querySelector("[role=alert] .byok-reasoning")).toBeNull();
});

it("shows where the answer will appear, and formats it as it grows", () => {
  begin("Hi");
  expect(view.find(".byok-under-way .byok-typing")).toBeTruthy();
  tell({ kind: "node", node: "ask", speaks: true });
  tell({ kind: "text", text: "**Hel" });
  expect(view.panel.querySelector(".byok-typing")).toBeNull();
  tell({ kind: "text", text: "lo**\n\n- one\n- two" });
  expect(view.find(".byok-under-way strong").textContent).toBe("Hello");
  expect(view.panel.querySelectorAll(".byok-under-way li")).toHaveLength(2);
});
