// A field for a model id: a combobox with the rows of its panel, searched here at each keystroke.
//
// What is typed is only in the <input> until it is chosen: by Enter, by a click on a row, or when the field loses the
// focus. Then it goes to the kernel as one custom message, unless it looks like an API key: then it is not sent. What
// the kernel sends in the meantime changes the list and never the typed text.

import type { AnyModel } from "@anywidget/types";

import { NO_AUTOFILL, button, isolate, make, randomId } from "../common/dom";
import { type Channel, LATE_AFTER_MS, exchange, isAnswerTo } from "../common/exchange";
import { linkWithNotice } from "../common/kernel_link";
import { looksLikeKey } from "../common/key_rules";
import type { ChooseModel, ModelAnswer, ModelFieldState, ModelRowsState } from "../common/messages";
import { modelOf } from "../common/model_reference";
import { withMoment } from "../common/moments";
import { GONE, WAITING } from "../common/texts";
import { type ViewContext, follow, onEnd } from "../common/view";
import { makeModelList } from "./list";
import { type Entry, indexed } from "./search";

export const MISPLACED = "Not set: this looks like an API key, which belongs in the key field. It was not saved.";

// The list of nodes gives each of its fields one of these; a separate field has the widget's model.
export type FieldModel = Channel & Pick<AnyModel<ModelFieldState>, "get" | "widget_manager">;

export interface FieldContext {
  model: FieldModel;
  el: HTMLElement;
  signal: AbortSignal;
  // To be called when a message could not be sent.
  lose?: () => void;
}

// A field that is a widget of its own.
export function renderModelFieldView({ model, el, signal }: ViewContext<ModelFieldState>): void {
  renderModelField({ model, el, signal, lose: linkWithNotice({ model, el, signal }) });
}

