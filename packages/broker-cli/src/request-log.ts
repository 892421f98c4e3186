// SPDX-License-Identifier: Apache-2.0
// request-log - a line for each step of each request, on level `debug`

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { BrokerRequestMessage } from '@mdp/broker';
import { text } from '@mdp/protocol';
import type { Log } from './logger.js';
import { printable, quoted } from './printable.js';

interface Step {
  readonly channel: string;
  readonly say: (message: BrokerRequestMessage) => string;
}

/** By the event of the line, where it is heard of, and what is said. */
const STEPS: Readonly<Record<string, Step>> = {
  requestStart: {
    channel: 'mdp.broker.request.start',
    say: ({ client, dialect }) => `came from ${dialect}, ${printable(client, 80)}`,
  },
  requestDispatch: {
    channel: 'mdp.broker.request.dispatch',
    say: ({ worker, attempts }) => {
      const whom = worker === undefined ? 'a worker' : `${worker.dialect}, ${printable(worker.peer, 80)}`;
      return `went to ${whom} (attempt ${String(attempts)})`;
    },
  },
  requestEnd: {
    channel: 'mdp.broker.request.end',
    say: ({ outcome = 'ended', status }) => (status === undefined ? outcome : `${outcome}: ${String(status)}`),
  },
};

/** The name of a request, as text where it is some. */
function nameOf(id: Uint8Array | undefined): string | undefined {
  return id === undefined ? undefined : (text(id) ?? Buffer.from(id).toString('hex'));
}

/**
 * Logs each request of the brokers of this process (or thread) as long as level `debug` is on: when it is accepted, each time
 * that it is given to a worker, and its end. Requests are numbered, for few have a name of their own.
 */
export class RequestLog {
  readonly #log: Log;
  readonly #numbers = new WeakMap<BrokerRequestMessage, number>();
  #last = 0;
  #stop: (() => void) | undefined;

  constructor(log: Log) {
    this.#log = log;
    this.follow();
  }

  /** How much is logged may have changed. */
  follow(): void {
    if (!this.#log.enabled('debug')) this.close();
    else this.#stop ??= this.#listen();
  }

  /** Log no more. */
  close(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #listen(): () => void {
    const listeners = Object.entries(STEPS).map(([step, { channel, say }]) => {
      const listener = (message: unknown): void => {
        this.#write(step, message as BrokerRequestMessage, say);
      };
      subscribe(channel, listener);
      return { channel, listener };
    });
    return () => {
      for (const { channel, listener } of listeners) unsubscribe(channel, listener);
    };
  }

  #write(event: string, message: BrokerRequestMessage, say: Step['say']): void {
    const { service, trace, outcome, status, attempts } = message;
    const id = nameOf(message.id);
    const request = this.#numberOf(message);
    const who = `request ${String(request)}${id === undefined ? '' : ` ${quoted(id, 80)}`} for ${quoted(service)}`;
    const fields = { request, id, service, trace: trace?.traceparent, attempts, outcome, status };
    this.#log.log('debug', event, () => `${who} ${say(message)}`, fields);
  }

  #numberOf(message: BrokerRequestMessage): number {
    let number = this.#numbers.get(message);
    if (number === undefined) this.#numbers.set(message, (number = ++this.#last));
    return number;
  }
}
