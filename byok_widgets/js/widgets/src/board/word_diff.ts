// The words in which two texts differ.

export interface Run {
  text: string;
  // Whether the other text lacks these words.
  isOwn: boolean;
}

const MOST_PAIRS = 4_000_000; // longer texts would hold up the page

// Both texts, in runs of words that they share or have for themselves; null where they are too long.
export function wordDiff(one: string, other: string): [Run[], Run[]] | null {
  const left = words(one);
  const right = words(other);
  if (left.length * right.length > MOST_PAIRS) return null;
  const common = commonWords(left, right);
  return [runs(left, new Set(common.map(([at]) => at))), runs(right, new Set(common.map(([, at]) => at)))];
}

const words = (text: string): string[] => text.match(/^\s*\S+\s*|\S+\s*/g) ?? [];

// The places of a longest common subsequence.
function commonWords(left: string[], right: string[]): [number, number][] {
  const a = left.map((word) => word.trim());
  const b = right.map((word) => word.trim());
  const wide = b.length + 1;
  const length = new Uint32Array((a.length + 1) * wide);
  const at = (i: number, j: number): number => length[i * wide + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      length[i * wide + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const found: [number, number][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) found.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return found;
}

function runs(parts: string[], shared: Set<number>): Run[] {
  const made: Run[] = [];
  parts.forEach((text, at) => {
    const isOwn = !shared.has(at);
    const last = made.at(-1);
    if (last?.isOwn === isOwn) last.text += text;
    else made.push({ text, isOwn });
  });
  return made;
}
