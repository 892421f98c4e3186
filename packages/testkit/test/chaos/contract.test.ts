// SPDX-License-Identifier: Apache-2.0
// contract.test - what is promised, and how a broken promise is shown

import { describe, expect, test } from '@jest/globals';
import { check } from '../../src/chaos/check.js';
import type { Contract } from '../../src/chaos/contract.js';
import { brokenPromises } from '../../src/chaos/contract.js';
import { timelineOf } from '../../src/chaos/timeline.js';
import { Ledger } from './support/ledger.js';

function broken(ledger: Ledger, contract: Contract = {}, victims: readonly string[] = []): string[] {
  return brokenPromises(check(ledger.entries), contract, new Set(victims)).map(
    ({ promise, id }) => `${id}: ${promise}`,
  );
}

describe('a contract', () => {
  test('is kept by a clean ledger, also with repetitions where they are allowed', () => {
    expect(broken(new Ledger().call(0, 'a').sent(9, 'b').began(9, 'b').began(10, 'b').reply(11, 'b'))).toEqual([]);
  });

  test('is broken by what never may be, whatever it says', () => {
    expect(broken(new Ledger().sent(0, 'a'))).toEqual(['a: never lost']);
    expect(broken(new Ledger().call(0, 'a').reply(9, 'a'))).toEqual(['a: never endedTwice']);
    expect(broken(new Ledger().sent(0, 'a').reply(1, 'a', { for: 'b' }))).toEqual(['a: never misdelivered']);
    const twice = new Ledger().sent(0, 'a', { once: true }).began(1, 'a').began(2, 'a').reply(3, 'a');
    expect(broken(twice)).toEqual(['a: never repeatedOnce']);
  });

  test('allows failures by kind, code and status', () => {
    const ledger = new Ledger()
      .sent(0, 'call')
      .failed(1, 'call', 'MDP_REMOTE', 502)
      .sent(2, 'stream', { kind: 'stream' })
      .failed(3, 'stream', 'MDP_REMOTE', 502);
    expect(broken(ledger)).toEqual([
      'call: no call fails with MDP_REMOTE 502',
      'stream: no stream fails with MDP_REMOTE 502',
    ]);
    expect(broken(ledger, { mayFail: { stream: ['MDP_REMOTE 502'] } })).toEqual([
      'call: no call fails with MDP_REMOTE 502',
    ]);
    expect(broken(ledger, { mayFail: { call: ['MDP_REMOTE 502'], stream: ['MDP_REMOTE 502'] } })).toEqual([]);
    expect(broken(ledger, { mayFail: { call: ['MDP_REMOTE 404'], stream: ['MDP_REMOTE 502'] } })).toHaveLength(1);
  });

  test('allows more to clients that a fault was done to, by kind', () => {
    const ledger = new Ledger().sent(0, 'a').failed(1, 'a', 'MDP_DISCONNECTED');
    const contract = { victimsMayFail: { call: ['MDP_DISCONNECTED'] } };
    expect(broken(ledger, contract)).toHaveLength(1);
    expect(broken(ledger, contract, ['client'])).toEqual([]);
    expect(broken(ledger, { victimsMayFail: { stream: ['MDP_DISCONNECTED'] } }, ['client'])).toHaveLength(1);
  });

  test('may promise more', () => {
    const ledger = new Ledger().sent(0, 'a').began(1, 'a').began(2, 'a').reply(3, 'a');
    expect(broken(ledger, { never: ['duplicated'] })).toEqual(['a: never duplicated']);
  });
});

test('a timeline shows the request, and what was done around it', () => {
  const ledger = new Ledger()
    .call(0, 'early')
    .fault(10, 1)
    .over(20, 1)
    .sent(2_000, 'a')
    .fault(2_010, 2, { kind: 'kill', target: 'w7' })
    .failed(2_020, 'a', 'MDP_REMOTE', 502)
    .fault(9_000, 3);
  const lines = timelineOf(ledger.entries, 'a').split('\n');
  expect(lines.map((line) => line.trim().split(/ {2,}/))).toEqual([
    ['2000.0 ms', 'client', 'sent id=a service=work kind=call once=false'],
    ['2010.0 ms', 'controller', 'faultBegan fault=2 kind=kill role=worker target=w7'],
    ['2020.0 ms', 'client', 'ended id=a outcome=MDP_REMOTE status=502'],
  ]);
});
