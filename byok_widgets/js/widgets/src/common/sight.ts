// What a person looks at stays in sight when its frame gets smaller, unless they have scrolled away from it.

import { onEnd } from "./view";

export interface Sight {
  isThere: () => boolean;
  bring: () => void;
}

export function keepInSight(frame: HTMLElement, { isThere, bring }: Sight, signal: AbortSignal): void {
  let wasThere = true;
  const resized = new ResizeObserver(() => {
    if (wasThere) bring();
  });
  resized.observe(frame);
  frame.addEventListener("scroll", () => (wasThere = isThere()), { signal });
  onEnd(signal, () => resized.disconnect());
}
