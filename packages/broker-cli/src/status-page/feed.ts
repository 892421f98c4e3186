// SPDX-License-Identifier: Apache-2.0
// feed - looks at the broker every two seconds, and tells all who watch: server-sent events, bounded in listeners and in what waits for them

import type { ServerResponse } from 'node:http';
import type { AdminReply } from '../admin-server.js';
import { plain } from '../admin-server.js';
import { memoryInUse } from '../memory-in-use.js';
import type { BrokerSnapshot } from '../snapshot.js';
import { StatusHistory } from './history.js';
import type { RecentLines } from './recent-lines.js';
import type { StatusBegin, StatusUpdate } from '../page/update.js';

/** How often it looks, in milliseconds. */
export const EVERY_MS = 2_000;

/** Looking may take a part of the time as small as this: a broker with very many services is looked at less often. */
const REST_FACTOR = 20;

/** It rests so many times as long at the most: connections that are silent for 30 seconds are cut off. */
const LONGEST_REST = 5;

/** So many can watch at once. */
export const MOST_LISTENERS = 16;

/** Who has not taken what was sent is sent nothing more; after so many updates that it missed, it is cut off. */
const MOST_MISSED = 5;

/** What it tells of. */
export interface StatusSource {
  phase(): StatusUpdate['phase'];
  /** Only asked for once the broker serves. */
  snapshot(): Promise<BrokerSnapshot>;
  readonly recent: RecentLines;
}

/** One event as it is sent. JSON has no line ends of its own. */
export function eventText(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Those who watch, and what they are told. */
export class StatusFeed {
  readonly #source: StatusSource;
  readonly #onFault: (error: unknown) => void;
  readonly #everyMs: number;
  readonly #history: StatusHistory;
  /** With how many updates each has missed. */
  readonly #listeners = new Map<ServerResponse, number>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #failing = false;

  /**
   * @param onFault - told when a look fails; of several in a row, once
   * @param everyMs - how often it looks, in milliseconds
   * @param history - what it remembers to begin with
   */
  constructor(
    source: StatusSource,
    onFault: (error: unknown) => void,
    everyMs = EVERY_MS,
    history = new StatusHistory(),
  ) {
    this.#source = source;
    this.#onFault = onFault;
    this.#everyMs = everyMs;
    this.#history = history;
  }

  /** How many watch. */
  get listeners(): number {
    return this.#listeners.size;
  }

  /** Begin to look: there is a past to be shown when somebody comes. */
  start(): void {
    this.#lookIn(0);
  }

  /** Look no more; those who watch are told that nothing follows. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const response of this.#listeners.keys()) response.end();
    this.#listeners.clear();
  }

  /**
   * The answer for who wants to watch.
   *
   * @param page - which page there is now
   */
  reply(page: string): AdminReply {
    if (this.#closed) return plain(503, 'the broker stops');
    if (this.#source.phase() === 'starting') return plain(503, 'the broker starts');
    if (this.#listeners.size >= MOST_LISTENERS) return plain(503, `${String(MOST_LISTENERS)} watch already`);
    return {
      type: 'text/event-stream; charset=utf-8',
      // Proxies are asked not to keep it until it is whole.
      headers: { 'x-accel-buffering': 'no' },
      body: (response) => {
        this.#admit(response, page);
      },
    };
  }

  #admit(response: ServerResponse, page: string): void {
    this.#listeners.set(response, 0);
    response.once('close', () => this.#listeners.delete(response));
    response.write(eventText('begin', { ...this.#history.begin(this.#everyMs), page } satisfies StatusBegin));
    const update = this.#update();
    if (update !== undefined) response.write(eventText('update', update));
  }

  #update(): StatusUpdate | undefined {
    return this.#history.update(this.#source.phase(), this.#source.recent.lines, performance.now());
  }

  #lookIn(ms: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      void this.#look();
    }, ms).unref();
  }

  async #look(): Promise<void> {
    const begun = performance.now();
    try {
      if (this.#source.phase() !== 'starting') {
        const snapshot = await this.#source.snapshot();
        this.#history.add({ atMs: performance.now(), date: Date.now(), snapshot, memory: memoryInUse().rss });
        this.#tell();
      }
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#onFault(error);
      this.#failing = true;
    }
    const took = performance.now() - begun;
    this.#lookIn(Math.min(Math.max(this.#everyMs, REST_FACTOR * took), LONGEST_REST * this.#everyMs));
  }

  #tell(): void {
    // Made for those who watch only.
    if (this.#listeners.size === 0) return;
    const text = eventText('update', this.#update());
    for (const [response, missed] of this.#listeners) {
      // Each update has everything: who missed some needs none of them.
      if (!response.writableNeedDrain) {
        this.#listeners.set(response, 0);
        response.write(text);
      } else if (missed < MOST_MISSED) this.#listeners.set(response, missed + 1);
      else response.destroy();
    }
  }
}
