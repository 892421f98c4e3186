// SPDX-License-Identifier: Apache-2.0
// request-log - a line for each step of each request, on level `debug`

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { BrokerRequestMessage } from '@mdp/broker';
import { text } from '@mdp/protocol';
import type { Log } from './logger.js';
import { printable, quoted } from './printable.js';

/** By its channel, what is said of a request. */
const STEPS: Readonly<Record<string, (message: BrokerRequestMessage) => string>> = {
  'mdp.broker.request.start': ({ client, dialect }) => `came from ${dialect}, ${printable(client, 80)}`,
  'mdp.broker.request.dispatch': ({ worker, attempts }) =>
    `went to ${worker === undefined ? 'a worker' : `${worker.dialect}, ${printable(worker.peer, 80)}`} (attempt ${String(attempts)})`,
  'mdp.broker.request.end': ({ outcome = 'ended', status }) =>
    status === undefined ? outcome : `${outcome}: ${String(status)}`,
};

/** The name of a request, as text where it is some. */
function nameOf(id: Uint8Array | undefined): string | undefined {
  return id === undefined ? undefined : (text(id) ?? Buffer.from(id).toString('hex'));
}

/**
 * Log each request of the brokers of this process (or thread): when it is accepted, each time that it is given to a worker,
 * and its end. Requests are numbered, for few have a name of their own.
 *
 * @returns ends it
 */
export function logRequests(log: Log): () => void {
  const numbers = new WeakMap<BrokerRequestMessage, number>();
  let last = 0;
  const numberOf = (message: BrokerRequestMessage): number => {
    let number = numbers.get(message);
    if (number === undefined) numbers.set(message, (number = ++last));
    return number;
  };
  const listeners = Object.entries(STEPS).map(([channel, say]) => {
    const event = `request${channel.slice(channel.lastIndexOf('.') + 1).replace(/^./, (first) => first.toUpperCase())}`;
    const listener = (given: unknown): void => {
      const message = given as BrokerRequestMessage;
      const { service, trace, outcome, status, attempts } = message;
      const id = nameOf(message.id);
      const number = numberOf(message);
      const who = `request ${String(number)}${id === undefined ? '' : ` ${quoted(id, 80)}`} for ${quoted(service)}`;
      const fields = { request: number, id, service, trace: trace?.traceparent, attempts, outcome, status };
      log.log('debug', event, () => `${who} ${say(message)}`, fields);
    };
    subscribe(channel, listener);
    return { channel, listener };
  });
  return () => {
    for (const { channel, listener } of listeners) unsubscribe(channel, listener);
  };
}
