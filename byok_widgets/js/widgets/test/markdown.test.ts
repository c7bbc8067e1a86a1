// @vitest-environment jsdom
// Markdown in answers: formatted, inert, and the same whether it came at once or in pieces.

import { expect, it } from "vitest";

import { MarkdownText } from "../src/chat/markdown";

const shown = (text: string): HTMLElement => {
  const content = new MarkdownText();
  content.set(text);
  return content.el;
};
const inPieces = (text: string, length: number): MarkdownText => {
  const content = new MarkdownText();
  for (let at = 0; at < text.length; at += length) content.append(text.slice(at, at + length));
  return content;
};
const LONG = [
  "First paragraph with **bold**, *emphasis* and `code`.",
  "- one\n- two\n  - inner",
  "```python\nprint('**not bold**')\n```",
  "| a | b |\n|---|---|\n| 1 | 2 |",
  "> a quotation\n\nLast words, for $5 and $6.",
].join("\n\n");

it("formats what people write in chats", () => {
  const { innerHTML } = shown(LONG);
  for (const tag of ["strong", "em", "code", "ul", "li", "pre", "table", "td", "blockquote"]) {
    expect(innerHTML).toContain(`<${tag}`);
  }
  expect(shown("# Heading").querySelector("p > strong")?.textContent).toBe("Heading");
  expect(shown("one\ntwo").querySelector("br")).not.toBeNull();
});

it.each([1, 3, 7, 40])("shows the same when it came in pieces of %i", (length) => {
  const content = inPieces(LONG, length);
  expect(content.el.textContent.replace(/\s+/g, " ").trim()).toBe(shown(LONG).textContent.replace(/\s+/g, " ").trim());
  expect(content.el.querySelectorAll("table, pre, ul, blockquote").length).toBe(
    shown(LONG).querySelectorAll("table, pre, ul, blockquote").length,
  );
});

it("leaves finished blocks as they are while the answer grows", () => {
  const content = new MarkdownText();
  content.append("Finished.\n\nGrow");
  const first = content.el.firstElementChild;
  content.append("ing.\n\nAnd more.");
  expect(content.el.firstElementChild).toBe(first);
  expect(content.el.querySelectorAll("p")).toHaveLength(3);
});

const ITEM = "- an item of **many** that a list has\n";
const LINE = "value = compute(1)\n";
const ROW = "| a | **b** |\n";

it.each([
  ["list", "", ITEM, "li"],
  ["block of code", "```python\n", LINE, "code"],
  ["paragraph", "", "many words ", "p"],
  ["table", "| one | two |\n|---|---|\n", ROW, "td"],
])("makes a long %s again the less often the longer it is", (_, begin, piece, tag) => {
  const content = new MarkdownText();
  const many = Math.ceil(4500 / piece.length);
  content.append(begin + piece.repeat(many));
  const made = new Set<Element | null>();
  const more = Math.ceil(1000 / piece.length);
  for (let count = 0; count < more; count++) {
    content.append(piece);
    made.add(content.el.querySelector(tag));
  }
  expect(made.size).toBeGreaterThan(2);
  expect(made.size).toBeLessThan(10);
  const all = begin + piece.repeat(many + more);
  content.set(all);
  expect(content.el.innerHTML).toBe(shown(all).innerHTML);
});

it("shows at once what was added to a long block, and no markup in it", () => {
  const content = new MarkdownText();
  content.append(ITEM.repeat(130));
  content.append("- <img src=x> and more");
  expect(content.el.textContent).toContain("<img src=x> and more");
  expect(content.el.querySelector("img")).toBeNull();
});

it("holds back the first line of a table", () => {
  const content = new MarkdownText();
  content.append("So:\n\n| a | b");
  expect(content.el.textContent.trim()).toBe("So:");
  content.append(" |\n|---|---|\n| 1 | 2 |\n");
  expect(content.el.querySelectorAll("td")).toHaveLength(2);
});

it.each([
  "<img src=x onerror=alert(1)>",
  "<script>alert(1)</script>",
  "<svg onload=alert(1)>",
  "<a href='javascript:alert(1)'>x</a>",
  "<style>* { display: none }</style>",
  "<iframe src='https://evil.example'></iframe>",
  "<form action='https://evil.example'><input name=key></form>",
])("shows markup as text: %s", (text) => {
  const content = shown(text);
  expect(content.textContent).toContain(text);
  expect(content.querySelector("img, script, svg, style, iframe, form, input")).toBeNull();
});

it.each(["javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", " java\nscript:alert(1)"])(
  "links to web pages and mail alone, not to %s",
  (url) => {
    for (const link of shown(`[x](${url}) [y](<${url}>)`).querySelectorAll("a")) {
      expect(link.getAttribute("href") ?? "https:").toMatch(/^(https?|mailto):/);
    }
  },
);

it("fetches no picture: it becomes a link", () => {
  const content = shown("![a cat](https://pictures.example/cat.png)");
  expect(content.querySelector("img")).toBeNull();
  const link = content.querySelector("a");
  expect(link?.textContent).toBe("a cat");
  expect(link?.getAttribute("rel")).toBe("noopener noreferrer");
});

it("lets each block be written from the right where its words are, and keeps code as it is", () => {
  const blocks = shown("مرحبا\n\n- واحد\n- اثنان\n\n1. one\n\n> اقتباس\n\n| أ | ب |\n|---|---|\n| 1 | 2 |\n\n```\ncode\n```");
  for (const name of ["p", "ul", "ol", "blockquote", "table"]) {
    expect(blocks.querySelector<HTMLElement>(name)?.dir, name).toBe("auto");
  }
  expect(blocks.querySelector("pre")?.dir).toBe("");
});
