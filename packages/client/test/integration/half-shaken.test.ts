// SPDX-License-Identifier: Apache-2.0
// half-shaken.test - a handshake that the broker has seen the end of, and the client has not

import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { text } from '@mdp/protocol';
import { Router } from 'zeromq';
import { Client } from '../../src/index.js';

/** How ZMTP begins: then comes the READY of the other side. */
const GREETING_BYTES = 64;

/** Wait until a handshake is done as the broker sees it, and read its monitor to the end. */
function handshakeOf(router: Router): Promise<void> {
  return new Promise((resolve) => {
    const read = async (): Promise<void> => {
      for await (const { type } of router.events) if (type === 'handshake') resolve();
    };
    void read();
  });
}

test('the next connection is heard, though the broker holds the first one for whole', async () => {
  const router = new Router({ linger: 0 });
  await router.bind('tcp://127.0.0.1:*');
  const [, port] = /:(\d+)$/.exec(router.lastEndpoint ?? '') ?? [];
  const shaken = handshakeOf(router);

  const sockets: Socket[] = [];
  let tries = 0;
  const between = createServer((near) => {
    const far = connect(Number(port), '127.0.0.1');
    sockets.push(near, far);
    for (const socket of [near, far]) socket.on('error', () => socket.destroy());
    near.on('data', (data) => far.write(data));
    if (++tries > 1) {
      far.on('data', (data) => near.write(data));
      return;
    }
    // What the broker says behind its greeting gets lost, and then the connection to the client alone.
    let passed = 0;
    far.on('data', (data) => {
      near.write(data.subarray(0, Math.max(0, GREETING_BYTES - passed)));
      passed += data.length;
    });
    void shaken.then(() => near.destroy());
  });
  await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
  const { port: entrance } = between.address() as AddressInfo;

  try {
    await using client = new Client(`tcp://127.0.0.1:${String(entrance)}`, { wire: 'rfc18', reconnectMs: 10 });
    const reply = client.request('echo', 'a');
    const [id, ...frames] = await router.receive();
    expect(frames.map(String)).toEqual(['MDPC02', '\x01', 'echo', 'a']);
    await router.send([id as Buffer, 'MDPC02', Buffer.of(3), 'echo', 'b']);
    expect((await reply).map((frame) => text(frame))).toEqual(['b']);
    expect(tries).toBeGreaterThan(1);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => between.close(resolve));
    router.close();
  }
});
