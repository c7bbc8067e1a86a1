// Answers as Markdown. What a model writes is formatted, and can neither run, style nor fetch anything: markup in it is
// shown as text, pictures become links, and what is made of the rest passes a sanitiser.

import DOMPurify, { type Config } from "dompurify";
import { Marked, type Token } from "marked";

import { make } from "../common/dom";

const MARKUP = /[&<>"']/g;
const LINE_BREAK = /\r\n?/g;
// The first line of what may become a table: it would be shown as a paragraph for a moment.
const ROW_UNDER_WAY = /(?:^|\n)\|[^\n]*$/;
// A block that is longer is made again only when it has grown by this part: else a long list would cost ever more.
const LONG_CHARS = 4000;
const GROWTH = 1 / 32;
const ALLOWED: Config & { RETURN_DOM_FRAGMENT: true } = {
  ALLOWED_TAGS: [
    ...["a", "blockquote", "br", "code", "del", "em", "hr", "li", "ol", "p", "pre", "strong", "ul"],
    ...["table", "tbody", "td", "th", "thead", "tr"],
  ],
  ALLOWED_ATTR: ["align", "href", "start", "title"],
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};

const escaped = (text: string): string => text.replace(MARKUP, (sign) => `&#${sign.charCodeAt(0)};`);

const marked = new Marked({
  breaks: true,
  gfm: true,
  renderer: {
    html: ({ text }) => escaped(text),
    image: ({ href, text }) => `<a href="${escaped(href)}">${escaped(text || href)}</a>`,
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
    heading({ tokens }) {
      return `<p><strong>${this.parser.parseInline(tokens)}</strong></p>`;
    },
  },
});

function render(tokens: Token[]): DocumentFragment {
  const fragment = DOMPurify.sanitize(marked.parser(tokens), ALLOWED);
  // From the right where its first word is: the signs of a list and the columns of a table then, too.
  for (const block of fragment.children) if (block instanceof HTMLElement && block.localName !== "pre") block.dir = "auto";
  for (const link of fragment.querySelectorAll("a")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer";
  }
  return fragment;
}

// What a screen reader says of an answer or a piece of one, whose signs may come apart.
export const spokenWords = (text: string): string => render(marked.lexer(text)).textContent.replaceAll("**", "").trim();

// An answer that may still be growing. Blocks that are finished stay as they are; only the last one is made again.
// What has been added to a long one since then is shown as plain text, but for the rows of a table.
export class MarkdownText {
  readonly el = make("div", { className: "byok-words byok-markdown" });
  private text = "";
  private finished = 0;
  private drawnChars = 0; // of the block that is open
  private open: ChildNode[] = [];

  append(piece: string): void {
    const added = piece.replace(LINE_BREAK, "\n");
    this.text += added;
    const chars = this.text.length - this.finished;
    if (chars > LONG_CHARS && chars < this.drawnChars * (1 + GROWTH)) this.addPlain(added);
    else this.draw();
  }

  // The whole answer at once: a list whose items came apart is one list again.
  set(text: string): void {
    this.text = text;
    this.finished = 0;
    this.drawnChars = 0;
    this.open = [];
    this.el.replaceChildren(render(marked.lexer(text)));
  }

  private draw(): void {
    const tokens = marked.lexer(this.text.slice(this.finished).replace(ROW_UNDER_WAY, ""));
    const last = tokens.findLastIndex(({ type }) => type !== "space");
    for (const node of this.open) node.remove();
    for (const token of tokens.slice(0, Math.max(last, 0))) {
      this.el.append(render([token]));
      this.finished += token.raw.length;
    }
    const block = last < 0 ? null : render(tokens.slice(last));
    this.open = block ? [...block.childNodes] : [];
    this.el.append(...this.open);
    this.drawnChars = this.text.length - this.finished;
  }

  private addPlain(text: string): void {
    const block = this.el.lastElementChild;
    if (block?.tagName !== "TABLE") (block?.querySelector(":scope > code") ?? block)?.append(text);
  }
}
