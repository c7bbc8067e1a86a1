// A wait before a request is sent again: how long it still is, told each second.

import { make } from "./dom";
import type { Wait } from "./messages";
import type { StatusLine } from "./status_line";
import { onEnd } from "./view";

const SECOND_MS = 1000;

const words = (text: string, left: number): string => (left > 0 ? `${text} Retrying in ${left} s…` : `${text} Retrying…`);

// In a line that is read out: once, and not anew each second. Returns what ends it.
export function countDownIn(status: StatusLine, wait: Wait, signal: AbortSignal): () => void {
  const spoken = make("span", { className: "byok-visually-hidden", textContent: words(wait.text, Math.ceil(wait.seconds)) });
  const shown = make("span", { attributes: { "aria-hidden": "true" } });
  return countDown(
    wait,
    (text) => {
      shown.textContent = text;
      status.keep([spoken, shown]);
    },
    signal,
  );
}

// Returns what ends it.
export function countDown({ text, seconds }: Wait, say: (text: string) => void, signal: AbortSignal): () => void {
  const end = performance.now() + seconds * SECOND_MS;

  function tell(): void {
    const left = Math.ceil((end - performance.now()) / SECOND_MS);
    say(words(text, left));
    if (left <= 0) stop();
  }

  const timer = setInterval(tell, SECOND_MS);
  const stop = (): void => clearInterval(timer);
  onEnd(signal, stop);
  tell();
  return stop;
}
