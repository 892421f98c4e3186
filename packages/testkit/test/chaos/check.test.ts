// SPDX-License-Identifier: Apache-2.0
// check.test - the checker finds every violation in ledgers written by hand, and none where there is none

import { describe, expect, test } from '@jest/globals';
import { check } from '../../src/chaos/check.js';
import type { FindingName } from '../../src/chaos/findings.js';
import { FINDINGS } from '../../src/chaos/findings.js';
import { Ledger } from './support/ledger.js';

/** What was found, how often. */
function found(ledger: Ledger): Partial<Record<FindingName, number>> {
  const { findings } = check(ledger.entries).all;
  return Object.fromEntries(FINDINGS.filter((name) => findings[name] > 0).map((name) => [name, findings[name]]));
}

describe('a clean ledger', () => {
  test('of a call and a stream has no finding', () => {
    const ledger = new Ledger().call(0, 'a').stream(10, 'b', 3);
    const { all } = check(ledger.entries);
    expect(all).toMatchObject({ requests: 2, replies: 2, failed: {}, orphaned: 0 });
    expect(found(ledger)).toEqual({});
  });

  test('may be empty', () => {
    expect(check([])).toMatchObject({ all: { requests: 0, replies: 0 }, faults: [], findings: [], failures: [] });
  });

  test('has failed requests, each with its code and status, and streams that break off without a gap', () => {
    const ledger = new Ledger()
      .sent(0, 'a')
      .failed(1, 'a', 'MDP_REMOTE', 502)
      .sent(2, 'b', { kind: 'stream' })
      .part(3, 'b', 0)
      .part(4, 'b', 1)
      .failed(5, 'b', 'MDP_DISCONNECTED');
    const report = check(ledger.entries);
    expect(report.all.failed).toEqual({ 'MDP_REMOTE 502': 1, MDP_DISCONNECTED: 1 });
    expect(report.failures).toMatchObject([
      { id: 'a', kind: 'call', outcome: 'MDP_REMOTE 502' },
      { id: 'b', kind: 'stream', outcome: 'MDP_DISCONNECTED' },
    ]);
    expect(found(ledger)).toEqual({});
  });

  test('counts what ended with its client as orphaned, not as lost', () => {
    const ledger = new Ledger().sent(0, 'a').gone(5, 'client');
    expect(check(ledger.entries).all).toMatchObject({ requests: 1, orphaned: 1 });
    expect(found(ledger)).toEqual({});
  });
});

