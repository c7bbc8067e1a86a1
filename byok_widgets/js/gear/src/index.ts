/** The gear in the notebook toolbar: it opens the settings of the notebook's flow at the side. */

import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { settingsIcon } from '@jupyterlab/ui-components';

import { drawErrors } from './error_card';
import { Side } from './side';

const OPEN = 'byok-widgets:open-settings';
/** What a chat sends that a person has asked for the settings of its flow. */
const ASKED = 'byok-open-settings';
/** Below this width there is no room for the list of files beside the settings. */
const NARROW_PX = 720;

const gear: JupyterFrontEndPlugin<void> = {
  id: 'byok-widgets:gear',
  description: 'Opens the settings of a flow: API key and models.',
  autoStart: true,
  optional: [INotebookTracker, ICommandPalette],
  activate
};

function activate(
  app: JupyterFrontEnd,
  notebooks: INotebookTracker | null,
  palette: ICommandPalette | null
): void {
  if (!notebooks) {
    return; // for example in Voila, which shows a notebook's outputs but no toolbar
  }
  const sides = new Map<NotebookPanel, Side>();

  const sideOf = (notebook: NotebookPanel): Side => {
    const known = sides.get(notebook);
    if (known && !known.isDisposed) {
      return known;
    }
    const side = new Side(notebook, app.commands);
    sides.set(notebook, side);
    notebook.disposed.connect(() => sides.delete(notebook));
    app.shell.add(side, 'right', { rank: 900 });
    return side;
  };

  notebooks.widgetAdded.connect((_, notebook) => {
    drawErrors(notebook, app.commands, OPEN);
    notebook.node.dataset['byokGear'] = '';
    notebook.node.addEventListener(ASKED, event => {
      void app.commands.execute(OPEN, { flow: (event as CustomEvent<string>).detail });
    });
  });

  // Settings that are open are those of the notebook that is looked at.
  notebooks.currentChanged.connect((_, notebook) => {
    const shown = [...sides].find(([, side]) => side.isVisible);
    if (notebook && shown && shown[0] !== notebook) {
      const side = sideOf(notebook);
      side.follow();
      app.shell.activateById(side.id);
    }
  });

  app.commands.addCommand(OPEN, {
    label: 'Open Flow Settings',
    caption: 'Settings: API key and models',
    icon: settingsIcon,
    isEnabled: args => Boolean(args['toolbar']) || notebooks.currentWidget !== null,
    execute: args => {
      const notebook = notebooks.currentWidget;
      if (notebook) {
        const side = sideOf(notebook);
        makeRoom(app.shell);
        app.shell.activateById(side.id);
        side.open(typeof args['flow'] === 'string' ? args['flow'] : '');
      }
    }
  });
  palette?.addItem({ command: OPEN, category: 'Notebook Operations' });
}

/** Close the left side bar of a narrow window, where the shell has one. */
function makeRoom(shell: JupyterFrontEnd.IShell): void {
  if (window.innerWidth < NARROW_PX) {
    (shell as { collapseLeft?: () => void }).collapseLeft?.();
  }
}

export default gear;
