// Helpers that create elements, and shield them from the notebook's shortcuts.

type Extra = { dataset?: Record<string, string>; attributes?: Record<string, string> };
type Properties<E> = Omit<Partial<E>, "dataset" | "attributes"> & Extra;

export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties<HTMLElementTagNameMap[Tag]> = {} as Properties<HTMLElementTagNameMap[Tag]>,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const { dataset = {}, attributes = {}, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  Object.assign(element.dataset, dataset);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const ROLES: Record<string, string> = {
  table: "table", thead: "rowgroup", tbody: "rowgroup", tr: "row", th: "rowheader", td: "cell",
};

// Says what the parts of a table are: browsers forget it where a narrow place shows them as blocks.
export function asTable(table: HTMLTableElement): HTMLTableElement {
  for (const part of [table, ...table.querySelectorAll<HTMLElement>("thead, tbody, tr, th, td")]) {
    const isHead = part instanceof HTMLTableCellElement && part.scope === "col";
    part.setAttribute("role", isHead ? "columnheader" : (ROLES[part.localName] ?? ""));
  }
  return table;
}

export function button(text: string, className = ""): HTMLButtonElement {
  return make("button", { type: "button", className: `byok-button ${className}`.trim(), textContent: text });
}

export function externalLink(url: string, text: string): HTMLAnchorElement {
  return make("a", { href: url, textContent: text, target: "_blank", rel: "noopener noreferrer" });
}

export function options(entries: readonly { value: string; text: string }[]): HTMLOptionElement[] {
  return entries.map(({ value, text }) => make("option", { value, textContent: text }));
}

// Not `crypto.randomUUID`: a page over plain http has none.
export const randomId = (): string => crypto.getRandomValues(new Uint32Array(2)).join("-");

// Text fields that neither a browser nor a password manager should fill in. Some managers respect only the
// attribute that is named after them.
export const NO_AUTOFILL = { autocomplete: "off", autocapitalize: "off", autocorrect: "off", "data-1p-ignore": "" };

const KEPT_INSIDE = ["keydown", "keypress", "keyup", "copy", "cut", "paste"];

// JupyterLab checks the focused element for a mark that suppresses shortcuts, and also listens on our ancestors:
// without handling both, "d d" on one of our buttons would delete the cell.
export function isolate(element: HTMLElement, signal: AbortSignal): void {
  const suppress = ({ target }: Event): void => {
    if (target instanceof HTMLElement) target.dataset["lmSuppressShortcuts"] = "true";
  };
  element.addEventListener("focusin", suppress, { signal });
  for (const kind of KEPT_INSIDE) {
    element.addEventListener(kind, (event) => event.stopPropagation(), { signal });
  }
}
