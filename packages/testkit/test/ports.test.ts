// SPDX-License-Identifier: Apache-2.0
// ports.test - ports that are free, and stay so

import { afterEach, expect, jest, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { TestProcess, freePort } from '@mdp/testkit';

afterEach(() => {
  jest.restoreAllMocks();
});

test('freePort gives a port that can be bound', async () => {
  const port = await freePort();
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
});

test('nobody else gets the same one while nobody listens there: neither in this process nor in another one', async () => {
  const port = await freePort();
  // Chance has everybody begin with that one.
  const chance = (port - 10_000 + 0.5) / 22_000;
  const random = jest.spyOn(Math, 'random').mockReturnValueOnce(chance);
  const next = await freePort();
  expect(random.mock.calls.length).toBeGreaterThan(1);
  expect(next).not.toBe(port);

  const script = `
    import { freePort } from '@mdp/testkit';
    const chances = [${String(chance)}];
    const random = Math.random;
    Math.random = () => chances.pop() ?? random();
    const port = await freePort();
    console.log(JSON.stringify({ event: 'port', port, left: chances.length }));`;
  await using child = TestProcess.node('--input-type=module', ['--eval', script]);
  const { port: others, left } = await child.event('port');
  expect(left).toBe(0);
  expect([port, next]).not.toContain(others);
  // What it has claimed does not keep it alive.
  expect(await child.exited).toEqual({ code: 0, signal: null });
});
