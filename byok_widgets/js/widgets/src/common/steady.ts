// What the kernel tells may change how high a view is. While a person presses a button there, nothing moves: a button
// that is no longer below the pointer when it is released gets no click.

// Returns `act`, put off until the pointer is released where it is pressed in `el`.
export function steadyWhilePressed(el: HTMLElement, act: () => void, signal: AbortSignal): () => void {
  let isPressed = false;
  let isOwed = false;

  function release(): void {
    if (!isPressed) return;
    isPressed = false;
    // The click comes first.
    if (isOwed) setTimeout(() => !signal.aborted && act());
    isOwed = false;
  }

  el.addEventListener("pointerdown", () => (isPressed = true), { capture: true, signal });
  for (const kind of ["pointerup", "pointercancel"]) window.addEventListener(kind, release, { capture: true, signal });
  return () => {
    if (isPressed) isOwed = true;
    else act();
  };
}
