// SPDX-License-Identifier: Apache-2.0
// chromium - a real browser without a window, if this machine has one, told what to do over a pipe

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { waitUntil } from '@mdp/testkit';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The program, if there is one. */
export function findChromium(): string | undefined {
  if (process.platform === 'win32') return undefined;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** It asks nobody for anything but this machine. */
const FLAGS = [
  '--headless=new',
  '--remote-debugging-pipe',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-extensions',
  '--disable-sync',
  '--no-default-browser-check',
  '--no-first-run',
  '--mute-audio',
  '--hide-scrollbars',
  '--force-color-profile=srgb',
  // It will not run with its sandbox as root.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

type Params = Readonly<Record<string, unknown>>;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Params;
  readonly result?: Params;
  readonly error?: { readonly message: string };
  readonly sessionId?: string;
}

/** Something for those who do not see the page. */
export interface Spoken {
  readonly role: string;
  readonly name: string;
  readonly focusable?: boolean;
  readonly expanded?: boolean;
}

interface AccessibleNode {
  readonly ignored: boolean;
  readonly role?: { readonly value: string };
  readonly name?: { readonly value: string };
  readonly properties?: readonly { readonly name: string; readonly value: { readonly value: unknown } }[];
}

interface Waiting {
  readonly resolve: (result: Params) => void;
  readonly reject: (error: Error) => void;
}

/** The browser. */
export class Chromium implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #profile: string;
  readonly #waiting = new Map<number, Waiting>();
  readonly #pages = new Map<string, BrowserPage>();
  readonly #exited: Promise<void>;
  #count = 0;
  #stderr = '';

  private constructor(program: string, profile: string) {
    this.#profile = profile;
    this.#child = spawn(program, [...FLAGS, `--user-data-dir=${profile}`, 'about:blank'], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: undefined, HOME: profile },
    });
    this.#child.stderr?.on(
      'data',
      (text: Buffer) => (this.#stderr = `${this.#stderr}${text.toString()}`.slice(-4_000)),
    );
    // It may go while something is said to it; what counts is that it is gone.
    this.#commands.on('error', () => undefined);
    let rest = '';
    (this.#child.stdio[4] as Readable).setEncoding('utf8').on('data', (text: string) => {
      const messages = (rest + text).split('\0');
      rest = messages.pop() ?? '';
      for (const message of messages) this.#hear(JSON.parse(message) as Message);
    });
    this.#exited = new Promise((resolve) => {
      const gone = (why: string): void => {
        for (const { reject } of this.#waiting.values()) reject(new Error(`the browser ${why}: ${this.#stderr}`));
        this.#waiting.clear();
        resolve();
      };
      this.#child.once('error', (error) => {
        gone(`cannot be started (${error.message})`);
      });
      this.#child.once('exit', () => {
        gone('is gone');
      });
    });
  }

  static async start(program: string): Promise<Chromium> {
    return new Chromium(program, await mkdtemp(join(tmpdir(), 'mdp-chromium-')));
  }

  get #commands(): Writable {
    return this.#child.stdio[3] as Writable;
  }

  #hear(message: Message): void {
    if (message.id === undefined) {
      this.#pages.get(message.sessionId ?? '')?.hear(message.method ?? '', message.params ?? {});
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error === undefined) waiting?.resolve(message.result ?? {});
    else waiting?.reject(new Error(message.error.message));
  }

  /** Tell it something, and wait for its answer. */
  tell(method: string, params: Params = {}, sessionId?: string): Promise<Params> {
    return new Promise((resolve, reject) => {
      const id = ++this.#count;
      this.#waiting.set(id, { resolve, reject });
      this.#commands.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  /** Open a page; it shows nothing yet. Each has a memory of its own. */
  async open(): Promise<BrowserPage> {
    const { browserContextId } = await this.tell('Target.createBrowserContext');
    const { targetId } = await this.tell('Target.createTarget', { url: 'about:blank', browserContextId });
    const { sessionId } = await this.tell('Target.attachToTarget', { targetId, flatten: true });
    const page = new BrowserPage(this, sessionId as string);
    this.#pages.set(sessionId as string, page);
    for (const domain of ['Page', 'Runtime', 'Network', 'Log']) await page.tell(`${domain}.enable`);
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
    // Its processes may still write for a moment.
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

/** A page of the browser. */
export class BrowserPage {
  readonly #browser: Chromium;
  readonly #session: string;
  /** Where it asked for something. */
  readonly requests: string[] = [];
  /** What it complained of: errors, and what a policy did not let it do. */
  readonly complaints: string[] = [];

  constructor(browser: Chromium, session: string) {
    this.#browser = browser;
    this.#session = session;
  }

  tell(method: string, params: Params = {}): Promise<Params> {
    return this.#browser.tell(method, params, this.#session);
  }

  /** For the browser. */
  hear(method: string, params: Params): void {
    if (method === 'Network.requestWillBeSent') this.requests.push((params['request'] as { url: string }).url);
    if (method === 'Runtime.exceptionThrown') this.complaints.push(JSON.stringify(params['exceptionDetails']));
    if (method === 'Log.entryAdded') this.complaints.push((params['entry'] as { text: string }).text);
    if (method === 'Runtime.consoleAPICalled') this.complaints.push(JSON.stringify(params['args']));
  }

  async goTo(url: string): Promise<void> {
    await this.tell('Page.navigate', { url });
  }

  /** How large it is, and what its user prefers. */
  async look(width: number, height: number, scheme: 'light' | 'dark'): Promise<void> {
    const mobile = width < 600;
    await this.tell('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: mobile ? 2 : 1, mobile });
    await this.prefer({ 'prefers-color-scheme': scheme });
  }

  /** What its user prefers, and nothing else: media features by name. */
  async prefer(wanted: Readonly<Record<string, string>>): Promise<void> {
    const features = Object.entries(wanted).map(([name, value]) => ({ name, value }));
    await this.tell('Emulation.setEmulatedMedia', { features });
  }

  /** What is there for those who do not see it: all that has a role. */
  async spoken(): Promise<Spoken[]> {
    const { nodes } = await this.tell('Accessibility.getFullAXTree');
    return (nodes as readonly AccessibleNode[])
      .filter(({ ignored }) => !ignored)
      .map(({ role, name, properties = [] }) => ({
        role: role?.value ?? '',
        name: name?.value ?? '',
        ...Object.fromEntries(properties.map(({ name: property, value }) => [property, value.value])),
      }));
  }

  /** What an expression is in the page; it may be a promise. */
  async value<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.tell('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
    return (result as { value: T }).value;
  }

  /** Wait until an expression is true in the page. */
  async until(expression: string): Promise<void> {
    // While a page is being loaded, there is none.
    await waitUntil(`${expression} in the page`, () => this.value<unknown>(expression).catch(() => false));
  }

  /** Press a key: `Tab`, `Enter`, or a letter. */
  async press(key: string): Promise<void> {
    const code = { Tab: 9, Enter: 13 }[key];
    const text = key === 'Enter' ? '\r' : key.length === 1 ? key : undefined;
    const params = { key, code: key, windowsVirtualKeyCode: code, ...(text === undefined ? {} : { text }) };
    await this.tell('Input.dispatchKeyEvent', { type: 'keyDown', ...params });
    await this.tell('Input.dispatchKeyEvent', { type: 'keyUp', ...params });
  }

  /** Type a text where the focus is. */
  async type(text: string): Promise<void> {
    await this.tell('Input.insertText', { text });
  }

  /**
   * A picture of the whole page.
   *
   * @param path - where to put it; left out: nowhere
   */
  async picture(path?: string): Promise<Buffer> {
    const { data } = await this.tell('Page.captureScreenshot', { format: 'png', captureBeyondViewport: true });
    const png = Buffer.from(data as string, 'base64');
    if (path !== undefined) await writeFile(path, png);
    return png;
  }
}
