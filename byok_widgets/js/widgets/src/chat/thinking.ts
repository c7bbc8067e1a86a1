// A model at work that has written nothing yet: for how long, and whether its server still sends anything.

import { make } from "../common/dom";
import type { WorkFacts } from "../common/messages";
import type { StatusLine } from "../common/status_line";
import { onEnd } from "../common/view";

const SECOND_MS = 1000;
const SHOWN_AFTER_S = 2;
const SILENCE_S = 20;

export class ThinkingTime {
  private timer: ReturnType<typeof setInterval> | undefined;
  private began = 0;
  private lastSign = 0;
  private words = document.createTextNode("");
  // What changes each second is not read out.
  private readonly seconds = make("span", { attributes: { "aria-hidden": "true" } });

  // `target` is where it is shown.
  constructor(
    private readonly target: StatusLine,
    signal: AbortSignal,
  ) {
    onEnd(signal, () => this.stop());
  }

  show({ text, seconds }: WorkFacts): void {
    this.lastSign = performance.now();
    this.began = this.lastSign - seconds * SECOND_MS;
    if (text !== this.words.data) this.words = document.createTextNode(text);
    this.timer ??= setInterval(() => this.tell(), SECOND_MS);
    this.tell();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private tell(): void {
    const now = performance.now();
    const [seconds, silent] = [this.began, this.lastSign].map((since) => Math.round((now - since) / SECOND_MS)) as [number, number];
    if (seconds < SHOWN_AFTER_S) return;
    const silence = silent < SILENCE_S ? "" : ` (no sign of life for ${silent} s)`;
    this.seconds.textContent = ` ${seconds} s${silence}`;
    this.target.keep([this.words, this.seconds]);
  }
}
