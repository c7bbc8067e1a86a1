// Texts in which an API key stands where none belongs. The patterns are the kernel's (secrets/detection.py), which
// refuses the same texts; these do not even get there.

export function looksLikeKey(text: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => new RegExp(pattern).test(text));
}
