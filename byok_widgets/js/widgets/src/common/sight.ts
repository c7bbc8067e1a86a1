// What a person looks at stays in sight when its frame gets smaller, unless they have scrolled away from it.

import { onEnd } from "./view";

export interface Sight {
  isThere: () => boolean;
  bring: () => void;
}

export function keepInSight(frame: HTMLElement, { isThere, bring }: Sight, signal: AbortSignal): void {
  const sizeOf = (): string => `${frame.clientWidth} × ${frame.clientHeight}`;
  let wasThere = true;
  let size = ""; // as it was told last
  const resized = new ResizeObserver(() => {
    size = sizeOf();
    if (wasThere) bring();
  });
  resized.observe(frame);
  // A frame that has another size than it was told of has scrolled by itself.
  const onScroll = (): void => {
    if (!size || sizeOf() === size) wasThere = isThere();
  };
  frame.addEventListener("scroll", onScroll, { signal });
  onEnd(signal, () => resized.disconnect());
}
