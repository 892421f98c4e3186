// SPDX-License-Identifier: Apache-2.0
// scatter.test - the routing ids of a process begin where nobody can know

import { expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** A broker in a process of its own, which says the routing id of its first peer. */
const FIRST_PEER = `
import { Broker } from '@mdp/broker';
import { Dealer } from 'zeromq';
const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
broker.on('invalidMessage', ({ peer }) => {
  process.stdout.write(peer);
  process.exit();
});
await broker.start();
const peer = new Dealer({ linger: 0 });
peer.connect(broker.endpoints[0]);
await peer.send(['no', 'message']);
`;

async function firstRoutingId(): Promise<string> {
  const args = ['--input-type=module', '--eval', FIRST_PEER];
  const cwd = fileURLToPath(new URL('../../', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, timeout: 30_000 });
  return stdout;
}

test('the first peer of a process has another number each time', async () => {
  const ids = await Promise.all([1, 2, 3].map(firstRoutingId));
  for (const id of ids) expect(id).toMatch(/^00[\da-f]{8}$/);
  // That all three draw the same of 2,048 beginnings happens once in four million times.
  expect(new Set(ids).size).toBeGreaterThan(1);
});
