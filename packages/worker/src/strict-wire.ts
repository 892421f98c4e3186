// SPDX-License-Identifier: Apache-2.0
// strict-wire - one command to a message: RFC 18, or a legacy dialect

import type { Dialect, Frame } from '@mdp/protocol';
import { decodeAtWorker, encodeReady, encodeSignal, encodeWorkerReply } from '@mdp/protocol';
import type { Link } from './link.js';
import type { Job } from './request.js';
import type { Done } from './state/port.js';
import type { Decode, Service, Wire } from './wire.js';

/** Reads what a broker says to a worker of one service. */
export function strictDecoder(dialect: Dialect, { name }: Service): Decode {
  return (frames) => {
    const message = decodeAtWorker(dialect, frames);
    if (message.type === 'invalid') return undefined;
    if (message.type !== 'request') return [message];
    const { token: id, body } = message;
    return [{ type: 'request', id, service: name, deadlineMs: 0, body }];
  };
}

/** Speaks a dialect for one service: RFC 18 has no more on a connection. */
export class StrictWire implements Wire {
  readonly #dialect: Dialect;
  readonly #service: Service;
  readonly #link: Link;

  constructor(dialect: Dialect, service: Service, link: Link) {
    this.#dialect = dialect;
    this.#service = service;
    this.#link = link;
  }

  ready(): void {
    this.#link.send(encodeReady(this.#dialect, this.#service.frame));
  }

  heartbeat(): void {
    this.#link.send(encodeSignal(this.#dialect, 'heartbeat'));
  }

  disconnect(): void {
    this.#link.send(encodeSignal(this.#dialect, 'disconnect'));
  }

  reply(type: 'partial' | 'final', { wireId }: Job, body: readonly Frame[], done: Done | undefined): void {
    this.#link.send(encodeWorkerReply(this.#dialect, type, wireId as Frame, body), done);
  }

  get backlog(): number {
    return this.#link.backlog;
  }

  /** Nothing is ever kept. */
  flush(): void {
    return;
  }

  discard(): number {
    return 0;
  }
}
