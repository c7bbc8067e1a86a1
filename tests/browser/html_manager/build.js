// Builds `page.js`, `page.css` and, apart from it, JupyterLab's variables: `node build.js OUT`.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { build } from "esbuild";

const out = process.argv[2];

// The manager also holds the classes of ipywidgets 7, and brings Lab's variables for pages that have none.
const left_out = {
  name: "left-out",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /(base7|controls7)/ }, ({ path }) => ({ path, namespace: "nothing" }));
    onLoad({ filter: /./, namespace: "nothing" }, () => ({ contents: "" }));
    onLoad({ filter: /labvariables\.css$/ }, () => ({ contents: "", loader: "css" }));
  },
};
const common = {
  absWorkingDir: import.meta.dirname,
  bundle: true,
  define: { __webpack_public_path__: '""', global: "globalThis", "process.env": "{}" },
  loader: { ".eot": "dataurl", ".svg": "dataurl", ".ttf": "dataurl", ".woff": "dataurl", ".woff2": "dataurl" },
  logLevel: "error",
  minify: true,
};
await build({ ...common, entryPoints: { page: "page.js" }, format: "iife", outdir: out, plugins: [left_out] });
await build({
  ...common,
  entryPoints: { lab: "node_modules/@jupyter-widgets/controls/css/labvariables.css" },
  outdir: out,
});
writeFileSync(
  join(out, "page.html"),
  `<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="page.css"><body>
<script src="page.js"></script><script src="anywidget.js"></script></body>`,
);
