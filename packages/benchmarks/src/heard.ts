// SPDX-License-Identifier: Apache-2.0
// heard - waits for one kind of message from a process, however many others come with it

import type { EventEmitter } from 'node:events';
import type { ChildMessage, MessageOf } from './children.js';

/**
 * Wait for a message.
 *
 * @param process - says `message`, and `close` when it has ended and everything that it wrote was read
 * @throws Error that says what it did instead: it ended, or it said nothing of the kind within `withinMs`
 */
export function heard<T extends ChildMessage['type']>(
  process: EventEmitter,
  type: T,
  withinMs: number,
): Promise<MessageOf<T>> {
  return new Promise((resolve, reject) => {
    // Several messages may come at once, so we listen until ours has come, and not once for each.
    const take = (message: ChildMessage): void => {
      if (message.type !== type) return;
      stop();
      resolve(message as MessageOf<T>);
    };
    const close = (code: number | null, signal: string | null): void => {
      stop();
      reject(new Error(`ended with ${String(code ?? signal)} before it said ${type}`));
    };
    const fail = (error: Error): void => {
      stop();
      reject(error);
    };
    const timer = setTimeout(() => {
      stop();
      reject(new Error(`did not say ${type} within ${String(withinMs)} ms`));
    }, withinMs);
    const stop = (): void => {
      clearTimeout(timer);
      process.off('message', take).off('close', close).off('error', fail);
    };
    process.on('message', take).on('close', close).on('error', fail);
  });
}
