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
  const spoken = status.firstChild;
  const shown = (): string => status.querySelector("[aria-hidden]")?.textContent ?? "";
  const told = [shown()];
  for (let second = 0; second < 2; second += 1) {
    vi.advanceTimersByTime(1000);
    told.push(shown());
  }
  expect([status.firstChild, spoken?.textContent]).toEqual([spoken, told[0]]); // read out once
  expect(told.map((words) => /\d+/.exec(words)?.[0])).toEqual(["4", "3", "2"]);
  tell({ kind: "text", text: "Hello" });
  vi.advanceTimersByTime(5000);
  expect(status.textContent).not.toMatch(/\d/);
  vi.useRealTimers();
});

it("reads an answer out in words, without the signs of its Markdown", () => {
  begin("Hi");
  tell({ kind: "text", text: "**Good day.** See [our `menu`](https://x.example) " });
  tell({ kind: "text", text: "please. And" });
  expect(view.find("[aria-live=polite]").textContent).toBe("Good day. See our menu please.");
});

it("keeps the keyboard's place where a control cannot be used for a while", () => {
  end(turn(1));
  const [send, stop] = view.panel.querySelectorAll<HTMLButtonElement>(".byok-chat-composer button");
  const fork = [...view.panel.querySelectorAll("button")].find(({ textContent }) => textContent === "Fork");
  send?.focus();
  begin("Hi");
  expect(document.activeElement).toBe(view.find(".byok-chat-composer textarea"));
  end(turn(2));
  stop?.focus();
  begin("Hi");
  stop?.focus();
  tell({ kind: "failed", text: "Hi", failure: { kind: "interrupted", problem: "Stopped.", ...NO_MORE }, session });
  expect(document.activeElement).toBe(view.find(".byok-chat-composer textarea"));
  fork?.focus();
  begin("Hi");
  expect(fork?.disabled).toBe(true);
  fork?.blur(); // as browsers do
  tell({ kind: "failed", text: "Hi", failure: { kind: "interrupted", problem: "Stopped.", ...NO_MORE }, session });
  expect(document.activeElement).toBe(fork);
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
