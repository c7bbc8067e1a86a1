// How clients reach a served flow: asked for when it is shown, and gone when nothing is served.

import { afterEach, describe, expect, it } from "vitest";

import { FakeModel } from "./fake_model";
import { render } from "./render";

afterEach(() => document.body.replaceChildren());

const SNIPPETS = [
  { client: "curl", text: "curl ..." },
  { client: "openai", text: "from openai import OpenAI" },
];

function shown(): { model: FakeModel<{ running: boolean }>; find: ReturnType<typeof render>["find"]; el: HTMLElement } {
  const model = new FakeModel({ running: true });
  const { find, el } = render("connection", model);
  return { model, find, el };
}

function asked(model: FakeModel<{ running: boolean }>): { id: string } {
  return model.sent.map(({ content }) => content).find(({ kind }) => kind === "connection") as never;
}

describe("the connection", () => {
  it("shows nothing before the kernel has answered, then token and snippets", () => {
    const { model, find, el } = shown();
    expect(el.hidden).toBe(true);
    model.answer({ kind: "answer", id: asked(model).id, token: "made-up", snippets: SNIPPETS });
    expect(el.hidden).toBe(false);
    expect(find(".byok-token").textContent).toBe("made-up");
    expect(find(".byok-snippet").textContent).toBe("curl ...");
    const client = find<HTMLSelectElement>("select");
    client.value = "openai";
    client.dispatchEvent(new Event("change"));
    expect(find(".byok-snippet").textContent).toBe("from openai import OpenAI");
  });

  it("hides the token where callers have theirs", () => {
    const { model, find } = shown();
    model.answer({ kind: "answer", id: asked(model).id, token: "", snippets: SNIPPETS });
    expect(find(".byok-token").parentElement?.hidden).toBe(true);
  });

  it("is gone when nothing is served any more", () => {
    const { model, el } = shown();
    model.answer({ kind: "answer", id: asked(model).id, token: "made-up", snippets: SNIPPETS });
    model.change({ running: false });
    expect(el.hidden).toBe(true);
  });
});
