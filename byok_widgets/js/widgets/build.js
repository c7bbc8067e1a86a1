// Builds what the kernel sends to a page: `widgets.js` and `widgets.css`, held once by one model, and `loader.js`,
// which every widget contains. The build is reproducible: the same bytes on any machine.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { build } from "esbuild";

import { licencesOf } from "./licences.js";

const root = import.meta.dirname;
const bundle = (entryPoints) =>
  build({
    absWorkingDir: root,
    bundle: true,
    charset: "utf8",
    entryPoints,
    format: "esm",
    legalComments: "none", // they are in third-party-licenses.json
    logLevel: "warning",
    metafile: true,
    minify: true,
    outdir: "built",
    target: "es2022",
  });

const made = [
  await bundle({ widgets: "src/index.ts", loader: "src/loader.ts" }),
  await bundle({ widgets: "src/style/index.css" }), // in a separate build: both are called `widgets`
];
const inputs = made.flatMap(({ metafile }) => Object.keys(metafile.inputs));
writeFileSync(join(root, "built", "third-party-licenses.json"), licencesOf(inputs, root));
