/** What is shown while there is no panel. */

export interface Notice {
  /** Its kind, for programs. */
  kind:
    | 'opening'
    | 'starting'
    | 'busy'
    | 'restarted'
    | 'dead'
    | 'no-kernel'
    | 'no-widgets'
    | 'not-installed'
    | 'incomplete'
    | 'other-language'
    | 'failed';
  text: string;
  /** A line to run in a cell. */
  code?: string;
  /** What the button does: choose another kernel, or try again. */
  offer?: 'kernel' | 'again';
}

export const OPENING: Notice = { kind: 'opening', text: 'Opening the settings…' };

export const STARTING: Notice = { kind: 'starting', text: 'Waiting for the kernel to start…' };

export const BUSY: Notice = { kind: 'busy', text: 'A cell is still running. The settings open when it finishes.' };

export const RESTARTED: Notice = { kind: 'restarted', text: 'The kernel is restarting. The settings open again when it is ready.' };

export const DEAD: Notice = { kind: 'dead', text: 'The kernel has stopped. Restart it to open the settings again.' };

export const NO_KERNEL: Notice = {
  kind: 'no-kernel',
  text: 'This notebook has no kernel. Choose a Python kernel to open the settings of its flow.',
  offer: 'kernel'
};

export const NO_WIDGETS: Notice = {
  kind: 'no-widgets',
  text: 'Widgets are disabled in this JupyterLab. Enable or install jupyterlab_widgets, then reload the page.'
};

export const NOT_INSTALLED: Notice = {
  kind: 'not-installed',
  text: 'byok_widgets is not installed in this kernel. Run this line in a cell, then try again.',
  code: '%pip install byok-widgets',
  offer: 'again'
};

const INCOMPLETE: Notice = {
  kind: 'incomplete',
  text: 'The byok_widgets in this kernel is too old or incomplete. Run this line in a cell, then restart the kernel.',
  code: '%pip install -U byok-widgets'
};

export function otherLanguage(language: string): Notice {
  return {
    kind: 'other-language',
    text: `This notebook's kernel runs ${language}. Choose a Python kernel to open the settings of its flow.`,
    offer: 'kernel'
  };
}

/** Return why the kernel could not show the panel, based on the class of the exception. */
export function failed(exception: string): Notice {
  if (exception === 'ModuleNotFoundError' || exception === 'ImportError') {
    return INCOMPLETE;
  }
  return {
    kind: 'failed',
    text: `The settings could not be opened (${exception}). Run these lines in a cell to see why, or try again.`,
    code: 'from byok_widgets import Flow\nFlow("my flow").settings()',
    offer: 'again'
  };
}
