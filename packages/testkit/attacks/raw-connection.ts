// SPDX-License-Identifier: Apache-2.0
// raw-connection - a TCP connection of a peer that means harm: it writes what it likes and reads when it likes

import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { waitUntil } from '@mdp/testkit';

/** The first bytes of what came are kept, to be looked at. */
const KEPT_BYTES = 64 * 1024;

/** Where the other side has said its greeting and its READY, it takes messages. */
const READY = Buffer.from('\x05READY');

/** One connection to a broker. */
export class RawConnection {
  readonly #socket: Socket;
  #first: Buffer[] = [];
  /** What is said when the other side is ready. */
  #held: Uint8Array[] | undefined;
  #leaving = false;
  #pausing = false;
  /** How many bytes have come. */
  received = 0;
  /** How many bytes were given to the system. */
  get sent(): number {
    return this.#socket.bytesWritten;
  }
  /** Whether the connection was made. */
  connected = false;
  /** Whether it is over, whoever ended it. */
  ended = false;

  /** @param endpoint - `tcp://host:port` */
  constructor(endpoint: string) {
    const { port, hostname } = new URL(endpoint.replace('tcp:', 'http:'));
    this.#socket = connect({ port: Number(port), host: hostname, noDelay: true });
    this.#socket.on('connect', () => {
      this.connected = true;
    });
    this.#socket.on('data', (data) => {
      if (this.received < KEPT_BYTES) this.#first.push(data);
      this.received += data.length;
      if (this.#held !== undefined && this.first.includes(READY)) this.#release(this.#held);
    });
    // Whatever breaks it, it is over: that is what an attacker has to expect.
    this.#socket.on('error', () => {
      this.ended = true;
    });
    this.#socket.on('close', () => {
      this.ended = true;
    });
  }

  /** The first bytes that came. */
  get first(): Buffer {
    this.#first = [Buffer.concat(this.#first)];
    return this.#first[0] as Buffer;
  }

  /** Whether more can be written without piling up here. */
  get hasRoom(): boolean {
    return !this.ended && !this.#socket.writableNeedDrain && this.#held === undefined;
  }

  /** Write, unless it is over. */
  write(bytes: Uint8Array): this {
    if (this.#held !== undefined) this.#held.push(bytes);
    else if (!this.ended) this.#socket.write(bytes);
    return this;
  }

  /** Say hello, and all that is written from here on when the other side is ready: sooner would be a fault in the handshake. */
  join(hello: Uint8Array): this {
    this.write(hello);
    this.#held = [];
    return this;
  }

  #release(held: readonly Uint8Array[]): void {
    this.#held = undefined;
    for (const bytes of held) this.write(bytes);
    if (this.#leaving) this.leave();
    if (this.#pausing) this.pause();
  }

  /** Read no more, from when the other side is ready. */
  pause(): this {
    if (this.#held === undefined) this.#socket.pause();
    this.#pausing = true;
    return this;
  }

  /** Wait until it is connected, or over. */
  async opened(): Promise<this> {
    await waitUntil('a connection of an attacker', () => this.connected || this.ended);
    return this;
  }

  /** Wait until the other side has ended it. */
  async over(timeoutMs?: number): Promise<void> {
    await waitUntil('the end of the connection of an attacker', () => this.ended, timeoutMs);
  }

  /** End it as soon as all is written. */
  leave(): void {
    this.#leaving = true;
    if (this.#held === undefined) this.#socket.destroySoon();
  }

  /** End it at once. */
  close(): void {
    this.ended = true;
    this.#socket.destroy();
  }
}

/** Connections that are opened together and closed together. */
export class Horde implements Disposable {
  readonly #all = new Set<RawConnection>();
  /** Those that were let go, and may not be gone yet. */
  readonly #left = new Set<RawConnection>();
  readonly #endpoint: string;

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  /** One connection more, which has said something already. */
  open(...says: readonly Uint8Array[]): RawConnection {
    const connection = new RawConnection(this.#endpoint);
    for (const bytes of says) connection.write(bytes);
    this.#all.add(connection);
    return connection;
  }

  /** One more peer that gets through the handshake, and then says something. */
  join(hello: Uint8Array, ...says: readonly Uint8Array[]): RawConnection {
    const connection = this.open().join(hello);
    for (const bytes of says) connection.write(bytes);
    return connection;
  }

  /** Let one go. */
  drop(connection: RawConnection): void {
    connection.leave();
    this.#all.delete(connection);
    this.#left.add(connection);
    if (this.#left.size > 1_000) for (const old of this.#left) if (old.ended) this.#left.delete(old);
  }

  /** Those that are open, as far as is known here. */
  get standing(): RawConnection[] {
    return [...this.#all].filter(({ ended }) => !ended);
  }

  /** All of them. */
  get all(): RawConnection[] {
    return [...this.#all];
  }

  /** How many of them the other side has ended. */
  get ended(): number {
    return [...this.#all].filter(({ ended }) => ended).length;
  }

  get size(): number {
    return this.#all.size;
  }

  /** Close them all. */
  [Symbol.dispose](): void {
    for (const connection of [...this.#all, ...this.#left]) connection.close();
    this.#all.clear();
    this.#left.clear();
  }
}

/**
 * Do something again and again until the attack is over, at most so often in a second. What was missed is not made up for.
 */
export async function atRate(signal: AbortSignal, perSecond: number, act: () => void): Promise<void> {
  let last = performance.now();
  let due = 1;
  while (!signal.aborted) {
    for (; due >= 1; due--) act();
    await new Promise((resolve) => setTimeout(resolve, 2));
    const now = performance.now();
    due = Math.min(due + ((now - last) / 1000) * perSecond, Math.max(1, perSecond / 50));
    last = now;
  }
}
