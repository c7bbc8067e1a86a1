// The field that sends an API key, or the passphrase of the encrypted file, from the browser to the kernel, once.
//
// What is typed lives in the <input> alone: never in a trait, never in a variable that outlives one call. On Save it
// is sealed for this kernel and sent in one custom message. The field is emptied when the kernel has
// answered "saved"; when the kernel refuses, or never answers, what was typed is still there, masked. Where the page
// cannot seal (plain http from another machine) nothing is sent at all. A kernel that runs in the page itself gets it
// as it is: there is nothing between the two.

import type { AnyModel } from "@anywidget/types";

import { isolate, randomId } from "../common/dom";
import { LATE_AFTER_MS, exchange, isAnswerTo } from "../common/exchange";
import type {
  KeyAnswer,
  KeyFieldRequest,
  KeyFieldState,
  SaveKey,
  UnlockKeyFile,
  UseKeyOf,
} from "../common/messages";
import { KeptFocus } from "../common/kept_focus";
import { linkWithNotice } from "../common/kernel_link";
import { WAITING } from "../common/texts";
import { steadyWhilePressed } from "../common/steady";
import { type ViewContext, follow, onEnd, whenInserted } from "../common/view";
import { keepTyped, noteTyped, takeTyped } from "./handover";
import { keyHint, nameHint, nameIn } from "./hints";
import { type Asked, chosenIn, inputFor, isPassphrase, paintControls, paintFields, paintStorage } from "./painting";
import { type Parts, type ShownStatus, buildParts, showStatus } from "./parts";
import { seal, sealingProblem } from "./seal";
import { COPYING, SAVING, TEXTS, UNLOCKING } from "./texts";
import { type Destination, allowTyped, bindTyped, completeTyped, moveTyped, typedElsewhere } from "./typed_for";

const LOST_AFTER_MS = 20_000;

export function renderKeyField(context: ViewContext<KeyFieldState>): void {
  new KeyFieldView(context);
}

class KeyFieldView {
  private readonly model: AnyModel<KeyFieldState>;
  private readonly signal: AbortSignal;
  private readonly part: Parts = buildParts();
  // The message of this view until the next change, and the message that is shown now.
  private own: ShownStatus | null = null;
  private shown: ShownStatus;
  // Whether a sealed request was sent and is not answered yet.
  private waiting = false;
  private settle: () => void = () => undefined;
  private readonly lose: () => void;
  private readonly focus: KeptFocus;

  constructor({ model, el, signal }: ViewContext<KeyFieldState>) {
    this.model = model;
    this.signal = signal;
    this.shown = model.get("status");
    this.focus = new KeptFocus(el);
    el.classList.add("byok-key");
    el.append(...this.part.all);
    isolate(el, signal);
    this.listen();
    const painted = steadyWhilePressed(el, () => this.paint(), signal);
    const told = steadyWhilePressed(el, () => this.onStatus(), signal);
    follow(model, "change", painted, signal);
    follow(model, "change:target", () => this.complete(), signal);
    for (const name of ["status", "target"]) follow(model, `change:${name}`, told, signal);
    this.part.confirm.hidden = true;
    this.showKey(false);
    this.paint();
    this.lose = linkWithNotice({ model, el, signal });
    whenInserted(el, () => this.onInserted(), signal);
    onEnd(signal, () => this.end());
  }

  private listen(): void {
    const { buttons, eye, inputs, storage } = this.part;
    const { model } = this;
    const on = (target: HTMLElement, kind: string, act: () => void): void => {
      target.addEventListener(kind, act, { signal: this.signal });
    };
    on(eye, "click", () => this.showKey(inputs.key.type === "password"));
    on(buttons.save, "click", () => void this.save(false));
    on(buttons.anyway, "click", () => void this.save(true));
    on(buttons.switchTo, "click", () => this.switchProvider());
    on(buttons.move, "click", () => this.move());
    on(buttons.useHere, "click", () => this.useHere());
    on(buttons.check, "click", () => this.ask({ kind: "check", target: model.get("target") }));
    on(buttons.remove, "click", () => this.confirmRemoval(true));
    on(buttons.keep, "click", () => {
      this.confirmRemoval(false);
      buttons.remove.focus();
    });
    on(buttons.removeNow, "click", () => this.remove());
    on(buttons.useOther, "click", () => this.useOther());
    on(storage, "change", () => this.chooseStorage(storage.value));
    for (const input of Object.values(inputs)) {
      input.addEventListener("input", (event) => this.onInput(input, event), { signal: this.signal });
      input.addEventListener("keydown", (event) => this.onKey(event), { signal: this.signal });
    }
  }

  private get asked(): Asked {
    return chosenIn(this.model)?.asks ?? "key";
  }

  private get isPassphrase(): boolean {
    return isPassphrase(this.asked);
  }

