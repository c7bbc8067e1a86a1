// Moments are written in the person's own time, whatever zone the kernel runs in.

import { expect, it } from "vitest";

import { withMoment } from "../src/common/moments";

const at = "2026-03-04T05:06:07+00:00";
const local = (options: Intl.DateTimeFormatOptions): string => new Date(at).toLocaleTimeString([], options);

it("writes the time of day, and the day unless it is today", () => {
  const time = local({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
  expect(withMoment("At {at}.", at, new Date(at))).toBe(`At ${time}.`);
  const later = withMoment("At {at}.", at, new Date("2026-03-09T05:06:07Z"));
  expect(later).toContain(time);
  expect(later.length).toBeGreaterThan(`At ${time}.`.length);
});

it("leaves a text without a moment as it is", () => {
  expect(withMoment("At noon.", at)).toBe("At noon.");
  expect(withMoment("At {at}.", "")).toBe("At {at}.");
});
