// Teaching an extraction node: what it read in a turn, to be corrected and kept as an example.

import { copyFrom } from "../common/clipboard";
import { button, make, options, randomId } from "../common/dom";
import type { ChatExamples, ChatLesson, ChatTaught, ExampleFacts, LessonField, TurnFacts } from "../common/messages";
import { quiet } from "./quiet_button";

type Input = HTMLInputElement | HTMLSelectElement;

export interface LessonActions {
  lesson: (turn: number, node: string) => void;
  teach: (turn: number, node: string, values: Record<string, string>) => void;
  forget: (turn: number, node: string, example: string) => void;
}

const NOT_STATED = "not stated";
const ABOUT = "Correct what was read. The dialogue up to here and these values become an example for this node.";
const SAID = { copied: "Copied.", selected: "Selected: copy it with the keyboard." };

export class Lesson {
  readonly el = make("div", { className: "byok-lesson", hidden: true });
  readonly buttons: HTMLButtonElement[];
  private readonly examples = make("details", { className: "byok-examples", hidden: true });
  private inputs = new Map<string, Input>();
  private readonly said = make("p", { className: "byok-note", tabIndex: -1, attributes: { role: "status" } });

  constructor(
    private readonly turn: TurnFacts,
    private readonly actions: LessonActions,
  ) {
    this.el.setAttribute("role", "group");
    this.buttons = turn.readers.map((node) => this.opener(node));
    this.el.onkeydown = ({ key }) => {
      if (key === "Escape") this.close();
    };
  }

  show({ node, fields, examples }: ChatLesson): void {
    const rows = fields.map((field) => this.row(field));
    const keep = button("Keep as example", "byok-primary");
    const cancel = button("Cancel");
    keep.onclick = () => this.submit(node);
    cancel.onclick = () => this.close();
    this.say("");
    this.open(node, make("p", { className: "byok-note", textContent: ABOUT }), ...rows);
    this.el.append(make("div", { className: "byok-row" }, keep, cancel), this.said, this.examples);
    this.examples.open = false;
    this.list(node, examples);
    this.inputs.values().next().value?.focus();
    keep.scrollIntoView({ block: "nearest" });
  }

  showExamples({ node, examples }: ChatExamples): void {
    this.list(node, examples);
    this.say("The example was removed.");
    this.said.focus();
  }

  showTaught({ node, text, code, problem, field }: ChatTaught): void {
    for (const input of this.inputs.values()) input.removeAttribute("aria-invalid");
    if (problem) {
      this.say(problem);
      const input = this.inputs.get(field);
      input?.setAttribute("aria-invalid", "true");
      input?.focus();
      return;
    }
    const done = button("Close");
    done.onclick = () => this.close();
    this.open(node, this.said, ...this.codeRow(code), make("div", { className: "byok-row" }, done));
    this.say(text);
    this.said.focus();
  }

  private opener(node: string): HTMLButtonElement {
    const { number } = this.turn;
    const label = `Teach ${node}: correct what it read in turn ${number}, and keep it as an example`;
    const opener = quiet(this.turn.readers.length > 1 ? `Teach ${node}` : "Teach", label, () => {
      if (opener.getAttribute("aria-expanded") === "true") this.close();
      else this.actions.lesson(number, node);
    });
    opener.dataset["node"] = node;
    opener.setAttribute("aria-expanded", "false");
    return opener;
  }

  private open(node: string, ...content: HTMLElement[]): void {
    this.el.setAttribute("aria-label", `Teach ${node} from turn ${this.turn.number}`);
    this.el.replaceChildren(...content);
    this.el.hidden = false;
    for (const each of this.buttons) each.setAttribute("aria-expanded", String(each.dataset["node"] === node));
  }

  private close(): void {
    const opener = this.buttons.find((each) => each.getAttribute("aria-expanded") === "true");
    this.el.hidden = true;
    this.el.replaceChildren();
    this.inputs = new Map();
    opener?.setAttribute("aria-expanded", "false");
    opener?.focus();
  }

  private list(node: string, examples: ExampleFacts[]): void {
    const many = `${examples.length} example${examples.length === 1 ? "" : "s"} of ${node}`;
    const rows = examples.map((example) => this.example(node, example));
    this.examples.replaceChildren(make("summary", { textContent: many }), make("ul", {}, ...rows));
    this.examples.hidden = !examples.length;
  }

  private example(node: string, { id, said, values }: ExampleFacts): HTMLElement {
    const remove = quiet("Remove", `Remove the example “${said.slice(0, 40)}”`, () =>
      this.actions.forget(this.turn.number, node, id),
    );
    const read = make("span", { className: "byok-note", textContent: values });
    return make("li", {}, make("q", { textContent: said }), " → ", read, " ", remove);
  }

  private row(field: LessonField): HTMLElement {
    const { name, kind } = field;
    const id = `byok-${randomId()}`;
    const input = field.choices.length ? choice(field) : text(field);
    input.id = id;
    input.onkeydown = (event: Event) => {
      if (event instanceof KeyboardEvent && event.key === "Enter" && !event.isComposing) this.submitTyped(event);
    };
    this.inputs.set(name, input);
    const label = make("label", { htmlFor: id, textContent: name });
    if (kind) label.append(make("span", { className: "byok-note", textContent: ` (${kind})` }));
    return make("div", { className: "byok-lesson-field" }, label, input);
  }

  private submitTyped(event: KeyboardEvent): void {
    event.preventDefault();
    this.el.querySelector<HTMLButtonElement>(".byok-primary")?.click();
  }

  private submit(node: string): void {
    const values = Object.fromEntries([...this.inputs].map(([name, { value }]) => [name, value]));
    this.actions.teach(this.turn.number, node, values);
  }

  private say(text: string): void {
    this.said.textContent = text;
  }

  // The same as a line of code: what a click has taught is gone when the kernel restarts.
  private codeRow(text: string): HTMLElement[] {
    const code = make("code", { textContent: text });
    const copy = button("Copy");
    copy.setAttribute("aria-label", "Copy the line that teaches the same");
    copy.onclick = async () => this.say(SAID[await copyFrom(code)]);
    const about = "To keep it in the notebook, add this line below the cell that creates the node:";
    return [make("p", { className: "byok-note", textContent: about }), make("div", { className: "byok-row" }, code, copy)];
  }
}

function text({ value }: LessonField): HTMLInputElement {
  return make("input", { className: "byok-input", type: "text", dir: "auto", value, placeholder: NOT_STATED });
}

function choice({ value, choices }: LessonField): HTMLSelectElement {
  const select = make("select", { className: "byok-input" });
  const others = choices.map((each) => ({ value: each, text: each }));
  select.append(...options([{ value: "", text: NOT_STATED }, ...others]));
  select.value = value;
  return select;
}
