// Whether the kernel of a view is still there. A view that has lost it says so and takes no more input; what was typed
// stays where it is.
//
// Each frontend shows it in its own way, and none in all cases: `send` throws; JupyterLab's kernel has signals; after a
// shutdown there is no signal, and only `widget_manager.kernel` has changed. Where a page sees no kernel at all, it
// asks by `ping`. No answer is no proof then, since nothing that a page sends is read while a cell runs.

import type { AnyModel } from "@anywidget/types";

import { make } from "./dom";
import type { Channel } from "./exchange";
import { GONE } from "./texts";
import { type ViewContext, follow, onEnd } from "./view";

const LOOK_EVERY_MS = 2000;
const ASK_EVERY_MS = 20_000;
const UNANSWERED_AFTER_MS = 4000;
const ENDING = ["restarting", "autorestarting", "starting", "dead"];

type Slot = (sender: unknown, status: string) => void;
interface Kernel {
  id: string;
  statusChanged?: { connect: (slot: Slot) => unknown; disconnect: (slot: Slot) => unknown };
}

export interface LinkActs {
  // The kernel is gone for good; told once.
  gone: () => void;
  // Where only asking helps: it has not answered, or has answered after all.
  unanswered?: (isUnanswered: boolean) => void;
}

type LinkedModel = Channel & Pick<AnyModel, "widget_manager">;
type Linked = Omit<ViewContext<object>, "model"> & { model: LinkedModel };

const kernelOf = (model: Pick<AnyModel, "widget_manager">): Kernel | null | undefined =>
  (model.widget_manager as { kernel?: Kernel | null } | undefined)?.kernel;

// Returns `lose`: to be called when a message could not be sent.
export function linkKernel({ model, el, signal }: Linked, { gone, unanswered }: LinkActs): () => void {
  const life = new AbortController();
  const ended = AbortSignal.any([signal, life.signal]);
  const kernel = kernelOf(model);

  function lose(): void {
    if (ended.aborted) return;
    life.abort();
    gone();
  }

  // Whether it could be sent.
  function ping(): boolean {
    try {
      model.send({ kind: "ping" });
      return true;
    } catch {
      lose();
      return false;
    }
  }

  follow(model, "comm_live_update", ping, ended);
  if (kernel) watchKernel(kernel, () => kernelOf(model), el, lose, ended);
  else if (unanswered) askAgainAndAgain(model, ping, unanswered, ended);
  return lose;
}

function watchKernel(
  kernel: Kernel,
  now: () => Kernel | null | undefined,
  el: HTMLElement,
  lose: () => void,
  ended: AbortSignal,
): void {
  const { id, statusChanged } = kernel;
  const onStatus: Slot = (_, status) => {
    if (ENDING.includes(status)) lose();
  };
  const look = (): void => {
    if (now()?.id !== id) lose();
  };
  statusChanged?.connect(onStatus);
  const timer = setInterval(look, LOOK_EVERY_MS);
  el.addEventListener("focusin", look, { signal: ended });
  onEnd(ended, () => {
    statusChanged?.disconnect(onStatus);
    clearInterval(timer);
  });
}

function askAgainAndAgain(
  model: LinkedModel,
  ping: () => boolean,
  unanswered: (isUnanswered: boolean) => void,
  ended: AbortSignal,
): void {
  let heardAt = performance.now();
  let isLate = false;

  function tell(late: boolean): void {
    if (late !== isLate) unanswered(late);
    isLate = late;
  }

  function onMessage(): void {
    heardAt = performance.now();
    tell(false);
  }

  const look = (): void => tell(performance.now() - heardAt > UNANSWERED_AFTER_MS);
  const timers = [setInterval(ping, ASK_EVERY_MS), setInterval(look, LOOK_EVERY_MS / 2)];
  onEnd(ended, () => timers.forEach(clearInterval));
  follow(model, "msg:custom", onMessage, ended);
  ping();
}

// What a view without more to say does: a line above what it shows, and nothing in it can be used any more.
export function linkWithNotice(context: Linked): () => void {
  const { el } = context;
  return linkKernel(context, {
    gone: () => {
      for (const part of el.children) if (part instanceof HTMLElement) part.inert = true;
      el.prepend(goneNotice());
    },
  });
}

export function goneNotice(): HTMLElement {
  return make("p", { className: "byok-notice byok-gone-notice", textContent: GONE, attributes: { role: "status" } });
}

// Nothing can be typed or pressed any more, but all of it can be read and copied.
export function freeze(el: HTMLElement): void {
  for (const field of el.querySelectorAll("textarea")) field.readOnly = true;
  for (const control of el.querySelectorAll<HTMLButtonElement>("button, select, input")) control.disabled = true;
}
