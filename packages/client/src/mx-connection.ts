// SPDX-License-Identifier: Apache-2.0
// mx-connection - an MX connection over a DEALER socket: it reads all that comes, and sends a turn's records as one message

import type { Frame, MxRecord } from '@mdp/protocol';
import { encodeMxQuestion } from '@mdp/protocol';
import type { Refusal } from '@mdp/protocol/internal';
import type { DealerHost } from './dealer.js';
import { MonitoredDealer } from './dealer.js';
import type { MxLinkEvents } from './engine.js';
import { MxOutbox } from './mx-outbox.js';
import type { ConnectOptions } from './options.js';
import type { MxHandle, MxLink } from './state/mx-link.js';

/** How many messages, each of up to thousands of records, ZeroMQ holds in each direction. */
const HIGH_WATER_MARKS = { receiveHighWaterMark: 256, sendHighWaterMark: 256 };

/** The most messages that are read before the event loop gets a turn: timers must run under any load. */
const TURN_AT_MOST = 256;

/** How soon a message that ZeroMQ did not take is tried again, in milliseconds. */
const RETRY_MS = 2;

/**
 * A connection that carries MX.
 *
 * ```text
 * put() --> outbox --nextTick, the first time in a turn of the event loop--+--> one message --> ZeroMQ
 *                  \--setImmediate, what comes later in that turn----------+         \--full--> again after RETRY_MS
 * ```
 *
 * A `nextTick` comes after all microtasks, so the requests that a burst of replies brings forth leave together; and what
 * is alone leaves without waiting for anybody.
 */
export class MxConnection implements MxHandle, DealerHost {
  readonly reading = 'now';
  readonly #link: MxLink;
  readonly #events: MxLinkEvents;
  readonly #dealer: MonitoredDealer;
  readonly #outbox = new MxOutbox();
  /** The message whose outcome is not known yet. The next one waits for it: order is kept. */
  #sending: Frame[] | undefined;
  /** It did not find room in ZeroMQ, and is tried again. */
  #blocked = false;
  #retry: NodeJS.Timeout | undefined;
  /** What was gathered will be sent by a call that is scheduled. */
  #scheduled = false;
  /** The broker is to be asked, as soon as the message before is gone. */
  #questionDue = false;
  /** What was gathered is to be sent, as soon as the message before is gone. */
  #due = false;
  /** Something was sent in this turn of the event loop: until its end, the rest is gathered. */
  #sentInTurn = false;

  constructor(link: MxLink, events: MxLinkEvents, options: ConnectOptions) {
    this.#link = link;
    this.#events = events;
    this.#dealer = new MonitoredDealer(link.endpoint.address, options, HIGH_WATER_MARKS, this);
    this.#read().catch(this.#dealer.failed);
  }

  get connected(): boolean {
    return this.#dealer.connected;
  }

  get blocked(): boolean {
    return this.#blocked;
  }

  ask(): void {
    this.#questionDue = true;
    this.#drain();
  }

  put(record: MxRecord<Frame>): void {
    this.#outbox.put(record);
    if (this.#outbox.full) this.#drain();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      if (!this.#sentInTurn) process.nextTick(this.#flush);
    }
  }

  close(): void {
    clearTimeout(this.#retry);
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

  readonly #flush = (): void => {
    this.#scheduled = false;
    this.#due = true;
    if (!this.#sentInTurn) {
      this.#sentInTurn = true;
      setImmediate(this.#onTurnEnd);
    }
    this.#drain();
  };

  readonly #onTurnEnd = (): void => {
    this.#sentInTurn = false;
    if (!this.#scheduled) return;
    this.#scheduled = false;
    this.#due = true;
    this.#drain();
  };

  /** Send the next message, if it is its turn. */
  #drain(): void {
    if (this.#sending !== undefined || this.#dealer.closed) return;
    if (this.#questionDue) {
      this.#questionDue = false;
      this.#send(encodeMxQuestion());
      return;
    }
    const full = this.#outbox.full;
    const message = full || this.#due ? this.#outbox.take() : undefined;
    if (!full) this.#due = false;
    if (message !== undefined) this.#send(message);
  }

  #send(message: Frame[]): void {
    this.#sending = message;
    this.#dealer.socket.send(message).then(this.#onSent, this.#onRefusal);
  }

  readonly #onSent = (): void => {
    this.#sending = undefined;
    this.#drain();
    if (!this.#blocked) return;
    this.#blocked = false;
    if (!this.#dealer.closed) this.#events.unblocked(this.#link);
  };

  readonly #onRefusal = (error: unknown): void => {
    if (this.#dealer.closed) return;
    if ((error as { code?: unknown }).code !== 'EAGAIN') {
      this.#dealer.failed(error);
      return;
    }
    this.#blocked = true;
    this.#retry = setTimeout(this.#sendAgain, RETRY_MS);
  };

  readonly #sendAgain = (): void => {
    if (this.#sending !== undefined && !this.#dealer.closed) this.#send(this.#sending);
  };

  /**
   * Read until the socket is closed. A message holds what the broker said in a turn, so there are too few of them for the
   * reading of one more without waiting to save anything: that was measured.
   */
  async #read(): Promise<void> {
    for (let count = 1; ; count++) {
      // What is there already comes without a turn of the event loop.
      const frames = await this.#dealer.socket.receive();
      if (this.#isClosed()) return;
      this.#dealer.progress = true;
      this.#events.mxMessage(this.#link, frames);
      if (count % TURN_AT_MOST === 0) await new Promise(setImmediate);
      if (this.#isClosed()) return;
    }
  }

  #isClosed(): boolean {
    return this.#dealer.closed;
  }
}
