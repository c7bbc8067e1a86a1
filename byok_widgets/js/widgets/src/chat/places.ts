// Where the value of a variable was said: a button that opens the words, each with a way to its turn.

import { make } from "../common/dom";
import type { PlaceFacts } from "../common/messages";
import { quiet } from "./quiet_button";

export type Reveal = (turn: number) => void;

const WHO: Record<PlaceFacts["by"], string> = { person: "You", flow: "The flow" };

export interface PlacesView {
  button: HTMLButtonElement;
  el: HTMLElement;
}

// Hovering over the button shows the words too.
export function showPlaces(name: string, places: PlaceFacts[], reveal: Reveal): PlacesView {
  const el = make("ul", { className: "byok-places", hidden: true }, ...places.map((place) => quoted(place, reveal)));
  el.setAttribute("aria-label", `Where ${name} was said`);
  const button = quiet("Quote", `Quote for ${name}`, () => {
    el.hidden = !el.hidden;
    button.setAttribute("aria-expanded", String(!el.hidden));
    const [first] = places;
    if (!el.hidden && first) reveal(first.turn);
  });
  button.title = places.map(({ said }) => `“${said}”`).join(" … ");
  button.setAttribute("aria-expanded", "false");
  return { button, el };
}

function quoted({ turn, by, before, said, after }: PlaceFacts, reveal: Reveal): HTMLElement {
  const words = make("q", {}, before, make("mark", { textContent: said }), after);
  const go = quiet(`Turn ${turn}`, `Show turn ${turn}`, () => reveal(turn));
  return make("li", {}, make("span", { className: "byok-note", textContent: `${WHO[by]}: ` }), words, " ", go);
}
