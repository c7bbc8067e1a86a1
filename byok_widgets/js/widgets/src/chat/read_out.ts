// A reply is announced sentence by sentence, as each is finished: single pieces would make a screen reader stutter.

import { spokenWords } from "./markdown";

const SENTENCE_END = /[.!?…:]["”')\]]*\s|\n/g;

export class ReadOut {
  private unread = "";

  constructor(private readonly spoken: HTMLElement) {}

  add(text: string): void {
    this.unread += text;
    let end = 0;
    for (const found of this.unread.matchAll(SENTENCE_END)) end = found.index + found[0].length;
    this.speak(end);
  }

  // Announces the rest.
  finish(): void {
    this.speak(this.unread.length);
  }

  clear(): void {
    this.unread = "";
    this.spoken.textContent = "";
  }

  private speak(end: number): void {
    if (!end) return;
    this.spoken.textContent = spokenWords(this.unread.slice(0, end));
    this.unread = this.unread.slice(end);
  }
}
