// A wait before a request is sent again: how long it still is, told each second.

import type { Wait } from "./messages";
import { onEnd } from "./view";

const SECOND_MS = 1000;

// Returns what ends it.
export function countDown({ text, seconds }: Wait, say: (text: string) => void, signal: AbortSignal): () => void {
  const end = performance.now() + seconds * SECOND_MS;

  function tell(): void {
    const left = Math.ceil((end - performance.now()) / SECOND_MS);
    say(left > 0 ? `${text} Retrying in ${left} s…` : `${text} Retrying…`);
    if (left <= 0) stop();
  }

  const timer = setInterval(tell, SECOND_MS);
  const stop = (): void => clearInterval(timer);
  onEnd(signal, stop);
  tell();
  return stop;
}
