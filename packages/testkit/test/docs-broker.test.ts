// SPDX-License-Identifier: Apache-2.0
// docs-broker.test - docs/broker.md names every event, counter and limit, and none that does not exist

import { describe, expect, test } from '@jest/globals';
import type { BrokerEvents, BrokerStats, DropCause, ServiceStats, WorkerLossReason } from '@mdp/broker';
import { BROKER_DEFAULTS, Broker } from '@mdp/broker';
import { readDocument } from './support/documents.js';

const { text } = readDocument('docs/broker.md');
const { counters, ...stats } = new Broker().stats();

/** The rows of the table whose first heading is this, as cells. */
function table(firstHeading: string): string[][] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => new RegExp(`^\\| ${firstHeading} +\\|`).test(line));
  const length = lines.slice(start).findIndex((line) => !line.startsWith('|'));
  return lines.slice(start + 2, start + length).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** What stands in backquotes in the first cells. */
function names(firstHeading: string): string[] {
  return table(firstHeading).map(([cell = '']) => /`(\w+)`/.exec(cell)?.[1] ?? cell);
}

// The types make these lists complete: an event more or less does not compile.
const EVENTS: Record<keyof BrokerEvents, true> = {
  listening: true,
  workerReady: true,
  workerLost: true,
  workerRefused: true,
  connectionRefused: true,
  keysReloaded: true,
  keysRevoked: true,
  requestRecovered: true,
  requestFailed: true,
  invalidMessage: true,
  stalled: true,
  draining: true,
  stopped: true,
  error: true,
};
const REASONS: Record<WorkerLossReason, true> = {
  disconnect: true,
  expired: true,
  unreachable: true,
  unexpected: true,
  invalid: true,
  slow: true,
  stopped: true,
};
const STANDING: Record<'name' | 'workers' | 'waiting' | 'busy' | 'queued', true> = {
  name: true,
  workers: true,
  waiting: true,
  busy: true,
  queued: true,
};
const COUNTED: Record<Exclude<keyof ServiceStats, keyof typeof STANDING>, true> = {
  requests: true,
  dispatched: true,
  partials: true,
  finals: true,
  failed: true,
  cancelled: true,
  abandoned: true,
  recovered: true,
  bytesIn: true,
  bytesOut: true,
  oldestMs: true,
  waitMs: true,
  serviceMs: true,
};
const STATES: Record<BrokerStats['state'], true> = { new: true, running: true, draining: true, stopped: true };

describe('docs/broker.md', () => {
  test('names every event', () => {
    expect(names('Event').sort()).toEqual(Object.keys(EVENTS).sort());
  });

  test('names every reason for which a worker is lost', () => {
    expect(names('Reason').sort()).toEqual(Object.keys(REASONS).sort());
    expect(Object.keys(REASONS).sort()).toEqual(Object.keys(counters.workersLost).sort());
  });

  test('names every field of the stats and every state', () => {
    expect(names('Field').sort()).toEqual([...Object.keys(stats), 'counters'].sort());
    for (const state of Object.keys(STATES)) expect(text).toContain(`\`${state}\``);
  });

  test('names every counter', () => {
    expect(names('Counter').sort()).toEqual(Object.keys(counters).sort());
  });

  test('names all that is counted for a service', () => {
    expect(names('Of a service').sort()).toEqual(Object.keys(COUNTED).sort());
    const [services = ''] = text.split('\n').filter((line) => line.startsWith('| `services` '));
    for (const name of Object.keys(STANDING)) expect(services).toContain(`\`${name}\``);
  });

  test('names every cause for which a message is dropped', () => {
    const causes: DropCause[] = Object.keys(counters.dropped) as DropCause[];
    expect(names('Cause').sort()).toEqual(causes.sort());
  });

  test('names every limit with its default', () => {
    const rows = table('Option');
    const named = rows.map(([cell = '']) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name));
    const limits = Object.keys(BROKER_DEFAULTS).filter((name) => /^max(?!Attempts)/.test(name));
    expect(named.flat().sort()).toEqual(limits.sort());
    rows.forEach(([, shown], i) => {
      const defaults = named[i]?.map((name) => BROKER_DEFAULTS[name as keyof typeof BROKER_DEFAULTS] as number) ?? [];
      expect(shown).toBe(defaults.map(readable).join(', '));
    });
  });
});

function readable(value: number): string {
  const mebibytes = value / 1024 / 1024;
  return value > 0 && Number.isInteger(mebibytes) ? `${String(mebibytes)} MiB` : value.toLocaleString('en-US');
}