describe('the checker finds', () => {
  const violations: readonly [FindingName, Ledger, Partial<Record<FindingName, number>>?][] = [
    ['lost', new Ledger().sent(0, 'a').began(1, 'a')],
    ['endedTwice', new Ledger().call(0, 'a').reply(9, 'a')],
    ['endedTwice', new Ledger().call(0, 'a').failed(9, 'a', 'MDP_TIMEOUT')],
    ['afterEnd', new Ledger().stream(0, 'a', 2).part(9, 'a', 2)],
    ['misdelivered', new Ledger().sent(0, 'a').reply(3, 'a', { for: 'b' })],
    [
      'misdelivered',
      new Ledger().sent(0, 'a', { kind: 'stream' }).part(1, 'a', 0, { for: 'b' }).reply(2, 'a', { parts: 1 }),
    ],
    ['damaged', new Ledger().sent(0, 'a').reply(3, 'a', { intact: false })],
    [
      'damaged',
      new Ledger().sent(0, 'a', { kind: 'stream' }).part(1, 'a', 0, { intact: false }).reply(2, 'a', { parts: 1 }),
    ],
    [
      'gapped',
      new Ledger().sent(0, 'a', { kind: 'stream' }).part(1, 'a', 0).part(2, 'a', 2).failed(3, 'a', 'MDP_TIMEOUT'),
    ],
    ['gapped', new Ledger().sent(0, 'a', { kind: 'stream' }).part(1, 'a', 0).reply(2, 'a', { parts: 2 })],
    ['gapped', new Ledger().sent(0, 'a', { kind: 'stream' }).reply(2, 'a', { parts: 2 })],
    [
      'reordered',
      new Ledger()
        .sent(0, 'a', { kind: 'stream' })
        .part(1, 'a', 0)
        .part(2, 'a', 1)
        .part(3, 'a', 0)
        .reply(4, 'a', { parts: 2 }),
    ],
    [
      'mixed',
      new Ledger()
        .sent(0, 'a', { kind: 'stream' })
        .part(1, 'a', 0)
        .part(2, 'a', 1, { worker: 'w2' })
        .failed(3, 'a', 'MDP_TIMEOUT'),
    ],
    [
      'mixed',
      new Ledger().sent(0, 'a', { kind: 'stream' }).part(1, 'a', 0, { worker: 'w2' }).reply(2, 'a', { parts: 1 }),
    ],
    ['duplicated', new Ledger().sent(0, 'a').began(1, 'a', 'w1').began(2, 'a', 'w2').reply(3, 'a')],
    [
      'repeatedOnce',
      new Ledger().sent(0, 'a', { once: true }).began(1, 'a', 'w1').began(2, 'a', 'w2').reply(3, 'a'),
      { duplicated: 1 },
    ],
    ['notRemembered', new Ledger().sent(0, 'a').began(1, 'a').began(2, 'a').reply(3, 'a'), { duplicated: 1 }],
    [
      'notRemembered',
      new Ledger().sent(0, 'a', { kind: 'stream' }).began(1, 'a').began(2, 'a').streamed(3, 'a').failed(4, 'a', 'X'),
      { duplicated: 1 },
    ],
    ['begunAfterEnd', new Ledger().sent(0, 'a').failed(1, 'a', 'MDP_REMOTE', 502).began(2, 'a')],
    ['doneThoughFailed', new Ledger().sent(0, 'a').began(1, 'a').executed(2, 'a').failed(3, 'a', 'MDP_REMOTE', 502)],
    ['unknown', new Ledger().began(1, 'a')],
    ['unknown', new Ledger().reply(1, 'a')],
  ];

  test.each(violations)('%s (%#)', (name, ledger, besides = {}) => {
    expect(found(ledger)).toEqual({ [name]: 1, ...besides });
  });

  test('each kind of finding in one of these', () => {
    expect(new Set(violations.map(([name]) => name))).toEqual(new Set(FINDINGS));
  });

  test('every repetition', () => {
    const ledger = new Ledger().sent(0, 'a').began(1, 'a').began(2, 'a').began(3, 'a').reply(4, 'a');
    expect(found(ledger)).toEqual({ duplicated: 2, notRemembered: 2 });
  });

  test('nothing forgotten by a worker that has not begun it before, or of whose stream a part had left', () => {
    const other = new Ledger().sent(0, 'a').began(1, 'a', 'w1').began(2, 'a', 'w2').reply(3, 'a');
    expect(found(other)).toEqual({ duplicated: 1 });
    const stream = new Ledger().sent(0, 'a', { kind: 'stream' }).began(1, 'a').streamed(2, 'a').began(3, 'a');
    expect(found(stream.failed(4, 'a', 'MDP_DISCONNECTED'))).toEqual({ duplicated: 1 });
  });
});

