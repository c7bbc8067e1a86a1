// Detects an API key in a text where none belongs. The patterns are the kernel's (secrets/detection.py), which
// refuses the same texts; these are not even sent.

export function looksLikeKey(text: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => new RegExp(pattern).test(text));
}
