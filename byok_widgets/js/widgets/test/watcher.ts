// Watches what a view leaves behind: listeners on anything on the page, observers, timers and frames.

import { vi } from "vitest";

export interface Watcher {
  // Everything that still exists, in words.
  left: () => string[];
  // How many listeners are there now.
  listeners: () => number;
}

type Target = Pick<EventTarget, "addEventListener" | "removeEventListener">;

export function watch(): Watcher {
  vi.useFakeTimers();
  const live = new Map<string, string>();
  for (const target of [elements(), globalThis]) watchListeners(target, live);
  const observing = watchObservers();
  return {
    left: () => [...live.values(), ...observing(), ...Array<string>(vi.getTimerCount()).fill("timer or frame")],
    listeners: () => live.size,
  };
}

// The prototype from which every element inherits `addEventListener`. The global `EventTarget` is a different one here.
function elements(): Target {
  let prototype = document.body as object;
  while (!Object.hasOwn(prototype, "addEventListener")) prototype = Object.getPrototypeOf(prototype) as object;
  return prototype as Target;
}

const ids = new WeakMap<object, number>();
let lastId = 0;

function idOf(thing: object): number {
  const id = ids.get(thing) ?? (lastId += 1);
  ids.set(thing, id);
  return id;
}

const keyOf = (target: object, type: string, listener: object): string =>
  `${idOf(target)} ${type} ${idOf(listener)}`;

function watchListeners(watched: Target, live: Map<string, string>): void {
  const { addEventListener: add, removeEventListener: remove } = watched;
  vi.spyOn(watched, "addEventListener").mockImplementation(function (this: EventTarget | undefined, ...args) {
    const [type, listener, options] = args;
    const target = this ?? globalThis;
    add.apply(target, args);
    if (!listener || target instanceof AbortSignal) return;
    const key = keyOf(target, type, listener);
    live.set(key, `${type} on ${target.constructor.name}`);
    if (typeof options === "object") options.signal?.addEventListener("abort", () => live.delete(key));
  });
  vi.spyOn(watched, "removeEventListener").mockImplementation(function (this: EventTarget | undefined, ...args) {
    const [type, listener] = args;
    const target = this ?? globalThis;
    remove.apply(target, args);
    if (listener) live.delete(keyOf(target, type, listener));
  });
}

function watchObservers(): () => string[] {
  const observing = new Set<object>();
  class Observer {
    observe(): void {
      observing.add(this);
    }
    disconnect(): void {
      observing.delete(this);
    }
  }
  vi.stubGlobal("ResizeObserver", Observer);
  vi.stubGlobal("MutationObserver", Observer);
  return () => [...observing].map(() => "observer");
}