describe('a fault', () => {
  test('has hit what its worker held, is noticed by the first end of it, and made good by the last reply', () => {
    const ledger = new Ledger()
      .call(0, 'before')
      .sent(100, 'x')
      .sent(101, 'y')
      .sent(102, 'z')
      .sent(103, 'other')
      .began(105, 'x', 'w1')
      .began(105, 'y', 'w1')
      .began(105, 'z', 'w1')
      .began(105, 'other', 'w2')
      .fault(110, 1, { role: 'worker', target: 'w1' })
      .reply(112, 'other', { worker: 'w2' })
      .began(130, 'x', 'w2')
      .reply(140, 'x', { worker: 'w2' })
      .failed(150, 'y', 'MDP_REMOTE', 502)
      .began(151, 'z', 'w2')
      .reply(170, 'z', { worker: 'w2' })
      .over(200, 1);
    const [fault] = check(ledger.entries).faults;
    expect(fault).toMatchObject({ hit: 3, detectedMs: 30, recoveredMs: 60, slowestMs: 68 });
    expect(fault?.counts).toMatchObject({ requests: 4, replies: 3, failed: { 'MDP_REMOTE 502': 1 } });
  });

  test('has not hit what its worker had done, or holds no more', () => {
    const ledger = new Ledger()
      .sent(0, 'done')
      .began(1, 'done', 'w1')
      .executed(2, 'done', 'w1')
      .sent(0, 'moved')
      .began(1, 'moved', 'w1')
      .began(5, 'moved', 'w2')
      .fault(10, 1, { role: 'worker', target: 'w1' })
      .reply(20, 'done', { worker: 'w1' })
      .reply(20, 'moved', { worker: 'w2' });
    expect(check(ledger.entries).faults).toMatchObject([{ hit: 0, detectedMs: undefined, recoveredMs: undefined }]);
  });

  test('of a broker has hit what waits, and what came from this broker', () => {
    const ledger = new Ledger()
      .sent(0, 'waits')
      .sent(0, 'here')
      .sent(0, 'elsewhere')
      .began(1, 'here', 'w1', 'tcp://one')
      .began(1, 'elsewhere', 'w1', 'tcp://two')
      .fault(10, 1, { role: 'broker', target: 'b1', endpoint: 'tcp://one' })
      .failed(15, 'waits', 'MDP_DISCONNECTED')
      .failed(16, 'here', 'MDP_DISCONNECTED')
      .reply(18, 'elsewhere');
    expect(check(ledger.entries).faults).toMatchObject([{ hit: 2, detectedMs: 5, recoveredMs: undefined }]);
  });

  test('of one of several brokers has hit what it gave to workers, after it was over as well', () => {
    const ledger = new Ledger()
      .sent(0, 'here')
      .sent(0, 'elsewhere')
      .fault(10, 1, { role: 'broker', target: 'b1', endpoint: 'tcp://one' })
      .began(12, 'elsewhere', 'w1', 'tcp://two')
      .reply(13, 'elsewhere')
      .over(30, 1)
      .began(31, 'here', 'w1', 'tcp://one')
      .reply(32, 'here');
    expect(check(ledger.entries).faults).toMatchObject([{ hit: 1, detectedMs: 22, recoveredMs: 22, slowestMs: 32 }]);
  });

  test('of a client has hit its requests', () => {
    const ledger = new Ledger()
      .sent(0, 'a', {}, 'c1')
      .sent(0, 'b', {}, 'c2')
      .fault(10, 1, { role: 'client', target: 'c1' })
      .reply(30, 'a', {}, 'c1')
      .reply(30, 'b', {}, 'c2');
    expect(check(ledger.entries).faults).toMatchObject([{ hit: 1, detectedMs: 20, recoveredMs: 20 }]);
  });

  test('is told what ended until the next one', () => {
    const ledger = new Ledger()
      .call(0, 'before')
      .fault(100, 1)
      .call(110, 'first')
      .sent(120, 'long')
      .fault(200, 2)
      .failed(230, 'long', 'MDP_TIMEOUT')
      .sent(240, 'lost');
    const report = check(ledger.entries);
    expect(report.faults.map(({ counts }) => [counts.requests, counts.replies])).toEqual([
      [1, 1],
      [2, 0],
    ]);
    expect(report.faults[1]?.counts).toMatchObject({ failed: { MDP_TIMEOUT: 1 }, findings: { lost: 1 } });
    expect(report.all).toMatchObject({ requests: 4, replies: 2 });
  });

  test('is told what it hit, also when that ends after the next one began', () => {
    const ledger = new Ledger()
      .sent(0, 'hit')
      .began(1, 'hit', 'w1')
      .fault(10, 1, { role: 'worker', target: 'w1' })
      .fault(100, 2, { role: 'worker', target: 'w2' })
      .failed(2_000, 'hit', 'MDP_TIMEOUT');
    const { faults } = check(ledger.entries);
    expect(faults.map(({ counts }) => counts.failed)).toEqual([{ MDP_TIMEOUT: 1 }, {}]);
    expect(faults[0]?.detectedMs).toBe(1_990);
  });
});
