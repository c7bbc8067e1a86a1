// One message to the kernel and its outcome: an answer, a delay to report, or a kernel that is gone.

import type { AnyModel } from "@anywidget/types";

export const LATE_AFTER_MS = 1500;

// The part of a model that sends and receives messages.
export type Channel = Pick<AnyModel, "send" | "on" | "off">;

export interface Exchange<Request extends object, Answer extends object> {
  request: Request;
  // Without it, `settle` alone ends the wait: the kernel then answers by a change of state.
  answers?: (message: unknown) => boolean;
  answered?: (answer: Answer) => void;
  // What to do if there is no answer after the given number of milliseconds.
  delays?: readonly (readonly [afterMs: number, act: () => void])[];
  // The kernel is gone; nothing was sent.
  gone: () => void;
}

interface Answered {
  kind: "answer";
  id: string;
}

// Whether a message answers the request with this id.
export function isAnswerTo(id: string, message: unknown): boolean {
  const { kind, id: about } = (message ?? {}) as Partial<Answered>;
  return kind === "answer" && about === id;
}

// Returns `settle`, which ends the wait; anything that arrives later is ignored.
export function exchange<Request extends object, Answer extends object>(
  channel: Channel,
  { request, answers, answered, delays = [], gone }: Exchange<Request, Answer>,
  signal: AbortSignal,
): () => void {
  const timers: ReturnType<typeof setTimeout>[] = [];
  const settle = (): void => {
    timers.forEach(clearTimeout);
    channel.off("msg:custom", onMessage);
    signal.removeEventListener("abort", settle);
  };
  const onMessage = (message: unknown): void => {
    if (!answers?.(message)) return;
    settle();
    answered?.(message as Answer);
  };
  if (signal.aborted) return settle;
  channel.on("msg:custom", onMessage);
  signal.addEventListener("abort", settle);
  for (const [afterMs, act] of delays) timers.push(setTimeout(act, afterMs));
  try {
    channel.send(request);
  } catch {
    settle(); // a model whose kernel is gone throws
    gone();
  }
  return settle;
}
