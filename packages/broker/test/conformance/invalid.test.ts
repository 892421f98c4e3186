// SPDX-License-Identifier: Apache-2.0
// invalid.test - what is no message of MDP, on real sockets

import { expect, test } from '@jest/globals';
import { DIRECT, overTopologies } from '../support/conformance.js';
import type { Frames } from '../support/wire.js';

const byte = (value: number): Buffer => Buffer.of(value);

/** What a client or a worker may say wrong, frame by frame. */
const CORPUS: Readonly<Record<string, readonly Frames[]>> = {
  'no header': [
    ['hello'],
    [''],
    ['', ''],
    ['MDPC0'],
    ['MDPC022'],
    ['mdpc02', byte(1), 's', 'x'],
    ['MDPC03', byte(1), 's', 'x'],
  ],
  'no command, or an unknown one': [
    ['MDPC02'],
    ['MDPC02', ''],
    ['MDPC02', byte(0), 's', 'x'],
    ['MDPC02', byte(3), 's', 'x'],
    ['MDPC02', Buffer.of(1, 1), 's', 'x'],
    ['MDPW02'],
    ['MDPW02', byte(7)],
    ['MDPW02', '1'],
    ['', 'MDPW01', byte(6)],
  ],
  'a REQUEST without a service, or a body': [
    ['MDPC02', byte(1)],
    ['MDPC02', byte(1), 's'],
    ['', 'MDPC01', 's'],
    ['', 'MDPC01'],
  ],
  'a service name that is none': [
    ['MDPC02', byte(1), '', 'x'],
    ['MDPC02', byte(1), 'a\nb', 'x'],
    ['MDPC02', byte(1), Buffer.of(0xff), 'x'],
    ['MDPC02', byte(1), 's'.repeat(256), 'x'],
    ['MDPW02', byte(1), '\0'],
  ],
  'a READY, HEARTBEAT or DISCONNECT with frames too few or too many': [
    ['MDPW02', byte(1)],
    ['MDPW02', byte(1), 's', 'x'],
    ['MDPW02', byte(5), 'x'],
    ['MDPW02', byte(6), ''],
  ],
  'a reply without its address, or the empty frame after it': [
    ['MDPW02', byte(4)],
    ['MDPW02', byte(4), ''],
    ['MDPW02', byte(4), '', '', 'x'],
    ['MDPW02', byte(4), 'address', 'another', '', 'x'],
    ['MDPW02', byte(3), 'address', 'x'],
  ],
  'an address that is too long': [
    Array.from({ length: 20 }, () => 'x'),
    ['x'.repeat(256), 'MDPC02', byte(1), 's', 'x'],
  ],
};

const messages = Object.values(CORPUS).flat();

overTopologies('what is no message', (start) => {
  test.each(Object.entries(CORPUS))(
    '%s: dropped and counted, not answered (MDP-B-06, MDP-B-07, MDP-B-08, MDP-B-16, MDP-B-19, MDP-B-20, MDP-B-30, MDP-B-34)',
    async (_what, wrong) => {
      const live = await start({ maxStrikes: 1_000 });
      const [client, worker] = [live.client(), live.worker()];
      for (const frames of wrong) {
        const side = frames.includes('MDPW02') || frames.includes('MDPW01') ? worker : client;
        await side.say(...frames);
      }
      await live.until('all of it to be dropped', ({ counters }) => counters.dropped.invalid === wrong.length);
      // Whoever said it is still served, and has heard nothing else.
      await worker.ready('s');
      await client.request('s', 'a');
      expect(await worker.hear()).toBe('request a');
      await worker.final('b');
      expect(await client.hear()).toBe('final b');
    },
  );

  test('too much of it and the connection is not listened to any more; others are (MDP-B-31)', async () => {
    const live = await start({ maxStrikes: 5 });
    const rogue = live.client();
    for (const frames of messages.slice(0, 5)) await rogue.say(...frames);
    await rogue.request('mmi.service', 's');
    await live.until('the sixth to be dropped', ({ counters }) => counters.dropped.banned === 1);
    expect(live.broker.stats().counters).toMatchObject({ requests: 0, dropped: { invalid: 5 } });
    // Past the proxy, where there is one: that was the connection.
    const [direct = ''] = live.broker.endpoints;
    live.clientEndpoint = direct;
    expect(await live.knows('s')).toBe(false);
    expect(rogue.waiting).toEqual([]);
  });
});

overTopologies(
  'a worker that says what is no message',
  (start) => {
    // A proxy has many workers: only too many strikes cost it all of them.
    test('is registered no more; its request goes to another one (MDP-B-31, MDP-B-41)', async () => {
      const live = await start();
      const [rogue, other] = [await live.registered('s'), await live.registered('s')];
      const client = live.client();
      await client.request('s', 'a');
      expect(await rogue.hear()).toBe('request a');
      await rogue.say('MDPW02', Buffer.of(99));
      expect(await other.hear()).toBe('request a');
      await other.final('b');
      expect(await client.hear()).toBe('final b');
      await rogue.beat();
      expect(await rogue.hear()).toBe('disconnect');
    });
  },
  DIRECT,
);