  private get isNewPassphrase(): boolean {
    return this.asked === "new_passphrase";
  }

  private get isName(): boolean {
    return this.asked === "variable";
  }

  private get input(): HTMLInputElement {
    return inputFor(this.part, this.asked);
  }

  private get here(): Destination {
    return { target: this.model.get("target"), place: this.model.get("place") };
  }

  // What is to be said of what was typed for another provider or host than the settings name now.
  private elsewhere(): { text: string; use_for: string } | null {
    const { here } = this;
    const before = typedElsewhere(this.input, here);
    return before ? { text: TEXTS.elsewhere(before, here.place), use_for: here.place } : null;
  }

  // The hint about what is typed, before anything is sent: by the form of the text, and by what it was typed for.
  private unsent(): ShownStatus | null {
    const { key, passphrase } = this.part.inputs;
    const { input } = this;
    if (!input.value || input === passphrase) return null;
    const hint = (input === key ? keyHint : nameHint)(input.value, this.model.get("shapes"));
    const elsewhere = this.elsewhere();
    if (hint || elsewhere) return { state: "hint", text: "", ...hint, ...elsewhere };
    const text = input === key ? this.model.get("status").pasted : TEXTS.named;
    return text ? { state: "none", text } : null;
  }

  private paint(): void {
    this.focus.around(() => this.paintAll());
  }

  private paintAll(): void {
    const { model, part, asked } = this;
    this.shown = this.own ?? this.unsent() ?? model.get("status");
    paintFields(part, model, asked);
    paintStorage(part, model);
    showStatus(part, this.shown);
    paintControls(part, model, asked, this.waiting);
    if (!model.get("has_key") && !part.confirm.hidden) this.confirmRemoval(false);
  }

  private say(status: ShownStatus | null): void {
    this.own = status;
    this.paint();
  }

  private stopWaiting(): void {
    this.settle();
    this.waiting = false;
  }

  private onStatus(): void {
    if (!this.waiting) {
      this.settle();
      this.own = null;
    }
    this.paint();
  }

