import { ISessionContext } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import { NotebookPanel } from '@jupyterlab/notebook';
import { Kernel } from '@jupyterlab/services';
import { settingsIcon } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import { PartialJSONObject } from '@lumino/coreutils';
import { Message } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';

import * as notices from './notices';

const WIDGET = 'application/vnd.jupyter.widget-view+json';
// The types of `@jupyterlab/services` omit the content of an `ok` reply.
type Reply =
  | { status: 'ok'; user_expressions: Record<string, unknown> }
  | { status: 'error'; ename: string }
  | { status: 'aborted' };

const INSTALLED = 'byok_widgets_is_installed';
const IS_INSTALLED =
  '__import__("importlib.util", fromlist=["find_spec"]).find_spec("byok_widgets") is not None';
const CHOOSE_KERNEL = 'notebook:change-kernel';
const QUEUED_AFTER_MS = 400;

/**
 * The settings of one notebook's flow at the side of the page.
 *
 * The panel itself is created by the kernel and is the same as in a cell; this widget requests it, shows it, and says
 * why there is none. It is closed with its notebook.
 */
export class Side extends Panel {
  constructor(notebook: NotebookPanel, commands: CommandRegistry) {
    super();
    this._notebook = notebook;
    this._commands = commands;
    this.id = `${notebook.id}-byok-settings`;
    this.addClass('byok-side');
    this.node.tabIndex = -1;
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', 'Flow settings');
    this._notice.addClass('byok-side-notice');
    this._notice.node.setAttribute('role', 'status');
    this.addWidget(this._notice);
    this.title.icon = settingsIcon;
    this._name();
    notebook.context.pathChanged.connect(this._name, this);
    notebook.sessionContext.kernelChanged.connect(this._kernelChanged, this);
    notebook.sessionContext.statusChanged.connect(this._statusChanged, this);
    notebook.disposed.connect(this.dispose, this);
    void notebook.sessionContext.ready.then(() => this._openIfWanted());
  }

  /**
   * Show the panel, of a given flow or of the one that was shown last. Where it is already shown, it looks whether
   * another kernel has changed its settings.
   */
  open(flow = ''): void {
    const isShown = this.node.querySelector('.byok-panel') !== null;
    const shown = this.node.querySelector<HTMLSelectElement>('.byok-which select')?.value;
    if (!isShown || (flow && shown !== undefined && shown !== flow)) {
      void this._open(flow);
    } else {
      this._look();
    }
  }

  /** Show the panel when this is activated next, and leave the keyboard where it is. */
  follow(): void {
    this._follows = true;
    this.open();
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    if (!this._follows) {
      this.node.focus();
    }
    this._follows = false;
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    if (this._wanted) {
      void this._open();
    }
  }

  private async _open(flow = ''): Promise<void> {
    const session = this._notebook.sessionContext;
    const kernel = session.session?.kernel;
    this._clear();
    this._flow = flow || this._flow;
    if (!kernel) {
      const coming = ['initializing', 'starting', 'restarting'].includes(session.kernelDisplayStatus);
      this._say(coming ? notices.STARTING : notices.NO_KERNEL);
      this._wanted = true;
    } else if (kernel.status === 'dead') {
      this._say(notices.DEAD);
    } else if (kernel.status !== 'idle' && kernel.status !== 'busy') {
      this._say(notices.STARTING);
      this._wanted = true;
    } else {
      this._say(kernel.status === 'busy' ? notices.BUSY : notices.OPENING);
      await this._ask(kernel, this._round);
    }
  }

  /** Ask the kernel for its panel, outside of the notebook's history and counters. */
  private async _ask(kernel: Kernel.IKernelConnection, round: number): Promise<void> {
    let queued = 0;
    try {
      const language = (await kernel.info).language_info.name;
      if (round !== this._round) {
        return;
      }
      if (language !== 'python') {
        this._say(notices.otherLanguage(language));
        return;
      }
      const future = kernel.requestExecute({
        code: this._code('show', this._notebook.context.path, this._flow),
        user_expressions: { [INSTALLED]: IS_INSTALLED },
        silent: false,
        store_history: false,
        stop_on_error: false,
        allow_stdin: false
      });
      // The status of the kernel does not tell: what runs beside a cell sets it to idle.
      queued = window.setTimeout(() => round === this._round && this._say(notices.BUSY), QUEUED_AFTER_MS);
      future.onIOPub = ({ header, content }) => {
        clearTimeout(queued);
        const data = (content as { data?: PartialJSONObject }).data;
        if (header.msg_type === 'display_data' && data?.[WIDGET] && round === this._round) {
          this._show(data);
        }
      };
      const { content } = (await future.done) as { content: Reply };
      if (round !== this._round) {
        return;
      }
      if (content.status === 'error') {
        this._say(notices.failed(content.ename));
      } else if (content.status !== 'ok') {
        void this._open(); // an earlier cell failed, so all queued requests were dropped
      } else if (isTrue(content.user_expressions[INSTALLED])) {
        this._say(notices.failed('no output'));
      } else {
        this._say(notices.NOT_INSTALLED);
      }
    } catch {
      // The kernel is gone; a signal reports its new state.
    } finally {
      clearTimeout(queued);
    }
  }

