// SPDX-License-Identifier: Apache-2.0
// mmi.test - the management interface of RFC 8, in every dialect

import { describe, expect, test } from '@jest/globals';
import { BEATING, overTopologies } from '../support/conformance.js';
import { TONGUES } from '../support/wire.js';

overTopologies('management', (start) => {
  describe.each(TONGUES)('asked in %s', (dialect) => {
    test('mmi.service says 200 for a worker that waits or works, 404 otherwise (MMI-03, MMI-04, MMI-06)', async () => {
      const live = await start(BEATING);
      const client = live.client(dialect);
      const ask = async (name: string): Promise<string> => {
        await client.request('mmi.service', name);
        return client.hear();
      };
      expect(await ask('s')).toBe('final 404');
      const worker = (await live.registered('s', dialect)).beatEvery(25);
      expect(await ask('s')).toBe('final 200');
      const other = live.client();
      await other.request('s', 'a');
      expect(await worker.hear()).toBe('request a');
      expect(await ask('s')).toBe('final 200');
      await worker.final('b');
      await worker.disconnect();
      await live.until('it to be gone', ({ workers }) => workers.registered === 0);
      expect(await ask('s')).toBe('final 404');
      await other.request('s', 'waits');
      await live.until('it to wait', ({ requests }) => requests.queued === 1);
      expect(await ask('s')).toBe('final 404');
      await live.registered('expires', dialect);
      expect(await ask('expires')).toBe('final 200');
      await live.until('it to expire', ({ counters }) => counters.workersLost['expired'] === 1);
      expect(await ask('expires')).toBe('final 404');
    });

    test('what is not implemented says so (MMI-05)', async () => {
      const live = await start();
      const client = live.client(dialect);
      for (const name of ['mmi.nope', 'mmi.', 'mmi.service.']) {
        await client.request(name, 'x');
        expect(await client.hear()).toBe('final 501');
      }
    });

    test('no worker registers a name of it, nor sees a request for it (MMI-01, MMI-02)', async () => {
      const live = await start();
      const worker = live.worker(dialect);
      await worker.ready('mmi.mine');
      expect(await worker.hear()).toBe('disconnect');
      const client = live.client(dialect);
      await client.request('mmi.mine', 'x');
      expect(await client.hear()).toBe('final 501');
      expect(worker.waiting).toEqual([]);
      // Names that only look alike are ordinary.
      for (const name of ['mmi', 'xmmi.service']) {
        const ordinary = await live.registered(name, dialect);
        await client.request(name, 'x');
        expect(await ordinary.hear()).toBe('request x');
        await ordinary.final('y');
        expect(await client.hear()).toBe('final y');
      }
    });

    test('mmi.services and mmi.broker answer in JSON', async () => {
      const live = await start();
      await live.registered('s', dialect);
      const client = live.client(dialect);
      await client.request('mmi.services');
      const [found, list] = (await client.next()).body;
      expect([String(found), JSON.parse(String(list))]).toMatchObject([
        '200',
        [{ name: 's', workers: 1, waiting: 1, busy: 0, queued: 0 }],
      ]);
      await client.request('mmi.broker');
      const [also, facts] = (await client.next()).body;
      expect(String(also)).toBe('200');
      expect(JSON.parse(String(facts))).toMatchObject({
        version: live.broker.stats().version,
        state: 'running',
        dialects: ['rfc18', 'majortomo', 'mdp01'],
        limits: { maxBodyBytes: live.broker.options.maxBodyBytes },
        workers: { registered: 1 },
        counters: { mmi: 2 },
      });
    });
  });
});
