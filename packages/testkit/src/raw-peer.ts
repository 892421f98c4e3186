// SPDX-License-Identifier: Apache-2.0
// raw-peer - sockets that say exactly the frames they are told to, whatever the protocol thinks of them

import { Dealer, Router } from 'zeromq';
import { waitUntil } from './wait.js';

/** What tests give for a frame: bytes, or text that is sent as UTF-8. */
export type RawFrame = Uint8Array | string;

function toBuffers(frames: readonly RawFrame[]): Buffer[] {
  return frames.map((frame) => (typeof frame === 'string' ? Buffer.from(frame) : Buffer.from(frame)));
}

/** A DEALER without any protocol. Everything that arrives is kept in `inbox`, in order. */
export class RawPeer {
  readonly socket: Dealer;
  /** Every message that arrived and was not yet taken. */
  readonly inbox: Buffer[][] = [];
  #closed = false;

  /**
   * @param endpoint - where the other side listens
   * @param options - ZeroMQ options of the socket
   */
  constructor(endpoint: string, options: ConstructorParameters<typeof Dealer>[0] = {}) {
    this.socket = new Dealer({ linger: 0, ...options });
    this.socket.connect(endpoint);
    void this.#read();
  }

  async #read(): Promise<void> {
    try {
      for await (const message of this.socket) this.inbox.push(message);
    } catch (error) {
      if (!this.#closed) throw error;
    }
  }

  /** Send one message of these frames. */
  async send(...frames: RawFrame[]): Promise<void> {
    await this.socket.send(toBuffers(frames));
  }

  /** Take the next message, waiting for it when there is none. */
  async receive(timeoutMs?: number): Promise<Buffer[]> {
    await waitUntil('a message at the raw peer', () => this.inbox.length > 0, timeoutMs);
    return this.inbox.shift() as Buffer[];
  }

  /** Take the next message for which `wanted` holds, dropping those before it. */
  async receiveMatching(wanted: (frames: Buffer[]) => boolean, timeoutMs?: number): Promise<Buffer[]> {
    for (;;) {
      const message = await this.receive(timeoutMs);
      if (wanted(message)) return message;
    }
  }

  /** Close the socket at once; unsent messages are dropped. */
  close(): void {
    this.#closed = true;
    this.socket.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** A ROUTER without any protocol: the broker that a test plays by hand. */
export class RawBroker {
  readonly socket: Router;
  /** Every message that arrived and was not yet taken; the routing id is frame 0. */
  readonly inbox: Buffer[][] = [];
  #closed = false;

  private constructor() {
    this.socket = new Router({ linger: 0, mandatory: true, sendTimeout: 0 });
  }

  /**
   * Bind one and start to read.
   *
   * @param endpoint - where to listen; port `*` is any free one
   */
  static async bind(endpoint = 'tcp://127.0.0.1:*'): Promise<RawBroker> {
    const broker = new RawBroker();
    await broker.socket.bind(endpoint);
    void broker.#read();
    return broker;
  }

  async #read(): Promise<void> {
    try {
      for await (const message of this.socket) this.inbox.push(message);
    } catch (error) {
      if (!this.#closed) throw error;
    }
  }

  /** Where it listens, with the port that was bound. */
  get endpoint(): string {
    return this.socket.lastEndpoint ?? '';
  }

  /** Send one message; frame 0 is the routing id of the receiver. */
  async send(...frames: RawFrame[]): Promise<void> {
    await this.socket.send(toBuffers(frames));
  }

  /** Take the next message, waiting for it when there is none. */
  async receive(timeoutMs?: number): Promise<Buffer[]> {
    await waitUntil('a message at the raw broker', () => this.inbox.length > 0, timeoutMs);
    return this.inbox.shift() as Buffer[];
  }

  /** Take the next message for which `wanted` holds, dropping those before it. */
  async receiveMatching(wanted: (frames: Buffer[]) => boolean, timeoutMs?: number): Promise<Buffer[]> {
    for (;;) {
      const message = await this.receive(timeoutMs);
      if (wanted(message)) return message;
    }
  }

  /** Close the socket at once. */
  close(): void {
    this.#closed = true;
    this.socket.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
