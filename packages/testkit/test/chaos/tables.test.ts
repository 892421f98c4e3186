// SPDX-License-Identifier: Apache-2.0
// tables.test - what runs found, as tables, and the one place in the document where they go

import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { replaceSection } from '@mdp/benchmarks';
import { check } from '../../src/chaos/check.js';
import { GROUPS } from '../../src/chaos/groups.js';
import type { Run } from '../../src/chaos/run.js';
import { replayCommand, troubleOf } from '../../src/chaos/run.js';
import { SCENARIOS } from '../../src/chaos/scenarios.js';
import { chapter, scenarioTable } from '../../src/chaos/tables.js';
import { Ledger } from './support/ledger.js';

const [scenario] = SCENARIOS;
if (scenario === undefined) throw new Error('there are no scenarios');

function runOf(ledger: Ledger, facts: Partial<Run> = {}): Run {
  const { entries } = ledger;
  const usual = {
    scenario: scenario as Run['scenario'],
    wires: 'mx',
    seed: 7,
    forMs: 0,
    broken: [],
    complaints: [],
  } as const;
  return { ...usual, report: check(entries), entries, ...facts };
}

/** The cells of a table, without its rule. */
function cells(table: string): string[][] {
  const lines = table.split('\n').filter((line) => !line.startsWith('| -'));
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const ledger = new Ledger()
  .sent(0, 'a')
  .began(1, 'a', 'w1')
  .fault(10, 1, { kind: 'kill' })
  .began(20, 'a', 'w2')
  .reply(30, 'a', { worker: 'w2' })
  .fault(1_000, 2, { kind: 'kill' })
  .sent(1_001, 'b')
  .failed(1_002, 'b', 'MDP_REMOTE', 502)
  .fault(2_000, 3, { kind: 'stop' })
  .sent(2_001, 'lost');

describe('the table of a scenario', () => {
  test('has a line for each kind of fault, with times over all of a kind, and one for all', () => {
    const [titles, ...rows] = cells(scenarioTable([runOf(ledger), runOf(ledger)]));
    expect(titles?.slice(0, 8)).toEqual([
      'fault',
      'times',
      'requests',
      'failed',
      'lost',
      'misdelivered',
      'gaps',
      'begun twice',
    ]);
    expect(rows.map((row) => row.slice(0, 8))).toEqual([
      ['kill', '4', '4', '2 MDP_REMOTE 502', '0', '0', '0', '2'],
      ['stop', '2', '2', '0', '2', '0', '0', '0'],
      ['in all', '6', '6', '2 MDP_REMOTE 502', '2', '0', '0', '2'],
    ]);
    // The first of the two was noticed after 20 ms; the second hit nothing.
    expect(rows[0]?.[8]).toBe('20 / 20 / 20');
    expect(rows[1]?.[8]).toBe('-');
  });

  test('stands under the promise of its scenario, runs on all wires together', () => {
    const text = chapter([runOf(ledger), runOf(ledger, { wires: 'strict' })]);
    expect(text.split('\n')[0]).toBe(`**${scenario.name}** (mx and strict): ${scenario.promise}.`);
    expect(text.match(/\*\*/g)).toHaveLength(2);
  });
});

test('docs/reliability.md has a place for the tables of each group', () => {
  let document = readFileSync(resolve('docs', 'reliability.md'), 'utf8');
  for (const { name } of GROUPS) document = replaceSection(document, `chaos:${name}`, `written ${name}`);
  for (const { name } of GROUPS) expect(document).toContain(`written ${name}`);
});

describe('trouble', () => {
  test('is nothing when no promise was broken', () => {
    expect(troubleOf(runOf(ledger))).toBe('');
  });

  test('says the seed, how to run it again, what was done, and the timeline of the request', () => {
    const broken = [{ promise: 'never lost', id: 'lost', at: 2_001, detail: 'client was never told' }];
    const text = troubleOf(runOf(ledger, { broken }));
    expect(text).toContain('seed 7');
    expect(text).toContain(`again: npm run chaos -- --seed 7 --only ${scenario.name} --wires mx`);
    expect(text).toContain('lost: "never lost" was broken: client was never told');
    expect(text).toMatch(/2001\.0 ms +client +sent id=lost/);
    expect(text).toMatch(/1000\.0 ms faultBegan/);
  });

  test('is also what kept the run from its end', () => {
    expect(troubleOf(runOf(ledger, { complaints: ['waited in vain'] }))).toContain('waited in vain');
  });

  test('is run again by the command that is shown', () => {
    expect(replayCommand(runOf(ledger))).toMatch(/--seed 7 --only \S+ --wires mx$/);
    expect(replayCommand(runOf(ledger, { forMs: 90_000 }))).toMatch(/--wires mx --minutes 1\.50$/);
  });
});
