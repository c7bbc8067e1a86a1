// Builds the gear: TypeScript, then the Lab builder. The build is reproducible: the same bytes on any machine.

const { execFileSync } = require('node:child_process');
const { rmSync } = require('node:fs');

const modules = '../node_modules';
const run = (script, ...args) =>
  execFileSync(process.execPath, [`${modules}/${script}`, ...args], { cwd: __dirname, stdio: 'inherit' });

run('typescript/bin/tsc');
run(
  '@jupyter/builder/lib/build-labextension.js',
  '--core-package-file',
  `${modules}/@jupyterlab/core-meta/core.package.json`,
  '.'
);
rmSync(`${__dirname}/built/schemas/byok-widgets/package.json.orig`); // the builder's copy of package.json
