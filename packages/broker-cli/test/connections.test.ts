// SPDX-License-Identifier: Apache-2.0
// connections.test - which connections are closed when there are too many

import { once } from 'node:events';
import { Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { Connections } from '../src/connections.js';

/** So many new ones, and which of all that there are were closed. */
function setup(most: number): { connections: Connections; come: (n: number) => Socket[]; closed: () => number[] } {
  const connections = new Connections(most);
  const all: Socket[] = [];
  const come = (n: number): Socket[] => {
    const sockets = Array.from({ length: n }, () => new Socket());
    all.push(...sockets);
    for (const socket of sockets) connections.add(socket)?.destroy();
    return sockets;
  };
  return { connections, come, closed: () => all.flatMap(({ destroyed }, i) => (destroyed ? [i] : [])) };
}

test('of strangers the oldest makes room', () => {
  const { come, closed } = setup(3);
  come(3);
  expect(closed()).toEqual([]);
  come(2);
  expect(closed()).toEqual([0, 1]);
});

test('who was let in stays, however many strangers come', () => {
  const { connections, come, closed } = setup(3);
  for (const socket of come(2)) connections.know(socket);
  come(4);
  expect(closed()).toEqual([2, 3, 4]);
});

test('when all were let in, a new one is closed', () => {
  const { connections, come, closed } = setup(2);
  for (const socket of come(2)) connections.know(socket);
  come(1);
  expect(closed()).toEqual([2]);
});

test('what has ended makes room, and is not known again', async () => {
  const { connections, come, closed } = setup(1);
  const [first] = come(1);
  if (first === undefined) throw new Error('nobody came');
  const ended = once(first, 'close');
  first.destroy();
  await ended;
  connections.know(first);
  come(1);
  expect(closed()).toEqual([0]);
});
