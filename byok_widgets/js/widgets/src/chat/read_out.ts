// A reply is read out by sentences, as they are finished: a screen reader would stumble over every piece.

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

  // Reads out what is left.
  finish(): void {
    this.speak(this.unread.length);
  }

  clear(): void {
    this.unread = "";
    this.spoken.textContent = "";
  }

  private speak(end: number): void {
    if (!end) return;
    this.spoken.textContent = this.unread.slice(0, end);
    this.unread = this.unread.slice(end);
  }
}
