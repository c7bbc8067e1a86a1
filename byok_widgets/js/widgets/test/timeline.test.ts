// @vitest-environment jsdom
// What each turn took: the same bars and figures beside a live conversation as in a saved one.

import { expect, it } from "vitest";

import { end, everything, tell, turn, view } from "./chat_view";

const took = (...seconds: number[]) => ({
  spans: seconds.map((each, at) => ({ node: `n${at}`, name: at ? "judge" : "ask", is_judge: at > 0, seconds: each })),
  figures: ["0.10 s", "0.50", "7", "3", "free"],
});
const place = (): HTMLElement => view.find(".byok-timeline");
const widths = (): string[] => [...place().querySelectorAll<HTMLElement>(".byok-bar i")].map(({ style }) => style.width);

it("stands beside the conversation once something was said", () => {
  expect(place().hidden).toBe(true);
  end(turn(1, { took: took(0.5, 0.25) }));
  expect(place().hidden).toBe(false);
  const cells = [...place().querySelectorAll("tbody tr > *")].map(({ textContent }) => textContent);
  expect(cells).toEqual(["1", "ask 0.50\u00a0s → judge 0.25\u00a0s", "0.10 s", "0.50", "7", "3", "free"]);
});

it("draws the longest turn over the whole width, and the others beside it to scale", () => {
  tell(everything({ turns: [turn(1, { took: took(0.5, 0.5) }), turn(2, { took: took(0.25) })] }));
  expect(widths()).toEqual(["50%", "50%", "25%"]);
  expect(place().querySelectorAll(".byok-judge")).toHaveLength(1);
});

it("draws no part of a turn in which nothing took time", () => {
  tell(everything({ turns: [turn(1, { took: took(0) })] }));
  expect(widths()).toEqual(["0%"]);
});

it("is no longer there in a session that has just begun", () => {
  end(turn(1, { took: took(0.5) }));
  tell(everything());
  expect(place().hidden).toBe(true);
});
