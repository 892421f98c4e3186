// SPDX-License-Identifier: Apache-2.0
// zmtp-peer - a peer that speaks ZMTP 3.0 by hand, over plain TCP: what ZeroMQ does by itself would hide what is tested

import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** The greeting of ZMTP 3.0 with the mechanism NULL. */
const GREETING = Buffer.concat([
  Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]),
  Buffer.from('NULL'.padEnd(20, '\0')),
  Buffer.alloc(32),
]);
const PING = Buffer.from('\x04PING');
/** A command of six bytes: PONG without a context, as a PING without one wants it. */
const PONG = Buffer.concat([Buffer.from([4, 5]), Buffer.from('\x04PONG')]);

/** A property of ZMTP, as READY has them. */
export function zmtpProperty(name: string, value: string): Buffer {
  return Buffer.concat([
    Buffer.from([name.length]),
    Buffer.from(name),
    Buffer.from([0, 0, 0, value.length]),
    Buffer.from(value),
  ]);
}

/** A DEALER that has said its greeting and its READY. */
export class ZmtpPeer {
  readonly #socket: Socket;
  /** Everything that came. */
  received = Buffer.alloc(0);
  /** Whether the other side has closed the connection. */
  ended = false;

  /** @param answersPings - whether it does what ZMTP asks for */
  constructor(endpoint: string, answersPings: boolean) {
    const { port, hostname } = new URL(endpoint.replace('tcp:', 'http:'));
    const property = zmtpProperty('Socket-Type', 'DEALER');
    this.#socket = connect(Number(port), hostname);
    this.#socket.on('data', (data) => {
      const before = this.pings;
      this.received = Buffer.concat([this.received, data]);
      if (answersPings) for (let i = before; i < this.pings; i++) this.#socket.write(PONG);
    });
    this.#socket.on('error', () => {
      this.ended = true;
    });
    this.#socket.on('close', () => {
      this.ended = true;
    });
    this.#socket.write(
      Buffer.concat([GREETING, Buffer.from([4, 6 + property.length]), Buffer.from('\x05READY'), property]),
    );
  }

  /** How many PINGs have come. */
  get pings(): number {
    let count = 0;
    for (let at = this.received.indexOf(PING); at >= 0; at = this.received.indexOf(PING, at + 1)) count++;
    return count;
  }

  close(): void {
    this.#socket.destroy();
  }
}
