// SPDX-License-Identifier: Apache-2.0
// echo-sample.test - the echo worker and client that Majortomo ships, as they are, over our broker

import { describe, expect, test } from '@jest/globals';
import { TestProcess, findMajortomo } from '@mdp/testkit';
import { hex, ourBroker, ourClient, ourWorker } from './sides.js';

const majortomo = await findMajortomo();
const python = majortomo.python ?? '';

function echo(...args: string[]): TestProcess {
  return new TestProcess(python, ['-m', 'majortomo.echo', ...args], { env: { PYTHONUNBUFFERED: '1' } });
}

const suite = majortomo.python === undefined ? describe.skip : describe;

suite("Majortomo's echo sample", () => {
  test('gets every echo through our broker, and its worker leaves when it is told to', async () => {
    const { broker, endpoint, close } = await ourBroker();
    const worker = echo('-b', endpoint, 'worker');
    const client = echo('-b', endpoint, 'client', '-m', 'hello', '-r', '5', '-d', '0.01', '-t', '20');
    try {
      expect(await client.exited).toEqual({ code: 0, signal: null });
      expect(client.stdout.match(/Got response: \[b'hello'\]/g)).toHaveLength(5);
      expect(broker.stats().workers.registered).toBe(1);
      worker.signal('SIGTERM');
      await worker.exited;
      expect(broker.stats().counters.workersLost).toMatchObject({ disconnect: 1 });
    } finally {
      await Promise.all([worker.kill(), client.kill(), close()]);
    }
  });

  test('serves our client, and is served by our worker', async () => {
    const { endpoint, close } = await ourBroker();
    const theirs = echo('-b', endpoint, '-n', 'theirs', 'worker');
    const client = ourClient(endpoint, 'rfc18');
    const ours = await ourWorker(endpoint, 'ours', { dialect: 'rfc18' });
    const asker = echo('-b', endpoint, '-n', 'ours', 'client', '-m', 'empty', '-t', '20');
    try {
      expect(await client.ask('theirs', [hex('to'), hex('Majortomo')])).toEqual([[hex('to'), hex('Majortomo')]]);
      expect(await asker.exited).toEqual({ code: 0, signal: null });
      expect(asker.stdout).toContain("Got response: [b'']");
    } finally {
      await Promise.all([theirs.kill(), asker.kill(), ours.close(), client.close()]);
      await close();
    }
  });
});
