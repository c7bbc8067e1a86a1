// Finds models by what is typed.

import type { ModelRowsState } from "../common/messages";

export type Row = ModelRowsState["rows"][number];

export interface Entry {
  row: Row;
  vendor: string;
  text: string;
}

const plain = (text: string): string => text.toLowerCase().replace(/[._]/g, "-"); // "5.5" finds "5-5", too

function vendorOf(id: string): string {
  const at = id.indexOf("/");
  return at > 0 ? id.slice(0, at).replace(/^~/, "") : "";
}

// Prepares rows for searching, grouped by vendor.
export function indexed(rows: readonly Row[]): Entry[] {
  const groups = new Map<string, Entry[]>();
  for (const row of rows) {
    const vendor = vendorOf(row[0]);
    const group = groups.get(vendor) ?? [];
    group.push({ row, vendor, text: plain(`${row[0]} ${row[1]}`) });
    groups.set(vendor, group);
  }
  return [...groups.values()].flat();
}

export function matching(entries: readonly Entry[], query: string): Entry[] {
  const words = plain(query).split(/\s+/).filter(Boolean);
  return entries.filter(({ text }) => words.every((word) => text.includes(word)));
}
