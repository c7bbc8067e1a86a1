// Builds what the kernel sends to a page: `widgets.js` and `widgets.css`, held once by one model, and `loader.js`,
// which each widget carries. The same source gives the same bytes on any machine.

import { build } from "esbuild";

const COMMON = { bundle: true, minify: true, format: "esm", target: "es2022", charset: "utf8", logLevel: "warning" };

await build({
  ...COMMON,
  absWorkingDir: import.meta.dirname,
  entryPoints: { widgets: "src/index.ts", loader: "src/loader.ts" },
  outdir: "built",
  legalComments: "inline",
});
await build({
  ...COMMON,
  absWorkingDir: import.meta.dirname,
  entryPoints: { widgets: "src/style/index.css" },
  outdir: "built",
});
