// SPDX-License-Identifier: Apache-2.0
// dealer - the floor of the binding: a DEALER on either side of a native proxy, and no service logic at all

import { Dealer } from 'zeromq';
import type { Peer } from './peer.js';
import { reply } from './peer.js';

/** The most messages that are taken in one turn of the loop. */
const TURN = 256;
/** Nothing waits to be sent: what a socket cannot take now is lost, and the client's request with it. */
const SOCKET = { sendTimeout: 0, sendHighWaterMark: 0, receiveHighWaterMark: 0, linger: 0 };
const ID_BYTES = 4;

/** Take what comes, many messages in a turn. */
async function receiveAll(socket: Dealer, take: (frames: Buffer[]) => void): Promise<never> {
  for (;;) {
    take(await socket.receive());
    socket.receiveTimeout = 0;
    try {
      for (let i = 0; i < TURN; i++) take(await socket.receive());
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
    socket.receiveTimeout = -1;
  }
}

export const dealer: Peer = {
  ask({ endpoint }, bodyBytes) {
    const socket = new Dealer(SOCKET);
    socket.connect(endpoint.split(' ')[0] ?? '');
    const body = Buffer.alloc(bodyBytes, 'x');
    const waiting = new Map<number, (length: number) => void>();
    let last = 0;
    void receiveAll(socket, ([id, back]) => {
      const number = id?.readUInt32LE() ?? NaN;
      waiting.get(number)?.(back?.length ?? NaN);
      waiting.delete(number);
    });
    return Promise.resolve(
      () =>
        new Promise((resolve, reject) => {
          const id = Buffer.allocUnsafe(ID_BYTES);
          id.writeUInt32LE((last = (last + 1) >>> 0));
          waiting.set(last, resolve);
          socket.send([id, body]).catch(reject);
        }),
    );
  },

  answer({ endpoint }, echo) {
    const socket = new Dealer(SOCKET);
    socket.connect(endpoint.split(' ')[1] ?? '');
    // A reply that cannot be sent ends the process, and with it the measurement.
    const send = (frames: Buffer[]): void => void socket.send(frames);
    void receiveAll(socket, (frames) => {
      reply(echo(frames), send);
    });
    return Promise.resolve(endpoint);
  },
};
