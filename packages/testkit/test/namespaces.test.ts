// SPDX-License-Identifier: Apache-2.0
// namespaces.test - hosts of their own: made, apart from each other, and removed, those of a dead run as well

import { expect, test } from '@jest/globals';
import { TestProcess, run, waitUntil } from '@mdp/testkit';
import { Network, leftBehind, whyNoNetwork } from '../src/namespaces.js';

const missing = whyNoNetwork();
if (missing !== undefined) process.stdout.write(`tests with network namespaces are skipped: ${missing}\n`);
const withNetwork = missing === undefined ? test : test.skip;

const NODE = process.execPath;
const LISTEN = (address: string): string =>
  `require('net').createServer((s) => s.end('hello')).listen(80, '${address}', () => console.log('{"event":"up"}'))`;
const CONNECT = (address: string): string =>
  `require('net').connect(80, '${address}').on('data', (d) => console.log(String(d))).on('error', (e) => console.log(e.code))`;

async function namespaces(): Promise<string> {
  return (await run('ip', ['netns', 'list'])).stdout;
}

test('what is left behind is ours, and its process is gone', () => {
  const names = ['mdp-7-1-hosts', 'mdp-8-1-router', 'mdp-8-2-h-a', 'other', 'mdp-x-1-h', 'my-mdp-8-1-h'];
  expect(leftBehind(names, (pid) => pid === 7)).toEqual(['mdp-8-1-router', 'mdp-8-2-h-a']);
});

withNetwork('hosts reach each other while nothing is cut, and nothing stays', async () => {
  await using network = await Network.open();
  const { address } = await network.host('server');
  await network.host('other');
  await using server = new TestProcess(...network.command('server', NODE, ['-e', LISTEN(address)]));
  await server.event('up');
  // What comes may take its time.
  const connect = async (seconds: number): Promise<string> => {
    const args = [String(seconds), NODE, '-e', CONNECT(address)];
    return (await run(...network.command('other', 'timeout', args), { allowFailure: true })).stdout;
  };
  expect(await connect(30)).toBe('hello\n');
  await network.fault('server', 'other', { cut: true });
  await using deaf = new TestProcess(...network.command('other', NODE, ['-e', CONNECT(address)]));
  await waitUntil('packets to be dropped', async () => (await network.counts()).dropped > 0);
  await deaf.kill();
  expect(deaf.stdout).toBe('');
  await network.heal();
  expect(await connect(30)).toBe('hello\n');
  await network.down('other');
  expect(await connect(1)).toMatch(/^ENETUNREACH\n|^$/);
  await network.up('other');
  await network.readdress('other');
  expect(await connect(30)).toBe('hello\n');
  expect((await network.counts()).passed).toBeGreaterThan(10);
  expect(await namespaces()).toContain(`mdp-${String(process.pid)}-`);
  await server.kill();
  await network.close();
  expect(await namespaces()).not.toContain(`mdp-${String(process.pid)}-`);
});

withNetwork('what a run that died has left behind is removed by the next one', async () => {
  const dead = new TestProcess('sleep', ['60']);
  await waitUntil('it to run', () => dead.pid > 0);
  await dead.kill();
  const name = `mdp-${String(dead.pid)}-1-h-a`;
  await run('ip', ['netns', 'add', name]);
  await using network = await Network.open();
  expect(await namespaces()).not.toContain(name);
  await network.close();
});
