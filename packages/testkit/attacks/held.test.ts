// SPDX-License-Identifier: Apache-2.0
// held.test - connections that are opened by the thousand, held half open, or fed a byte at a time

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '@mdp/testkit';
import { Besieged, failedHandshakes } from './besieged.js';
import { Horde, atRate } from './raw-connection.js';
import { SIGNATURE, greeting, hello, longHead, request } from './zmtp-bytes.js';

let it: Besieged;

beforeAll(async () => {
  it = await Besieged.start();
});
afterAll(async () => {
  await it[Symbol.asyncDispose]();
});

const ENDPOINTS = ['plain', 'encrypted'] as const;

/** Wait until an attack is over. */
async function until(signal: AbortSignal): Promise<void> {
  await waitUntil('the end of the attack', () => signal.aborted);
}

describe.each(ENDPOINTS)('at the %s endpoint', (endpoint) => {
  const mechanism = endpoint === 'plain' ? 'NULL' : 'CURVE';

  test('connections that say nothing, the signature, or half a greeting, by the hundred, are closed in time', async () => {
    using left = new Horde(it[endpoint]);
    const result = await it.withstand(async (signal) => {
      using horde = new Horde(it[endpoint]);
      const says = [[], [SIGNATURE], [greeting({ mechanism }).subarray(0, 40)], [greeting({ mechanism })]];
      for (let i = 0; i < 400; i++) horde.open(...(says[i % 4] as Buffer[]));
      if (left.size === 0) for (let i = 0; i < 4; i++) left.open(...(says[i] as Buffer[]));
      await until(signal);
      // Nobody of them is let alone for ever: what the attacker does not close, the broker does.
      await waitUntil('the broker to close them', () => horde.standing.length === 0);
    });
    expect(left.ended).toBe(4);
    const before = failedHandshakes(result.before);
    await it.counted('all of them', (counters) => failedHandshakes(counters) >= before + 800);
  });

  test('connections that are opened and closed, hundreds a second', async () => {
    await it.withstand(async (signal) => {
      await atRate(signal, 200, () => {
        const horde = new Horde(it[endpoint]);
        const peer = horde.open(greeting({ mechanism }));
        void peer.opened().then(() => horde[Symbol.dispose]());
      });
    });
  });

  test('a handshake of a byte at a time does not take longer than any other', async () => {
    using horde = new Horde(it[endpoint]);
    const says = greeting({ mechanism });
    const given = new AbortController();
    let at = 0;
    for (let i = 0; i < 50; i++) horde.open();
    const dripping = atRate(given.signal, 20, () => {
      for (const peer of horde.standing) peer.write(says.subarray(at % 64, (at % 64) + 1));
      at++;
    });
    await it.progressed();
    await waitUntil('all to be closed', () => horde.ended === 50);
    given.abort();
    await dripping;
    // The greeting was not even half said.
    expect(at).toBeLessThan(64);
  });
});

test('hundreds of connections with a complete handshake, held open', async () => {
  const { atRest } = await it.withstand(async (signal) => {
    using horde = new Horde(it.plain);
    await atRate(signal, 1_500, () => {
      if (horde.size < 1_000) horde.join(hello(), request('mmi.service', 'honest.strict'));
    });
  });
  // What it remembers of those who asked is bounded, whoever they were.
  expect(atRest.stats.connections).toBeLessThanOrEqual(1_000);
});

test('a frame of a byte at a time, and silence in the middle of one: the connection is closed when no PING is answered', async () => {
  using horde = new Horde(it.plain);
  const whole = request('honest.strict', 'x'.repeat(200));
  for (let i = 0; i < 20; i++) {
    horde.join(hello(), whole.subarray(0, 30));
    horde.join(hello(), longHead(100_000n));
  }
  const given = new AbortController();
  const dripping = atRate(given.signal, 20, () => {
    for (const peer of horde.standing) peer.write(Buffer.from('x'));
  });
  await it.progressed();
  await waitUntil('all to be closed', () => horde.ended === 40);
  given.abort();
  await dripping;
});
