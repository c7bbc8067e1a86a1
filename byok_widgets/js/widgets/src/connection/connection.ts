// How clients reach a served flow. The access token comes in a message, when it is shown, and is in no state.

import { copyFrom } from "../common/clipboard";
import { button, isolate, make, options, randomId } from "../common/dom";
import { exchange, isAnswerTo } from "../common/exchange";
import { linkWithNotice } from "../common/kernel_link";
import type { AskConnection, ConnectionAnswer, ConnectionState } from "../common/messages";
import { type ViewContext, follow } from "../common/view";

const ONCE = "The access token is shown here only; the notebook is saved without it. Callers send it as a bearer token.";
const SAID = { copied: "Copied.", selected: "The browser does not allow copying. Copy the selected text by hand." };

export function renderConnection({ model, el, signal }: ViewContext<ConnectionState>): void {
  const id = `byok-${randomId()}`;
  const token = make("code", { className: "byok-token" });
  const copyToken = button("Copy token");
  const client = make("select", { id, className: "byok-input" });
  const snippet = make("pre", { className: "byok-code byok-snippet", tabIndex: 0 });
  const copySnippet = button("Copy");
  const said = make("span", { className: "byok-note", attributes: { role: "status" } });
  const tokenRow = make("div", { className: "byok-row" }, token, copyToken);
  const note = make("p", { className: "byok-note", textContent: ONCE });
  const label = make("label", { htmlFor: id, className: "byok-label", textContent: "Client" });
  let texts = new Map<string, string>();

  function paintSnippet(): void {
    snippet.textContent = texts.get(client.value) ?? "";
  }

  function onAnswer(answer: ConnectionAnswer): void {
    texts = new Map(answer.snippets.map(({ client: name, text }) => [name, text]));
    token.textContent = answer.token;
    tokenRow.hidden = note.hidden = !answer.token;
    client.replaceChildren(...options([...texts.keys()].map((name) => ({ value: name, text: name }))));
    paintSnippet();
    el.hidden = false;
  }

  function ask(): void {
    el.hidden = true;
    if (!model.get("running")) return;
    const request: AskConnection = { kind: "connection", id: randomId() };
    exchange<AskConnection, ConnectionAnswer>(
      model,
      { request, answers: (message) => isAnswerTo(request.id, message), answered: onAnswer, gone: lose },
      signal,
    );
  }

  async function copy(from: HTMLElement): Promise<void> {
    said.textContent = SAID[await copyFrom(from)];
  }

  el.classList.add("byok-connection");
  el.append(note, tokenRow, label, client, snippet, make("div", { className: "byok-row" }, copySnippet, said));
  isolate(el, signal);
  const lose = linkWithNotice({ model, el, signal });
  client.addEventListener("change", paintSnippet, { signal });
  copyToken.addEventListener("click", () => void copy(token), { signal });
  copySnippet.addEventListener("click", () => void copy(snippet), { signal });
  follow(model, "change:running", ask, signal);
  ask();
}
