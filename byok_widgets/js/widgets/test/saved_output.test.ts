// The output that keeps the conversation: a page whose notebook does not follow it any more writes it by itself.

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { SavedOutput } from "../src/common/saved_output";

const html = (mark: string): string => `<div class="byok-saved-1 ${mark}"><p>Hi</p></div>`;
let ask: ReturnType<typeof vi.fn<() => void>>;
let life: AbortController;

beforeEach(() => {
  vi.useFakeTimers();
  ask = vi.fn<() => void>();
  life = new AbortController();
});
afterEach(() => {
  vi.useRealTimers();
});

function outputsOf(mark: string): { length: number; get: (at: number) => object; set: ReturnType<typeof vi.fn> } {
  const data = [{}, { "text/html": html(mark) }];
  return { length: 2, get: (at) => ({ data: data[at] }), set: vi.fn() };
}

const saved = (cells: object[]): SavedOutput => {
  const manager = { context: { model: { cells } } };
  return new SavedOutput({ widget_manager: manager } as never, "byok-saved-1", ask, life.signal);
};

it("leaves an output alone that has arrived", () => {
  saved([{}, { outputs: outputsOf("byok-saved-1-2") }]).expect("byok-saved-1-2");
  vi.runAllTimers();
  expect(ask).not.toHaveBeenCalled();
});

it("asks for one that has not, and writes it where it stands", () => {
  const outputs = outputsOf("byok-saved-1-1");
  const output = saved([{ outputs }]);
  output.expect("byok-saved-1-2");
  vi.runAllTimers();
  expect(ask).toHaveBeenCalledOnce();
  const data = { "text/plain": "Hi", "text/html": html("byok-saved-1-2") };
  output.write(data);
  expect(outputs.set).toHaveBeenCalledWith(1, { output_type: "display_data", data, metadata: {} });
});

it.each([
  ["where no cell has it", [{ outputs: { ...outputsOf("x"), get: () => ({}) } }]],
  ["where the frontend has no notebook", []],
])("does nothing %s", (_, cells) => {
  const output = saved(cells);
  output.expect("byok-saved-1-2");
  output.write({ "text/html": html("byok-saved-1-2") });
  vi.runAllTimers();
  expect(ask).not.toHaveBeenCalled();
});

it("ends with its view", () => {
  saved([{ outputs: outputsOf("byok-saved-1-1") }]).expect("byok-saved-1-2");
  life.abort();
  vi.runAllTimers();
  expect(ask).not.toHaveBeenCalled();
});
