// SPDX-License-Identifier: Apache-2.0
// wake-up.test - the one timer

import { describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { waitUntil } from '@mdp/testkit';
import { WakeUp } from '../src/wake-up.js';

describe('WakeUp', () => {
  test('wakes once, not before the time', async () => {
    let woken = 0;
    const wakeUp = new WakeUp(() => (woken += 1));
    const start = performance.now();
    wakeUp.arm(start, start + 30, true);
    wakeUp.arm(start, start + 60, true);
    await waitUntil('the wake-up', () => woken > 0);
    expect(performance.now() - start).toBeGreaterThanOrEqual(29);
    expect(woken).toBe(1);
    wakeUp.close();
  });

  test('an earlier time comes first', async () => {
    const woken: number[] = [];
    const start = performance.now();
    const wakeUp = new WakeUp(() => woken.push(performance.now() - start));
    wakeUp.arm(start, start + 60_000, true);
    wakeUp.arm(start, start + 10, true);
    await waitUntil('the wake-up', () => woken.length > 0);
    expect(woken[0]).toBeLessThan(5_000);
    wakeUp.close();
  });

  test('input that arrived before is read before', async () => {
    const order: string[] = [];
    const wakeUp = new WakeUp(() => order.push('judged'));
    const server = createServer((socket) => socket.on('data', () => order.push('read'))).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await Promise.all([once(socket, 'connect'), once(server, 'connection')]);
    socket.write('x');
    const now = performance.now();
    wakeUp.arm(now, now + 1, true);
    // The process stands still until both are there.
    while (performance.now() < now + 50);
    await waitUntil('both', () => order.length === 2);
    expect(order).toEqual(['read', 'judged']);
    wakeUp.close();
    socket.destroy();
    server.close();
    await once(server, 'close');
  });

  test('nothing wakes it once it is closed', async () => {
    let woken = 0;
    const wakeUp = new WakeUp(() => (woken += 1));
    wakeUp.arm(0, 0, true);
    wakeUp.close();
    wakeUp.arm(0, 0, true);
    let fired = false;
    setTimeout(() => (fired = true), 20);
    await waitUntil('a later timer', () => fired);
    expect(woken).toBe(0);
  });
});
