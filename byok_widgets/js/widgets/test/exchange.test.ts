// How a message goes to the kernel: sent, delayed, answered, or not sent because the kernel is gone.

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { exchange, isAnswerTo } from "../src/common/exchange";
import { FakeModel } from "./fake_model";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function start(signal = new AbortController().signal) {
  const model = new FakeModel({});
  const heard: unknown[] = [];
  const request = { kind: "do", id: "1" };
  const begin = (): (() => void) =>
    exchange(
      model.asModel(),
      {
        request,
        answers: (message) => isAnswerTo(request.id, message),
        answered: (answer) => heard.push(answer),
        delays: [
          [10, () => heard.push("late")],
          [20, () => heard.push("lost")],
        ],
        gone: () => heard.push("gone"),
      },
      signal,
    );
  return { model, heard, begin };
}

it("passes on only the answer with the request's id, and only once", () => {
  const { model, heard, begin } = start();
  begin();
  for (const id of ["2", "1", "1"]) model.tell("msg:custom", { kind: "answer", id });
  model.tell("msg:custom", null);
  vi.advanceTimersByTime(100);
  expect(heard).toEqual([{ kind: "answer", id: "1" }]);
  expect(model.sent.map(({ content }) => content)).toEqual([{ kind: "do", id: "1" }]);
});

it("reports each delay, and accepts a late answer", () => {
  const { model, heard, begin } = start();
  begin();
  vi.advanceTimersByTime(15);
  expect(heard).toEqual(["late"]);
  vi.advanceTimersByTime(15);
  model.tell("msg:custom", { kind: "answer", id: "1" });
  expect(heard).toEqual(["late", "lost", { kind: "answer", id: "1" }]);
});

it("reports that the kernel is gone, and then nothing else", () => {
  const { model, heard, begin } = start();
  model.isGone = true;
  begin();
  vi.advanceTimersByTime(100);
  expect(heard).toEqual(["gone"]);
  expect(model.listenerCount).toBe(0);
});

it("ignores messages after it was settled, or after its view was removed", () => {
  const life = new AbortController();
  const { model, heard, begin } = start(life.signal);
  begin()();
  begin();
  life.abort();
  begin();
  model.tell("msg:custom", { kind: "answer", id: "1" });
  vi.advanceTimersByTime(100);
  expect(heard).toEqual([]);
  expect(model.listenerCount).toBe(0);
});
