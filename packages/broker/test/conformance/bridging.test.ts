// SPDX-License-Identifier: Apache-2.0
// bridging.test - every dialect of clients with every dialect of workers, byte by byte

import { describe, expect, test } from '@jest/globals';
import { byteLength } from '@mdp/protocol';
import { Request } from 'zeromq';
import { DIRECT, overTopologies } from '../support/conformance.js';
import { TONGUES } from '../support/wire.js';

const pairs = TONGUES.flatMap((client) => TONGUES.map((worker) => ({ client, worker })));

/** Frames as text: comparing them byte by byte takes long. */
function inHex(frames: readonly Buffer[]): string[] {
  return frames.map((frame) => frame.toString('hex'));
}

overTopologies('bridging', (start) => {
  describe.each(pairs)('a $client client and a $worker worker', ({ client: clientDialect, worker: workerDialect }) => {
    const streams = workerDialect !== 'mdp01';
    const joins = clientDialect === 'mdp01';

    test('REQUEST and reply carry their frames as they are (MDP-B-05, MDP-B-17, MDP-B-32, MDP-B-33, MDP-B-43)', async () => {
      const live = await start();
      const worker = await live.registered('any service', workerDialect);
      const client = live.client(clientDialect);
      const every = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
      const large = Buffer.alloc(50_000, 'large');
      const body = [every, Buffer.alloc(0), Buffer.from('MDPC02'), Buffer.from('MDPW01'), large, Buffer.alloc(0)];
      await client.request('any service', ...body);
      const request = await worker.next();
      // One address frame that names neither the client nor its connection, one empty frame, and the body.
      expect(request.type).toBe('request');
      expect(request.address).toHaveLength(workerDialect === 'mx' ? 4 : 16);
      expect(inHex(request.body)).toEqual(inHex(body));
      await worker.final(...[...body].reverse());
      const reply = await client.next();
      expect(reply.type).toBe('final');
      const nameless = { majortomo: undefined, mx: '' } as Readonly<Record<string, string | undefined>>;
      expect(reply.service).toBe(clientDialect in nameless ? nameless[clientDialect] : 'any service');
      expect(inHex(reply.body)).toEqual(inHex(body).reverse());
    });

    test('an empty reply has the one empty frame that the client’s dialect asks for (MDP-B-10, MDP-B-18)', async () => {
      const live = await start();
      const worker = await live.registered('s', workerDialect);
      const client = live.client(clientDialect);
      await client.request('s');
      await worker.next();
      // MDP/0.1 knows no reply without a frame, on either side.
      await worker.final(...(workerDialect === 'mdp01' ? [''] : []));
      const { type, body } = await client.next();
      expect([type, body.length, byteLength(body)]).toEqual([
        'final',
        clientDialect === 'majortomo' && workerDialect !== 'mdp01' && workerDialect !== 'mx' ? 0 : 1,
        0,
      ]);
    });

    test('PARTIALs arrive in their order and before the FINAL, and nothing after it (MDP-B-09, MDP-B-11, MDP-B-12)', async () => {
      const live = await start();
      const worker = await live.registered('s', workerDialect);
      const client = live.client(clientDialect);
      await client.request('s');
      await worker.next();
      const parts = streams ? Array.from({ length: 50 }, (_, i) => String(i)) : [];
      for (const part of parts) await worker.partial(part);
      await worker.final('end');
      const expected = joins
        ? [['final', ...parts, 'end'].join(' ')]
        : [...parts.map((part) => `partial ${part}`), 'final end'];
      expect(await client.hearAll()).toEqual(expected);
      // The next thing that it hears is the answer to its next request.
      await client.request('mmi.service', 's');
      expect(await client.hear()).toBe('final 200');
    });

    test('requests one after the other are answered in their order', async () => {
      const live = await start();
      const worker = await live.registered('s', workerDialect);
      const client = live.client(clientDialect);
      for (let i = 0; i < 20; i++) {
        await client.request('s', String(i));
        expect(await worker.hear()).toBe(`request ${String(i)}`);
        await worker.final(`answer ${String(i)}`);
        expect(await client.hear()).toBe(`final answer ${String(i)}`);
      }
    });
  });

  test('a REQ socket is served: one REPLY for each REQUEST, also of a worker that streams (MDP01-03, MDP01-04)', async () => {
    const live = await start();
    const worker = await live.registered('s');
    const client = new Request({ linger: 0 });
    live.onClose(() => {
      client.close();
    });
    client.connect(live.clientEndpoint);
    for (const round of ['1', '2']) {
      // A REQ socket puts the empty frame in front by itself.
      await client.send(['MDPC01', 's', round]);
      await worker.next();
      await worker.partial('part', round);
      await worker.final('end');
      expect((await client.receive()).map(String)).toEqual(['MDPC01', 's', 'part', round, 'end']);
    }
  });

  test('two clients that ask at once get each its own reply (MDP-B-05)', async () => {
    const live = await start();
    const [one, two] = [await live.registered('s'), await live.registered('s')];
    const clients = TONGUES.map((dialect) => live.client(dialect));
    const [a, b] = [clients[0], clients[1]];
    if (a === undefined || b === undefined) throw new Error('there are three dialects');
    await a.request('s', 'from a');
    expect(await one.hear()).toBe('request from a');
    await b.request('s', 'from b');
    expect(await two.hear()).toBe('request from b');
    await two.final('for b');
    await one.final('for a');
    expect(await a.hear()).toBe('final for a');
    expect(await b.hear()).toBe('final for b');
  });
});

overTopologies(
  'a routing id that its peer chose',
  (start) => {
    test.each(['MDPC02', 'MDPW02', 'MDPC01'])(
      'is never read as a header: %s (MDP-B-05, MDP-B-06)',
      async (routingId) => {
        const live = await start();
        const worker = live.worker('rfc18', { routingId: 'MDPW01' });
        await worker.ready('s');
        const client = live.client('rfc18', { routingId });
        await client.request('s', 'a');
        expect(await worker.hear()).toBe('request a');
        await worker.final('b');
        expect(await client.hear()).toBe('final b');
      },
    );
    // Behind a proxy it is a part of the address, which ends where a header stands.
  },
  DIRECT,
);
