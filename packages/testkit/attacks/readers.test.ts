// SPDX-License-Identifier: Apache-2.0
// readers.test - peers that ask for much and read nothing

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { waitUntil } from '@mdp/testkit';
import { Besieged, grown } from './besieged.js';
import { Horde, atRate } from './raw-connection.js';
import { hello, mx, request } from './zmtp-bytes.js';

let it: Besieged;

beforeAll(async () => {
  it = await Besieged.start({ sendHighWaterMark: 10, maxOutboxMessages: 20 });
});
afterAll(async () => {
  await it[Symbol.asyncDispose]();
});

/** Large enough that the system's own buffers are full after some. */
const LARGE = Buffer.alloc(200_000, 'x');

/** Two peers ask for as much as they can until replies are dropped, and read none of them. */
async function askAndNotRead(signal: AbortSignal, says: () => Buffer): Promise<void> {
  using horde = new Horde(it.plain);
  const before = (await it.stats()).counters.dropped.slowReader;
  const end = new AbortController();
  const peers = [1, 2].map(() => horde.join(hello()).pause());
  const asking = atRate(end.signal, 150, () => {
    for (const peer of peers) if (peer.hasRoom) peer.write(says());
  });
  await waitUntil('the end of the attack', () => signal.aborted);
  await it.counted('replies that are dropped', ({ dropped }) => dropped.slowReader > before);
  end.abort();
  await asking;
}

test('over RFC 18: what does not go out is bounded, dropped and counted', async () => {
  const result = await it.withstand((signal) => askAndNotRead(signal, () => request('honest.strict', LARGE)));
  expect(grown(result, ({ requests }) => requests)).toBeGreaterThan(50);
});

test('over MX: what does not go out is bounded, dropped and counted', async () => {
  let id = 0;
  const ask = (): Buffer =>
    mx({ type: 'request', id: id++, deadlineMs: 0, service: Buffer.from('honest.mx'), body: [LARGE] });
  const result = await it.withstand((signal) => askAndNotRead(signal, ask));
  expect(grown(result, ({ requests }) => requests)).toBeGreaterThan(50);
});

test('answers of the broker itself that nobody reads', async () => {
  const result = await it.withstand(async (signal) => {
    using horde = new Horde(it.plain);
    const peers = [1, 2, 3, 4].map(() => horde.join(hello()).pause());
    const ask = Buffer.concat(Array<Buffer>(5).fill(request('mmi.broker', 'x')));
    await atRate(signal, 100, () => {
      for (const peer of peers) if (peer.hasRoom) peer.write(ask);
    });
  });
  expect(grown(result, ({ mmi }) => mmi)).toBeGreaterThan(50);
});
