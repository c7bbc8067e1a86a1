// The code that every widget contains: it gets the shared code from the one model that holds it, and
// evaluates it once for the whole page.

import type { Render } from "@anywidget/types";

import { modelOf } from "./common/model_reference";

interface Code {
  script: string;
  style: string;
}
interface Views {
  default: { render: Render };
}

const STYLE_ID = "byok-widgets-style";
const LOADED = Symbol.for("byok_widgets.loaded");

// Keyed by their text, since a page may show widgets of several kernels with different versions.
const page = globalThis as { [LOADED]?: Map<string, Promise<Views>> } & object;
const loaded = page[LOADED] ?? new Map<string, Promise<Views>>();
page[LOADED] = loaded;

function load(script: string): Promise<Views> {
  const known = loaded.get(script);
  if (known) return known;
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const coming = (import(url) as Promise<Views>).finally(() => URL.revokeObjectURL(url));
  loaded.set(script, coming);
  return coming;
}

function addStyle(css: string): void {
  const known = document.getElementById(STYLE_ID);
  const style = known ?? document.head.appendChild(Object.assign(document.createElement("style"), { id: STYLE_ID }));
  if (style.textContent !== css) style.textContent = css;
}

const render: Render<{ page_code: string }> = async (context) => {
  const code = await modelOf<Code>(context.model.get("page_code"), context.model.widget_manager);
  addStyle(code.get("style"));
  const views = await load(code.get("script"));
  return views.default.render(context);
};

export default { render };
