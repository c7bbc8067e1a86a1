// What the fields of the panel share: elements, the rows as they are searched, and what is no model but a key.

const KEY_SHAPE =
  /(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}))sk-(?:(?:ant|or|proj|svcacct|admin)-[A-Za-z0-9_-]{16,}|[A-Za-z0-9]{20,})/;

// The rules of keys/misplaced.py: the kernel refuses the same texts, and these do not even get there.
export function looksLikeKey(text) {
  const prefixed = text.match(/(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]+/g) ?? [];
  const short = prefixed.flatMap((found) => found.match(/[A-Za-z0-9]{8,}/g) ?? []).some((run) => /\d/.test(run));
  const runs = text.match(/[A-Za-z0-9]{32,}/g) ?? [];
  const noise = runs.some((run) => /[a-z]/.test(run) && /[A-Z]/.test(run) && (run.match(/\d+/g) ?? []).length > 1);
  return KEY_SHAPE.test(text) || short || noise;
}

const plain = (text) => text.toLowerCase().replace(/[._]/g, "-"); // "5.5" finds "5-5", too

function vendorOf(id) {
  const at = id.indexOf("/");
  return at > 0 ? id.slice(0, at).replace(/^~/, "") : "";
}

// Those of a vendor stand together.
function indexed(rows) {
  const groups = new Map();
  for (const row of rows) {
    const vendor = vendorOf(row[0]);
    if (!groups.has(vendor)) groups.set(vendor, []);
    groups.get(vendor).push({ row, vendor, text: plain(`${row[0]} ${row[1]}`) });
  }
  return [...groups.values()].flat();
}

function matching(entries, query) {
  const words = plain(query).split(/\s+/).filter(Boolean);
  return entries.filter(({ text }) => words.every((word) => text.includes(word)));
}
