// SPDX-License-Identifier: Apache-2.0
// stats.test - what a broker says about itself

import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { INVALID_REASONS, MX_INVALID_REASONS, STATUS } from '@mdp/protocol';
import { Broker } from '@mdp/broker';
import { newCounters } from '../src/state/counters.js';
import { VERSION } from '../src/version.js';

describe('stats', () => {
  test('VERSION is that of the package', () => {
    const file = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
    expect(VERSION).toBe((JSON.parse(file) as { version: string }).version);
  });

  test('of a new broker: everything at zero', () => {
    expect(new Broker().stats()).toEqual({
      version: VERSION,
      uptimeMs: 0,
      endpoints: [],
      listening: [],
      state: 'new',
      services: [],
      workers: { registered: 0, waiting: 0, busy: 0 },
      requests: { queued: 0, queuedBytes: 0, running: 0, pendingBytes: 0 },
      connections: 0,
      outbox: { peers: 0, messages: 0, bytes: 0 },
      counters: newCounters(),
    });
  });

  test('are a snapshot: what is done to it does not reach the broker', () => {
    const broker = new Broker();
    broker.stats().counters.dropped.invalid = 99;
    expect(broker.stats().counters.dropped.invalid).toBe(0);
  });

  test('show also what never happened', () => {
    const { failed, invalid } = newCounters();
    expect(Object.keys(failed).map(Number).sort()).toEqual(Object.values(STATUS).sort());
    expect(Object.keys(invalid).sort()).toEqual([...new Set([...INVALID_REASONS, ...MX_INVALID_REASONS])].sort());
  });
});
