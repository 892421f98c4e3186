// SPDX-License-Identifier: Apache-2.0
// mock-link - a connection to no broker: it plays a script as frames

import type { Frame } from '@mdp/protocol';
import {
  EMPTY_FRAME,
  RemoteError,
  STATUS,
  TimeoutError,
  decodeAtBroker,
  encodeClientReply,
  encodeErrorReply,
  encodeServiceName,
  toFrames,
} from '@mdp/protocol';
import type { LinkEvents } from './engine.js';
import type { MockAnswer, MockBody, MockCall, MockEnd } from './mock-script.js';
import { play } from './mock-script.js';
import type { Exchange } from './state/exchange.js';
import type { Link, LinkHandle } from './state/link.js';

/** Chooses the answer to an attempt. */
export type Answering = (exchange: Exchange, call: MockCall) => MockAnswer;

/** A connection that answers by script. It makes a part when one is asked for, so back-pressure reaches the script. */
export class MockLink implements LinkHandle {
  readonly connected = true;
  readonly readable = false;
  readonly #link: Link;
  readonly #events: LinkEvents;
  readonly #answering: Answering;
  #closed = false;
  /** How many messages were asked for and not delivered: 0 or 1. */
  #wanted = 0;
  #onWanted: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(link: Link, events: LinkEvents, answering: Answering) {
    this.#link = link;
    this.#events = events;
    this.#answering = answering;
  }

  send(frames: readonly Frame[]): void {
    const request = decodeAtBroker(frames);
    const { exchange } = this.#link;
    if (request.type !== 'request' || exchange === undefined) throw new TypeError('a mock link is sent REQUESTs only');
    const call = { service: request.service, body: request.body, attempt: exchange.attempts };
    void this.#run(this.#answering(exchange, call), call);
  }

  receive(): void {
    this.#wanted = 1;
    this.#onWanted?.();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#onWanted?.();
  }

  async #run(answer: MockAnswer, call: MockCall): Promise<void> {
    const parts = play(answer, call, (ms) => this.#sleep(ms));
    try {
      for (;;) {
        const step = await parts.next();
        if (step.done === true) {
          await this.#end(step.value, call.service);
          return;
        }
        if (!(await this.#part('partial', step.value, call.service))) {
          await parts.return({ final: '' });
          return;
        }
      }
    } catch (error) {
      // What the handler threw, or what it gave that is no body: an error reply, as a worker would send.
      const message = error instanceof Error ? error.message : String(error);
      const fail = error instanceof RemoteError ? error : new RemoteError(STATUS.HANDLER_FAILED, message);
      await this.#end({ fail }, call.service);
    }
  }

  async #end(end: MockEnd, service: string): Promise<void> {
    if ('final' in end) await this.#part('final', end.final, service);
    else if (end.fail instanceof RemoteError) {
      await this.#part('final', encodeErrorReply(end.fail.status, end.fail.message), service);
    } else if (end.fail !== 'silence' && (await this.#demand())) {
      const { exchange } = this.#link;
      if (end.fail === 'disconnect' || exchange === undefined) this.#events.lost(this.#link);
      else this.#events.failed(this.#link, new TimeoutError(`no reply from "${service}" (by script)`, exchange));
    }
  }

  /** @returns whether it was delivered: not once the request has ended */
  async #part(type: 'partial' | 'final', body: MockBody, service: string): Promise<boolean> {
    // Buffers, like those that come from ZeroMQ.
    const frames = toFrames(body, 'answer').map((frame) => Buffer.from(frame));
    if (!(await this.#demand())) return false;
    this.#wanted = 0;
    const padded = frames.length === 0 ? [EMPTY_FRAME] : frames;
    this.#events.message(this.#link, encodeClientReply('rfc18', [], type, encodeServiceName(service), padded));
    return true;
  }

  /** Wait until a message is asked for. */
  async #demand(): Promise<boolean> {
    while (this.#wanted === 0 && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#onWanted = resolve;
      });
    }
    return !this.#closed;
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#timer = setTimeout(resolve, ms);
    });
  }
}
