import { NotebookPanel } from '@jupyterlab/notebook';
import { CommandRegistry } from '@lumino/commands';
import { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { Widget } from '@lumino/widgets';

/** What the kernel sends after the card of an error. */
const ERROR = 'application/vnd.byok-widgets.error+json';

interface Facts {
  /** The flow concerned; empty if no node was running. */
  flow?: string;
  /** Whether the settings are the place to mend it. */
  settings?: boolean;
}

/** Below an error of a flow, offer the settings where they are the place to mend it. */
export function offerSettings(notebook: NotebookPanel, commands: CommandRegistry, command: string): void {
  notebook.content.rendermime.addFactory(
    { safe: true, mimeTypes: [ERROR], createRenderer: () => new Offer(commands, command) },
    0
  );
}

/** Its class also lets the card before it break between words: JupyterLab breaks errors anywhere. */
class Offer extends Widget {
  constructor(commands: CommandRegistry, command: string) {
    super();
    this._commands = commands;
    this._command = command;
    this.addClass('byok-offer');
  }

  renderModel(model: { data: ReadonlyPartialJSONObject }): Promise<void> {
    const { flow = '', settings = false } = (model.data[ERROR] ?? {}) as Facts;
    this.node.replaceChildren(...(settings ? [this._button(flow)] : []));
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