  private onInput(input: HTMLInputElement, event: Event): void {
    if (this.waiting) return;
    this.settle();
    bindTyped(input, this.here, event);
    if (!this.part.inputs.key.value) this.showKey(false);
    noteTyped(this.part.inputs.key);
    this.say(null);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === "Enter" && !event.isComposing) void this.save(false);
  }

  // The kernel answers these by a change of the status.
  private ask(request: Exclude<KeyFieldRequest, SaveKey | UseKeyOf | UnlockKeyFile>): void {
    this.stopWaiting();
    this.say(null);
    this.settle = exchange(
      this.model,
      {
        request,
        delays: [[LATE_AFTER_MS, () => this.say({ state: "working", text: WAITING })]],
        gone: () => {
          this.say({ state: "refused", text: TEXTS.gone });
          this.lose();
        },
      },
      this.signal,
    );
  }

  private confirmRemoval(isAsked: boolean): void {
    this.part.confirm.hidden = !isAsked;
    this.part.buttons.remove.hidden = isAsked;
    if (isAsked) this.part.buttons.keep.focus();
  }

  // The keyboard goes to where another key is typed: the button that held it cannot be pressed any more.
  private remove(): void {
    this.confirmRemoval(false);
    this.showKey(false);
    this.ask({ kind: "remove", target: this.model.get("target") });
    this.input.focus();
  }

  private useOther(): void {
    if (this.waiting) return;
    const { model } = this;
    const flow = this.part.others.value;
    const request: UseKeyOf = { kind: "use_key_of", id: randomId(), target: model.get("target"), flow };
    this.settle();
    this.waiting = true;
    this.say({ state: "working", text: COPYING.sent });
    this.send(request, COPYING);
    this.part.buttons.check.focus();
  }

  private switchProvider(): void {
    const to = this.shown.switch_to;
    if (to) {
      allowTyped(this.input, { target: `${to.name}@`, place: to.label });
      this.ask({ kind: "switch", provider: to.name });
    }
    this.part.buttons.save.focus();
  }

  private chooseStorage(storage: string): void {
    this.model.set("storage", storage);
    this.model.save_changes();
    this.say(null);
  }

  private showKey(isOpen: boolean): void {
    const { inputs, eye } = this.part;
    inputs.key.type = isOpen ? "text" : "password";
    eye.textContent = isOpen ? "Hide" : "Show";
    eye.setAttribute("aria-label", `${eye.textContent} the key`);
  }

  private emptyKey(): void {
    this.part.inputs.key.value = "";
    this.part.inputs.name.value = "";
    this.showKey(false);
  }

  private emptyPassphrase(): void {
    this.part.inputs.passphrase.value = "";
    this.part.inputs.repeated.value = "";
  }

  private onInserted(): void {
    if (takeTyped(this.part.inputs.key, this.model.get("takes_typed"))) this.paint();
  }

  private end(): void {
    if (this.waiting) this.emptyAll();
    else keepTyped(this.part.inputs.key, () => this.emptyAll());
  }

  private emptyAll(): void {
    this.emptyKey();
    this.emptyPassphrase();
  }

  // Moves a name that was typed as a key, or a key that was typed as a name, to the other field.
  private move(): void {
    const [typed, before] = [this.input.value, this.input];
    const options = this.model.get("storage_options");
    const storage = this.isName ? options[0]?.id : options.find(({ asks }) => asks === "variable")?.id;
    this.emptyKey();
    this.chooseStorage(storage ?? "session");
    this.input.value = this.isName ? nameIn(typed, this.model.get("shapes")) : typed;
    moveTyped(before, this.input);
    this.paint();
    this.input.focus();
  }

  private complete(): void {
    const { key, name } = this.part.inputs;
    for (const input of [key, name]) completeTyped(input, this.here);
  }

  private useHere(): void {
    allowTyped(this.input, this.here);
    this.say(null);
    this.part.buttons.save.focus();
  }

  // Returns what must be typed before anything can be sent; empty if nothing is missing.
  private missing(): string {
    const { passphrase, repeated } = this.part.inputs;
    if (this.isNewPassphrase && passphrase.value !== repeated.value) return TEXTS.unlike;
    if (this.input.value.trim()) return "";
    if (this.isPassphrase) return TEXTS.emptyPassphrase;
    if (this.isName) return TEXTS.emptyName;
    return this.model.get("needs_key") ? TEXTS.empty : TEXTS.emptyOptional;
  }

  private async carried(id: string, override: boolean): Promise<SaveKey | UnlockKeyFile> {
    const [target, storage, isNew] = [this.model.get("target"), this.model.get("storage"), this.isNewPassphrase];
    if (this.isPassphrase) {
      return { kind: "unlock", id, storage, new: isNew, ...(await this.text(["unlock", id, storage, isNew])) };
    }
    const text = await this.text(["save", id, target, storage, override]);
    return { kind: "save", id, target, storage, override, ...text };
  }

  // What is typed is sealed for the other fields of its message: it can be used for nothing else.
  private async text(bound: readonly (string | boolean)[]): Promise<{ typed: string } | { sealed: string }> {
    const typed = this.input.value;
    if (this.model.get("in_page")) return { typed };
    return { sealed: await seal(this.model.get("public_key"), typed, bound) };
  }

  private async save(override: boolean): Promise<void> {
    if (this.waiting) return;
    const missing = this.missing();
    const problem = missing || sealingProblem(this.model.get("public_key"), this.model.get("in_page"));
    if (problem) {
      this.say({ state: "refused", text: problem });
      if (missing) this.input.focus();
      return;
    }
    const unsent = this.unsent();
    if (unsent?.use_for) {
      this.say({ ...unsent, state: "refused" });
      this.part.buttons.useHere.focus();
      return;
    }
    this.settle();
    const id = randomId();
    const texts = this.isPassphrase ? UNLOCKING : SAVING;
    this.waiting = true;
    this.showKey(false);
    this.say({ state: "working", text: texts.sent });
    try {
      this.send(await this.carried(id, override), texts);
    } catch {
      this.stopWaiting();
      this.say({ state: "refused", text: TEXTS.failed });
    }
  }

  private send(request: SaveKey | UseKeyOf | UnlockKeyFile, texts: typeof SAVING): void {
    const lost = (): void => {
      this.waiting = false; // a late answer still counts
      this.say({ state: "unverified", text: texts.lost });
    };
    this.settle = exchange(
      this.model,
      {
        request,
        answers: (message) => isAnswerTo(request.id, message),
        answered: (answer: KeyAnswer) => this.onAnswer(answer),
        delays: [
          [LATE_AFTER_MS, () => this.say({ state: "working", text: texts.late })],
          [LOST_AFTER_MS, lost],
        ],
        gone: () => {
          this.waiting = false;
          this.say({ state: "refused", text: TEXTS.gone });
          this.lose();
        },
      },
      this.signal,
    );
  }

  private onAnswer({ outcome, clear, text = "", switch_to, anyway, open_first }: KeyAnswer): void {
    this.waiting = false;
    if (outcome === "saved" || clear) this.emptyKey();
    if (outcome === "unlocked") this.emptyPassphrase();
    if (outcome !== "refused") return this.say(null);
    if (open_first) this.chooseStorage(open_first);
    this.say({ state: "refused", text, ...(switch_to && { switch_to }), ...(anyway && { anyway }) });
    (switch_to ? this.part.buttons.switchTo : this.input).focus();
  }
}
