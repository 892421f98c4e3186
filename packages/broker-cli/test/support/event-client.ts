// SPDX-License-Identifier: Apache-2.0
// event-client - listens to server-sent events, as the status page does

import type { ClientRequest, IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { waitUntil } from '@mdp/testkit';
import type { StreamEvent } from '../../src/page/event-stream.js';
import { EventReader } from '../../src/page/event-stream.js';
import type { StatusBegin, StatusUpdate } from '../../src/page/update.js';

/** One who listens. */
export class EventClient implements Disposable {
  readonly events: StreamEvent[] = [];
  readonly response: IncomingMessage;
  readonly #request: ClientRequest;
  /** Nothing will come any more. */
  ended = false;

  private constructor(asked: ClientRequest, response: IncomingMessage) {
    this.#request = asked;
    this.response = response;
    const reader = new EventReader();
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.events.push(...reader.read(text)));
    response.once('close', () => (this.ended = true));
    // A connection that is cut ends with an error.
    response.on('error', () => (this.ended = true));
  }

  /** Begin to listen. */
  static open(url: string, headers: Readonly<Record<string, string>> = {}): Promise<EventClient> {
    return new Promise((resolve, reject) => {
      const asked = request(url, { headers, agent: false }, (response) => {
        resolve(new EventClient(asked, response));
      });
      asked.once('error', reject);
      asked.end();
    });
  }

  /** What it was told first. */
  get begin(): StatusBegin | undefined {
    return this.events.find(({ event }) => event === 'begin')?.data as StatusBegin | undefined;
  }

  /** What it was told since. */
  get updates(): StatusUpdate[] {
    return this.events.filter(({ event }) => event === 'update').map(({ data }) => data as StatusUpdate);
  }

  /** Wait for an update that says something. */
  async update(what: string, says: (update: StatusUpdate) => boolean = () => true): Promise<StatusUpdate> {
    return waitUntil(`an update with ${what}`, () => this.updates.find(says));
  }

  [Symbol.dispose](): void {
    this.#request.destroy();
  }
}