function build(id: string) {
  const box = { role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list", "aria-haspopup": "listbox" };
  const about = { "aria-controls": `${id}-list`, "aria-describedby": `${id}-problem ${id}-note` };
  const label = make("label", { htmlFor: id, className: "byok-label" });
  const attributes = { ...NO_AUTOFILL, ...box, ...about };
  const input = make("input", { id, type: "text", className: "byok-input", attributes });
  input.spellcheck = false;
  const toggle = make("button", {
    type: "button",
    className: "byok-model-toggle",
    tabIndex: -1,
    textContent: "▾",
    attributes: { "aria-label": "Models", "aria-expanded": "false", "aria-controls": `${id}-list` },
  });
  const problem = make("p", { id: `${id}-problem`, className: "byok-bad", attributes: { role: "alert" } });
  const note = make("span", { id: `${id}-note`, className: "byok-note", attributes: { role: "status" } });
  const action = button("", "byok-quiet");
  const anchor = make("div", { className: "byok-model-box" }, input, toggle);
  const foot = make("div", { className: "byok-row byok-model-foot" }, note, action);
  return { label, input, toggle, problem, note, action, anchor, foot };
}

export function renderModelField({ model, el, signal, lose = () => undefined }: FieldContext): void {
  const id = `byok-${randomId()}`;
  const part = build(id);
  const { input } = part;
  const list = makeModelList(
    id,
    {
      input,
      anchor: part.anchor,
      controls: [input, part.toggle],
      isSet: (name) => [name, `${rows?.get("provider") ?? ""}:${name}`].includes(model.get("value")),
      pick: choose,
    },
    signal,
  );
  el.classList.add("byok-model", "byok-field");
  el.append(part.label, part.anchor, part.problem, part.foot, list.popup);
  isolate(el, signal);

  let rows: AnyModel<ModelRowsState> | null = null;
  let entries: Entry[] | null = null; // the rows prepared for searching; created on first use
  let typed = false; // since the last choice
  let isPending = false; // a choice is not answered yet
  let settle: () => void = () => undefined;
  let frame = 0; // in which the list is updated to what was typed

  function cancelFrame(): void {
    cancelAnimationFrame(frame);
    frame = 0;
  }

  function open(show = list.show): void {
    cancelFrame();
    entries ??= rows ? indexed(rows.get("rows")) : [];
    if (entries.length) show(entries, typed ? input.value : "");
  }

  // Keystrokes within one frame are handled together.
  function openSoon(): void {
    list.relax();
    frame ||= requestAnimationFrame(() => open());
  }

  function close(): void {
    cancelFrame();
    list.close();
  }

  function say(problem: string): void {
    part.problem.textContent = problem;
    part.problem.hidden = !problem;
  }

  function note(text: string): void {
    part.note.textContent = text;
    part.foot.hidden = !text && part.action.hidden;
  }

  function showValue(): void {
    typed = false;
    input.value = model.get("value");
    input.title = input.value; // a long id does not fit into a narrow side bar
  }

  function end(): void {
    isPending = false;
    paintNote();
  }

  function choose(text: string): void {
    close();
    typed = false;
    input.value = text.trim();
    if (looksLikeKey(text, rows?.get("key_patterns") ?? [])) {
      showValue();
      return say(MISPLACED);
    }
    settle();
    end();
    const request: ChooseModel = { kind: "choose", id: randomId(), value: input.value };
    isPending = true;
    settle = exchange(
      model,
      {
        request,
        answers: (message) => isAnswerTo(request.id, message),
        answered: onAnswer,
        delays: [[LATE_AFTER_MS, () => note(WAITING)]],
        gone: () => {
          end();
          say(GONE);
          lose();
        },
      },
      signal,
    );
  }

  function onAnswer({ outcome }: ModelAnswer): void {
    end();
    say(model.get("problem"));
    if (!typed && outcome !== "refused") showValue();
  }

  // Returns whether the list handled the key.
  function acted(key: string): boolean {
    if (key === "Enter") choose(list.chosen() ?? input.value);
    else if (key === "Escape") (list.isOpen() ? close : showValue)();
    else if (["ArrowDown", "ArrowUp"].includes(key) && (frame || !list.isOpen())) open();
    else return list.follow(key);
    return true;
  }

  function onKey(event: KeyboardEvent): void {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    if (acted(event.key)) event.preventDefault();
  }

  function paintNote(): void {
    part.action.textContent = model.get("action");
    part.action.hidden = !model.get("action");
    note(withMoment(model.get("note"), model.get("note_at")));
  }

  function paint(): void {
    part.label.textContent = model.get("description");
    input.placeholder = model.get("placeholder");
    if (!isPending) paintNote();
  }

  function onRows(): void {
    entries = null;
    if (list.isOpen() || (typed && document.activeElement === input)) open(list.showInPlace);
  }

  async function followRows(): Promise<void> {
    const held = await modelOf<ModelRowsState>(model.get("rows"), model.widget_manager);
    if (signal.aborted) return;
    rows = held;
    follow(held, "change", onRows, signal);
    onRows();
  }

  function onBlur(): void {
    if (document.activeElement === input) return; // only another window came to the front
    close();
    if (typed) choose(input.value);
  }

  function onInput(): void {
    typed = true;
    say("");
    openSoon();
  }

  input.addEventListener("input", onInput, { signal });
  input.addEventListener("click", () => (list.isOpen() ? undefined : open()), { signal });
  input.addEventListener("focus", () => input.select(), { signal });
  input.addEventListener("keydown", onKey, { signal });
  input.addEventListener("blur", onBlur, { signal });
  part.toggle.addEventListener("mousedown", (event) => event.preventDefault(), { signal });
  const toggle = (): void => {
    if (list.isOpen()) close();
    else open();
    input.focus();
  };
  part.toggle.addEventListener("click", toggle, { signal });
  part.action.addEventListener("click", () => press(), { signal });

  function press(): void {
    exchange(model, { request: { kind: "action" }, gone: lose }, signal)();
  }

  follow(model, "change", paint, signal);
  follow(model, "change:value", () => (typed || isPending ? undefined : showValue()), signal);
  follow(model, "change:problem", () => say(model.get("problem")), signal);
  onEnd(signal, cancelFrame);
  paint();
  showValue();
  say(model.get("problem"));
  void followRows();
}
