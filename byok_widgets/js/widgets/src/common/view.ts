// What a view gets. `signal` is aborted when the view is removed: every listener, timer and
// observer is bound to it.

import type { AnyModel } from "@anywidget/types";

export interface ViewContext<State extends object> {
  model: AnyModel<State>;
  el: HTMLElement;
  signal: AbortSignal;
}

export type View<State extends object> = (context: ViewContext<State>) => void;

export function onEnd(signal: AbortSignal, act: () => void): void {
  signal.addEventListener("abort", act, { once: true });
}

const MOST_FRAMES = 600;

// A view is rendered first and inserted into the page later.
export function whenInserted(el: HTMLElement, act: () => void, signal: AbortSignal): void {
  let frame = 0;
  const look = (tries: number): void => {
    if (el.isConnected) act();
    else if (tries) frame = requestAnimationFrame(() => look(tries - 1));
  };
  onEnd(signal, () => cancelAnimationFrame(frame));
  look(MOST_FRAMES);
}

// The part of a model that a view listens to.
export interface Observable {
  on(event: string, callback: () => void): void;
  off(event: string, callback: () => void): void;
}

export function follow(model: Observable, event: string, act: () => void, signal: AbortSignal): void {
  model.on(event, act);
  onEnd(signal, () => model.off(event, act));
}
