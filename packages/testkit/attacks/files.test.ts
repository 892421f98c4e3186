// SPDX-License-Identifier: Apache-2.0
// files.test - more connections than the process can open files for

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { waitUntil } from '@mdp/testkit';
import { Besieged } from './besieged.js';
import { Horde } from './raw-connection.js';
import { hello, request } from './zmtp-bytes.js';

/** How long honest requests may take meanwhile: many times as long as they do. */
const PATIENCE_MS = 3_000;

let it: Besieged;

beforeAll(async () => {
  // Attackers who answer no PING are cut off, but not while this goes on.
  it = await Besieged.start({ heartbeatIntervalMs: 2_000 }, 150);
});
afterAll(async () => {
  await it[Symbol.asyncDispose]();
});

test('those who are connected are served on, it is told and counted, and all is well when there is room again', async () => {
  const before = it.files;
  const horde = new Horde(it.plain);
  for (let i = 0; i < 300; i++) horde.join(hello());
  await it.counted('connections that cannot be accepted', ({ acceptsFailed }) => acceptsFailed > 0);
  await it.progressed(PATIENCE_MS);
  // The attackers are all still there, and the files are still used up.
  const { acceptsFailed: soFar } = (await it.stats()).counters;
  await it.counted('more of them', ({ acceptsFailed }) => acceptsFailed > soFar);
  await it.progressed(PATIENCE_MS);
  expect(horde.ended).toBe(0);
  expect(it.errors).toEqual([expect.stringContaining('no connection can be accepted')]);
  horde[Symbol.dispose]();
  await waitUntil('their files to be closed', () => it.files <= before);
  using late = new Horde(it.plain);
  const peer = late.join(hello(), request('mmi.service', 'honest.strict'));
  await waitUntil('a newcomer to be answered', () => peer.first.includes('200'));
  await it.progressed();
  const { acceptsFailed } = (await it.stats()).counters;
  await it.progressed();
  expect((await it.stats()).counters.acceptsFailed).toBe(acceptsFailed);
});
