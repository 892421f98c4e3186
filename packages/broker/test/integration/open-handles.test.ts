// SPDX-License-Identifier: Apache-2.0
// open-handles.test - a process whose broker has stopped ends by itself: no timer and no socket holds it

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { TestProcess, waitUntil } from '@mdp/testkit';

/** Runs the built package: nothing of a test runner is in the process that must end. */
const OPENING = `
  import { once } from 'node:events';
  import { Broker } from '@mdp/broker';
  import { Dealer } from 'zeromq';
  const say = (event, rest = {}) => console.log(JSON.stringify({ event, ...rest }));
`;

async function ends(script: string): Promise<void> {
  // The script finds its imports from the package's folder.
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  await using child = TestProcess.node('--input-type=module', ['--eval', OPENING + script], { cwd });
  await child.event('stopped');
  await waitUntil('the process to end by itself', () => !child.alive);
  expect({ ...(await child.exited), stderr: child.stderr }).toEqual({ code: 0, signal: null, stderr: '' });
}

test('after a broker with every transport, its peers still connected, a request running and one waiting', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mdp-'));
  try {
    await ends(`
      const broker = new Broker({
        endpoints: ['tcp://127.0.0.1:*', ${JSON.stringify(`ipc://${folder}/socket`)}, 'inproc://here', { endpoint: 'tcp://127.0.0.1:*', role: 'client' }],
        heartbeatIntervalMs: 20,
        heartbeatLiveness: 100,
      });
      await broker.start();
      const peers = broker.endpoints.map((endpoint) => {
        const peer = new Dealer({ linger: 0 });
        peer.connect(endpoint);
        return peer;
      });
      const [worker, ...clients] = peers;
      await worker.send(['MDPW02', Buffer.of(1), 's']);
      for (const client of clients) await client.send(['MDPC02', Buffer.of(1), 's', 'x']);
      for (let frames = []; frames[1]?.[0] !== 2; ) frames = await worker.receive();
      while (broker.stats().requests.queued < clients.length - 1) await new Promise(setImmediate);
      await broker.stop({ drainMs: 0 });
      for (const peer of peers) peer.close();
      say('stopped');
    `);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('after a broker that was drained long before its time was over', async () => {
  await ends(`
    const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
    await broker.start();
    const peer = new Dealer({ linger: 0 });
    peer.connect(broker.endpoints[0]);
    const ready = once(broker, 'workerReady');
    await peer.send(['MDPW02', Buffer.of(1), 's']);
    await ready;
    const client = new Dealer({ linger: 0 });
    client.connect(broker.endpoints[0]);
    await client.send(['MDPC02', Buffer.of(1), 's', 'x']);
    const [, , address] = await peer.receive();
    const stopping = broker.stop({ drainMs: 3_600_000 });
    await peer.send(['MDPW02', Buffer.of(4), address, '', 'y']);
    await stopping;
    peer.close();
    client.close();
    say('stopped');
  `);
});

test('after brokers that never served: made, failed, stopped while they started', async () => {
  await ends(`
    new Broker({ endpoints: 'tcp://127.0.0.1:*' });
    const failing = new Broker({ endpoints: ['tcp://127.0.0.1:*', 'ipc:///no/such/folder/socket'] });
    const code = await failing.start().catch((error) => error.code);
    const hasty = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
    await Promise.all([hasty.start(), hasty.stop()]);
    await new Broker().stop();
    if (code !== 'MDP_BIND') throw new Error(String(code));
    say('stopped');
  `);
});
