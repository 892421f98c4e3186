// SPDX-License-Identifier: Apache-2.0
// watch - listens to the broker, and goes on trying when it does not answer
//
// Not by EventSource, which cannot show a token. The token is kept for this tab alone, and never in a cookie: a browser sends a
// cookie along with what pages of other sites have it ask for.

import type { StatusBegin, StatusUpdate } from './update.js';
import { EventReader } from './event-stream.js';

/** How things are between the page and the broker. */
export type Link = 'connecting' | 'live' | 'lost' | 'locked';

/** Who is told. */
export interface Watcher {
  begin(begin: StatusBegin): void;
  update(update: StatusUpdate): void;
  /**
   * @param why - what the server said, or the browser
   * @param restMs - when it is lost: how long until it is tried again, in milliseconds; left out while it is tried
   */
  link(link: Link, why: string, restMs?: number): void;
}

/** Asks the server, as `fetch` does. */
export type Ask = (path: string, init: RequestInit) => Promise<Response>;

/** Where the token is kept. */
export type TokenStore = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const TOKEN_KEY = 'mdp-broker token';

const WRONG_TOKEN = 'that token is not right';

/** The broker tells something every two seconds, and every ten if it has very many services. So long is too long. */
const SILENCE_MS = 15_000;

/** How often it is looked whether it is so long already. No timer of that length: it would stand still while a computer sleeps. */
const CHECK_MS = 1_000;

/** How long it rests after a try that failed, in milliseconds: longer each time. */
const RESTS_MS = [500, 1_000, 2_000, 5_000, 10_000];

/** Listens until the page is gone. */
export class Watch {
  readonly #watcher: Watcher;
  readonly #ask: Ask;
  readonly #tokens: TokenStore;
  #failures = 0;
  #onToken: (() => void) | undefined;
  #onWake: (() => void) | undefined;

  constructor(watcher: Watcher, ask: Ask = (path, init) => fetch(path, init), tokens: TokenStore = sessionStorage) {
    this.#watcher = watcher;
    this.#ask = ask;
    this.#tokens = tokens;
  }

  /** The token to show from now on. */
  unlock(token: string): void {
    // Nothing else can stand in a header, nor be a token.
    if (/^[\x21-\x7e]+$/.test(token)) {
      this.#tokens.setItem(TOKEN_KEY, token);
      this.#onToken?.();
    } else this.#watcher.link('locked', WRONG_TOKEN);
  }

  /** The network is back, or the computer, or somebody looks again: rest no longer, and see whether anything still comes. */
  wake(): void {
    this.#onWake?.();
  }

  /** Listen, again and again. */
  async run(): Promise<never> {
    this.#watcher.link('connecting', '');
    for (;;) {
      const why = await this.#listen();
      if (why === undefined) await new Promise<void>((resolve) => (this.#onToken = resolve));
      else await this.#rest(why);
    }
  }

  async #rest(why: string): Promise<void> {
    const restMs = RESTS_MS[Math.min(this.#failures++, RESTS_MS.length - 1)] ?? 0;
    this.#watcher.link('lost', why, restMs);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, restMs);
      this.#onWake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#watcher.link('lost', why);
  }

  /** @returns why it has ended; `undefined` when a token is needed */
  async #listen(): Promise<string | undefined> {
    const end = new AbortController();
    let heardAt = Date.now();
    const check = (): void => {
      // The clock of a computer may be set back, too.
      if (Math.abs(Date.now() - heardAt) > SILENCE_MS) end.abort(new Error('nothing came for too long'));
    };
    const timer = setInterval(check, CHECK_MS);
    this.#onWake = check;
    const connected = { yet: false };
    try {
      return await this.#read(end.signal, connected, () => {
        heardAt = Date.now();
      });
    } catch (error) {
      // What browsers say of a connection is not the same in any two of them, and helps nobody.
      if (error instanceof TypeError) return connected.yet ? 'the connection broke' : 'the broker cannot be reached';
      return error instanceof Error ? error.message : String(error);
    } finally {
      clearInterval(timer);
      // Whatever has ended it: the broker has room for few who listen.
      end.abort();
    }
  }

  async #read(signal: AbortSignal, connected: { yet: boolean }, heard: () => void): Promise<string | undefined> {
    const token = this.#tokens.getItem(TOKEN_KEY);
    const headers: HeadersInit = token === null ? {} : { authorization: `Bearer ${token}` };
    const response = await this.#ask('events', { headers, cache: 'no-store', credentials: 'omit', signal });
    connected.yet = true;
    if (response.status === 401) {
      this.#tokens.removeItem(TOKEN_KEY);
      this.#watcher.link('locked', token === null ? '' : WRONG_TOKEN);
      return undefined;
    }
    if (!response.ok || response.body === null) return (await response.text()).trim().slice(0, 200);
    const events = new EventReader();
    const text = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await text.read();
      if (done) return 'the broker has ended the connection';
      heard();
      for (const { event, data } of events.read(value)) this.#tell(event, data);
    }
  }

  #tell(event: string, data: unknown): void {
    if (event === 'begin') this.#watcher.begin(data as StatusBegin);
    if (event !== 'update') return;
    const update = data as StatusUpdate;
    this.#watcher.update(update);
    // Who comes is told what is known, which may be old: the broker itself may stand still.
    if (update.ageMs > SILENCE_MS) {
      this.#watcher.link('lost', 'the broker does not answer its admin interface');
      return;
    }
    this.#failures = 0;
    this.#watcher.link('live', '');
  }
}
