import { NotebookPanel } from '@jupyterlab/notebook';
import { CommandRegistry } from '@lumino/commands';
import { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { Widget } from '@lumino/widgets';

/** What the kernel sends after the text of an error. */
const ERROR = 'application/vnd.byok-widgets.error+json';
/** Where the text of a part begins with a sign. */
const SIGNS: Record<string, string> = { fix: '→ ' };

interface Facts {
  /** The flow concerned; empty if no node was running. */
  flow?: string;
  /** Whether it is corrected in the settings. */
  settings?: boolean;
  /** The names of the parts, each with what is to be read, in their order. */
  parts?: [name: string, text: string][];
}

/** Draw the errors of flows as cards, which offer the settings where that is what a person needs. */
export function drawErrors(notebook: NotebookPanel, commands: CommandRegistry, command: string): void {
  notebook.content.rendermime.addFactory(
    { safe: true, mimeTypes: [ERROR], createRenderer: () => new ErrorCard(commands, command) },
    0
  );
}

/** It stands for the text before it, which the style sheet hides: JupyterLab breaks that anywhere. */
class ErrorCard extends Widget {
  constructor(commands: CommandRegistry, command: string) {
    super();
    this._commands = commands;
    this._command = command;
    this.addClass('byok-offer');
  }

  renderModel(model: { data: ReadonlyPartialJSONObject }): Promise<void> {
    const { flow = '', settings = false, parts } = (model.data[ERROR] ?? {}) as Facts;
    // Earlier versions saved a mapping, whose order was lost: the text above says it then.
    const lines = Array.isArray(parts) ? parts.map(([name, text]) => part(name, text)) : [];
    this.toggleClass('byok-error-card', lines.length > 0);
    this.node.replaceChildren(...lines, ...(settings ? [this._button(flow)] : []));
    return Promise.resolve();
  }

  private _button(flow: string): HTMLButtonElement {
    const button = document.createElement('button');
    button.textContent = 'Settings';
    button.onclick = () => {
      void this._commands.execute(this._command, { flow });
    };
    return button;
  }

  private readonly _commands: CommandRegistry;
  private readonly _command: string;
}

function part(name: string, text: string): HTMLElement {
  const line = document.createElement('div');
  line.dataset['part'] = name;
  line.dir = 'auto';
  line.append(name === 'link' && isSafe(text) ? link(text) : `${SIGNS[name] ?? ''}${text}`);
  return line;
}

/** A notebook that somebody sent must not lead to a script. */
function isSafe(url: string): boolean {
  return URL.canParse(url) && new URL(url).protocol === 'https:';
}

function link(url: string): HTMLAnchorElement {
  const anchor = document.createElement('a');
  Object.assign(anchor, { href: url, textContent: url, target: '_blank', rel: 'noopener noreferrer' });
  return anchor;
}
