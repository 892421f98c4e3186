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
  /** @param why - what the server said, or the browser */
  link(link: Link, why: string): void;
}

/** Where the token is kept. */
const TOKEN_KEY = 'mdp-broker token';

const WRONG_TOKEN = 'that token is not right';

/** Nothing for so long: it is asked anew, in milliseconds. */
const SILENCE_MS = 25_000;

/** How long it rests after a try that failed, in milliseconds: longer each time. */
const RESTS_MS = [500, 1_000, 2_000, 5_000];

/** Listens until the page is gone. */
export class Watch {
  readonly #watcher: Watcher;
  #failures = 0;
  #onToken: (() => void) | undefined;

  constructor(watcher: Watcher) {
    this.#watcher = watcher;
  }

  /** The token to show from now on. */
  unlock(token: string): void {
    // Nothing else can stand in a header, nor be a token.
    if (/^[\x21-\x7e]+$/.test(token)) {
      sessionStorage.setItem(TOKEN_KEY, token);
      this.#onToken?.();
    } else this.#watcher.link('locked', WRONG_TOKEN);
  }

  /** Listen, again and again. */
  async run(): Promise<never> {
    for (;;) {
      // After a failure it is lost until it is live again.
      if (this.#failures === 0) this.#watcher.link('connecting', '');
      const why = await this.#listen().catch((error: unknown) =>
        error instanceof Error ? error.message : String(error),
      );
      if (why === undefined) {
        await new Promise<void>((resolve) => (this.#onToken = resolve));
        continue;
      }
      this.#watcher.link('lost', why);
      const rest = RESTS_MS[Math.min(this.#failures++, RESTS_MS.length - 1)];
      await new Promise((resolve) => setTimeout(resolve, rest));
    }
  }

  /** @returns why it has ended; `undefined` when a token is needed */
  async #listen(): Promise<string | undefined> {
    const token = sessionStorage.getItem(TOKEN_KEY);
    const silence = new AbortController();
    let timer = setTimeout(() => undefined, 0);
    const heard = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        silence.abort(new Error('nothing came for too long'));
      }, SILENCE_MS);
    };
    try {
      heard();
      const headers: HeadersInit = token === null ? {} : { authorization: `Bearer ${token}` };
      const response = await fetch('events', {
        headers,
        cache: 'no-store',
        credentials: 'omit',
        signal: silence.signal,
      });
      if (response.status === 401) {
        sessionStorage.removeItem(TOKEN_KEY);
        this.#watcher.link('locked', token === null ? '' : WRONG_TOKEN);
        return undefined;
      }
      if (!response.ok || response.body === null) return (await response.text()).trim().slice(0, 200);
      await this.#read(response.body, heard);
      return 'the broker has ended the connection';
    } finally {
      clearTimeout(timer);
    }
  }

  async #read(body: ReadableStream<Uint8Array<ArrayBuffer>>, heard: () => void): Promise<void> {
    const events = new EventReader();
    const text = body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await text.read();
      if (done) return;
      heard();
      for (const { event, data } of events.read(value)) {
        this.#failures = 0;
        if (event === 'begin') this.#watcher.begin(data as StatusBegin);
        if (event === 'update') {
          this.#watcher.link('live', '');
          this.#watcher.update(data as StatusUpdate);
        }
      }
    }
  }
}
