/** What a person reads while there is no panel to show. */

export interface Words {
  text: string;
  /** A line to run in a cell. */
  code?: string;
  /** What a button offers: to choose another kernel, or to try again. */
  offer?: 'kernel' | 'again';
}

export const OPENING: Words = { text: 'Opening the settings…' };

export const STARTING: Words = { text: 'Waiting for the kernel to start…' };

export const BUSY: Words = { text: 'Waiting for the running cell. The settings open when it ends.' };

export const RESTARTED: Words = { text: 'The kernel restarts. The settings open again when it is ready.' };

export const DEAD: Words = { text: 'The kernel has stopped. Restart it, and the settings open again.' };

export const NO_KERNEL: Words = {
  text: 'This notebook has no kernel, and settings belong to a flow in one. Choose a Python kernel, and they open.',
  offer: 'kernel'
};

export const NO_WIDGETS: Words = {
  text: 'Widgets are turned off in this JupyterLab. Turn on or install jupyterlab_widgets and load the page again.'
};

export function otherLanguage(language: string): Words {
  return {
    text: `This notebook's kernel speaks ${language}, and flows live in Python. Choose a Python kernel, and the settings open.`,
    offer: 'kernel'
  };
}

/** Say why the kernel could not show the panel. */
export function failed(name: string, value: string): Words {
  if (value.includes("'byok_widgets'")) {
    return {
      text: 'byok_widgets is not installed where this kernel runs. Run this line in a cell, then try again.',
      code: '%pip install byok-widgets',
      offer: 'again'
    };
  }
  if (name === 'ModuleNotFoundError' || name === 'ImportError') {
    return {
      text: 'The byok_widgets of this kernel is too old for the gear, or incomplete. Run this line in a cell, then restart the kernel.',
      code: '%pip install -U byok-widgets'
    };
  }
  return {
    text: `The settings did not open (${name}). Run this in a cell to see why, or try again.`,
    code: 'from byok_widgets import Flow\nFlow("my flow").settings()',
    offer: 'again'
  };
}
