// A drawing that comes finished from the kernel.

import DOMPurify from "dompurify";

export const drawing = (svg: string): DocumentFragment =>
  DOMPurify.sanitize(svg, { RETURN_DOM_FRAGMENT: true, USE_PROFILES: { svg: true } });
