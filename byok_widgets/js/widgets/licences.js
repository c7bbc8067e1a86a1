// The licences of the bundled code: every package that code was taken from, with the licence text.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const IN_A_PACKAGE = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//;

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (!license || !file) throw new Error(`${name} is bundled and states no licence.`);
  return { name, versionInfo: version, licenseId: license, extractedText: readFileSync(join(folder, file), "utf8") };
}

export function licencesOf(inputs, root) {
  const folders = new Set(inputs.map((path) => IN_A_PACKAGE.exec(path)?.[1]).filter(Boolean));
  const packages = [...folders].sort().map((folder) => licenceOf(join(root, folder)));
  return `${JSON.stringify({ packages }, null, 2)}\n`;
}
