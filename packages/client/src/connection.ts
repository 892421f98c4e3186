// SPDX-License-Identifier: Apache-2.0
// connection - a strict connection over a DEALER socket: it reads what it is asked to read

import type { Frame } from '@mdp/protocol';
import type { Refusal } from '@mdp/protocol/internal';
import type { DealerHost } from './dealer.js';
import { MonitoredDealer } from './dealer.js';
import type { LinkEvents } from './engine.js';
import type { ConnectOptions } from './options.js';
import type { Link, LinkHandle } from './state/link.js';

/** How many messages ZeroMQ holds for a reader that does not read: what back-pressure lets pile up behind our bound. */
const RECEIVE_HIGH_WATER_MARK = 32;

/** A connection that reads one message for each {@link receive}, so what is not asked for stays in ZeroMQ. */
export class Connection implements LinkHandle, DealerHost {
  readonly #link: Link;
  readonly #events: LinkEvents;
  readonly #dealer: MonitoredDealer;
  /** Whether a message is asked for. */
  #receiving = false;

  /** @param nextRoutingId - makes names that tell the broker which client it belongs to, each another one */
  constructor(link: Link, events: LinkEvents, options: ConnectOptions, nextRoutingId: () => string) {
    this.#link = link;
    this.#events = events;
    const own = { receiveHighWaterMark: RECEIVE_HIGH_WATER_MARK, nextRoutingId };
    this.#dealer = new MonitoredDealer(link.endpoint.address, options, own, this);
  }

  get connected(): boolean {
    return this.#dealer.connected;
  }

  get readable(): boolean {
    return this.#dealer.socket.readable;
  }

  get reading(): 'now' | 'later' | 'never' {
    if (this.#link.phase !== 'busy') return 'never';
    return this.#receiving ? 'now' : 'later';
  }

  send(frames: readonly Frame[]): void {
    this.#dealer.socket.send(frames as Frame[]).catch(this.#dealer.failed);
  }

  receive(): void {
    this.#receiving = true;
    this.#dealer.socket.receive().then(this.#onMessage, this.#dealer.failed);
    if (this.#dealer.broken) setImmediate(this.#dealer.settle);
  }

  close(): void {
    this.#dealer.close();
  }

  onUp(): void {
    this.#events.up(this.#link);
  }

  onRefused(refusal: Refusal): void {
    this.#events.refused(this.#link, refusal);
  }

  onLost(cause?: unknown): void {
    this.#events.lost(this.#link, cause);
  }

  readonly #onMessage = (frames: Frame[]): void => {
    this.#receiving = false;
    if (this.#dealer.closed) return;
    this.#dealer.progress = true;
    this.#events.message(this.#link, frames);
  };
}