  private _look(): void {
    const kernel = this._notebook.sessionContext.session?.kernel;
    if (kernel?.status === 'idle') {
      kernel.requestExecute({
        code: this._code('look', this._notebook.context.path),
        silent: true,
        store_history: false,
        stop_on_error: false,
        allow_stdin: false
      });
    }
  }

  private _code(name: 'show' | 'look', ...given: string[]): string {
    const module = '__import__("byok_widgets.widgets.panel.side_panel", fromlist=["show"])'; // binds no name in the notebook
    return `if ${IS_INSTALLED}: ${module}.${name}(${given.map(each => JSON.stringify(each)).join(', ')})`;
  }

  private _show(data: PartialJSONObject): void {
    const { rendermime } = this._notebook.content;
    this._clear();
    if (!rendermime.mimeTypes.includes(WIDGET)) {
      this._say(notices.NO_WIDGETS);
      return;
    }
    const view = rendermime.createRenderer(WIDGET);
    this._view = view;
    this.addWidget(view);
    void view.renderModel(rendermime.createModel({ data, trusted: true }));
  }

  /** Remove what is shown, and discard the results of pending requests. */
  private _clear(): void {
    this._round += 1;
    this._wanted = false;
    const shown = this.node.querySelector('.byok-side-panel');
    const isSaved = !shown?.classList.contains('byok-unsaved');
    this._flow = isSaved ? (shown?.querySelector<HTMLSelectElement>('.byok-which select')?.value ?? this._flow) : '';
    this._view?.dispose();
    this._view = null;
    delete this._notice.node.dataset['kind'];
    this._notice.node.replaceChildren();
  }

  private _say({ kind, text, code, offer }: notices.Notice): void {
    const parts: HTMLElement[] = [element('p', text)];
    if (code) {
      parts.push(element('pre', code));
    }
    if (offer === 'again' || (offer && this._commands.hasCommand(CHOOSE_KERNEL))) {
      const button = element('button', offer === 'again' ? 'Try again' : 'Choose a kernel');
      button.onclick = () => {
        void (offer === 'again' ? this._open() : this._commands.execute(CHOOSE_KERNEL));
      };
      parts.push(button);
    }
    this._notice.node.dataset['kind'] = kind;
    this._notice.node.replaceChildren(...parts);
  }

  private _name(): void {
    this.title.caption = `Flow settings · ${PathExt.basename(this._notebook.context.path)}`;
  }

  private _kernelChanged(): void {
    this._clear();
    this._wanted = true;
    this._openIfWanted();
  }

  private _statusChanged(_: ISessionContext, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting') {
      this._clear();
      this._say(notices.RESTARTED);
      this._wanted = true;
    } else if (status === 'dead') {
      this._clear();
      this._say(notices.DEAD);
    } else if (status === 'idle' || status === 'busy') {
      this._openIfWanted();
    }
  }

  private _openIfWanted(): void {
    // While it restarts, the old kernel may still report that it is idle.
    if (this._wanted && this.isVisible && !this._notebook.sessionContext.isRestarting) {
      void this._open();
    }
  }

  private readonly _notebook: NotebookPanel;
  private readonly _commands: CommandRegistry;
  private readonly _notice = new Widget();
  private _view: Widget | null = null;
  private _round = 0;
  /** Whether it is activated because a person has gone to its notebook. */
  private _follows = false;
  /** Whether to open as soon as the kernel is ready and the side bar is visible. */
  private _wanted = false;
  /** Name of the flow that was shown last, to come back to after a restart; none of one that is not saved. */
  private _flow = '';
}

/** Whether a user expression evaluated to `True`. */
function isTrue(result: unknown): boolean {
  const { data } = (result ?? {}) as { data?: PartialJSONObject };
  return data?.['text/plain'] === 'True';
}

function element<K extends keyof HTMLElementTagNameMap>(tag: K, text: string): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
