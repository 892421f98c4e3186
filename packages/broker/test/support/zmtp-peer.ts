// SPDX-License-Identifier: Apache-2.0
// zmtp-peer - a peer that speaks ZMTP 3.0 by hand, over plain TCP: what ZeroMQ does by itself would hide what is tested

import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { ZMTP_GREETING, zmtpReady } from '@mdp/testkit';

const PING = Buffer.from('\x04PING');
/** Once the other side has said it, it takes messages: it closes the connection of one that speaks sooner. */
const READY = Buffer.from('\x05READY');
/** A command of six bytes: PONG without a context, as a PING without one wants it. */
const PONG = Buffer.concat([Buffer.from([4, 5]), Buffer.from('\x04PONG')]);

/** A DEALER that has said its greeting and its READY. */
export class ZmtpPeer {
  readonly #socket: Socket;
  /** What is said when the other side is ready; nothing once it is. */
  #held: Buffer[] | undefined = [];
  /** Everything that came. */
  received = Buffer.alloc(0);
  /** Whether the other side has closed the connection. */
  ended = false;

  /**
   * @param answersPings - whether it does what ZMTP asks for
   * @param routingId - what it wants to be called
   */
  constructor(endpoint: string, answersPings: boolean, routingId?: Uint8Array) {
    const { port, hostname } = new URL(endpoint.replace('tcp:', 'http:'));
    this.#socket = connect(Number(port), hostname);
    this.#socket.on('data', (data) => {
      const before = this.pings;
      this.received = Buffer.concat([this.received, data]);
      if (this.#held !== undefined && this.received.includes(READY)) {
        this.#socket.write(Buffer.concat(this.#held));
        this.#held = undefined;
      }
      if (answersPings) for (let i = before; i < this.pings; i++) this.#socket.write(PONG);
    });
    this.#socket.on('error', () => {
      this.ended = true;
    });
    this.#socket.on('close', () => {
      this.ended = true;
    });
    this.#socket.write(Buffer.concat([ZMTP_GREETING, zmtpReady('DEALER', routingId)]));
  }

  /** How many PINGs have come. */
  get pings(): number {
    let count = 0;
    for (let at = this.received.indexOf(PING); at >= 0; at = this.received.indexOf(PING, at + 1)) count++;
    return count;
  }

  /** Say one message of frames of up to 255 bytes, as soon as the handshake is over. */
  say(...frames: readonly string[]): void {
    const last = frames.length - 1;
    const message = Buffer.concat(
      frames.map((frame, i) => Buffer.from([i < last ? 1 : 0, frame.length, ...Buffer.from(frame)])),
    );
    if (this.#held === undefined) this.#socket.write(message);
    else this.#held.push(message);
  }

  close(): void {
    this.#socket.destroy();
  }
}
