// Copies text from the page.

export type Copied = "copied" | "selected";

// Returns "selected" if the browser does not allow it: then the text is selected, to be copied by hand.
export async function copyFrom(element: HTMLElement): Promise<Copied> {
  try {
    await write(element);
    return "copied";
  } catch {
    select(element);
    return "selected";
  }
}

async function write(element: HTMLElement): Promise<void> {
  // A page without a secure context has no clipboard API.
  const clipboard = (navigator as Partial<Navigator>).clipboard;
  if (clipboard) return clipboard.writeText(textOf(element));
  select(element);
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way over plain http
  if (!document.execCommand("copy")) throw new Error("The browser refused to copy.");
}

const textOf = (element: HTMLElement): string =>
  element instanceof HTMLTextAreaElement ? element.value : element.textContent;

function select(element: HTMLElement): void {
  if (element instanceof HTMLTextAreaElement) element.select();
  else getSelection()?.selectAllChildren(element);
}
