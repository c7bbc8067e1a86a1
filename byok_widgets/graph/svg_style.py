"""The style sheet of an embedded drawing: the page's theme, and what is active, visited, on the path.

A page may set `--byok-graph-ground`, `--byok-graph-text`, `--byok-graph-line` and `--byok-graph-path`.
"""

STYLE = """<style>
.byok-graph {
  --ground: var(--byok-graph-ground, var(--vscode-editor-background, var(--jp-layout-color1, #fff)));
  --ink: var(--byok-graph-text, var(--vscode-editor-foreground, var(--jp-ui-font-color1, #1f2328)));
  --line: var(--byok-graph-line, #868686);
  --path: var(--byok-graph-path, var(--vscode-focusBorder, var(--jp-brand-color1, #1976d2)));
}
.byok-graph text { fill: var(--ink); }
.byok-graph .byok-graph-kind { opacity: 0.8; }
.byok-graph .byok-graph-box { fill: color-mix(in srgb, var(--byok-node) 13%, var(--ground)); }
.byok-graph text.byok-graph-sign { fill: var(--byok-node); }
.byok-graph .byok-graph-label rect, .byok-graph .byok-graph-mark rect { fill: var(--ground); }
.byok-graph .byok-graph-start rect { fill: #6b7280; }
.byok-graph .byok-graph-start text { fill: #fff; }
.byok-graph .byok-graph-line { stroke: var(--line); }
.byok-graph .byok-graph-head { fill: var(--line); }
.byok-graph .byok-graph-tick { display: none; }
.byok-graph .byok-graph-tick circle { fill: var(--byok-node); stroke: var(--ground); stroke-width: 1.5; }
.byok-graph .byok-graph-tick path { fill: none; stroke: #fff; stroke-width: 1.8; }
.byok-graph .byok-visited .byok-graph-tick { display: inline; }
.byok-graph .byok-path .byok-graph-line { stroke: var(--path); stroke-width: 2.75; }
.byok-graph .byok-path .byok-graph-head { fill: var(--path); }
.byok-graph .byok-path .byok-graph-label rect { stroke: var(--path); }
.byok-graph .byok-active .byok-graph-box {
  fill: color-mix(in srgb, var(--byok-node) 34%, var(--ground)); stroke-width: 3.5;
}
</style>"""
