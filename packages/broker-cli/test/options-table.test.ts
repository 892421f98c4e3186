// SPDX-License-Identifier: Apache-2.0
// options-table.test - the table of options against the broker that it describes

import { describe, expect, test } from '@jest/globals';
import type { BrokerOptions } from '@mdp/broker';
import { BROKER_DEFAULTS, Broker } from '@mdp/broker';
import type { OptionRow } from '../src/options-table.js';
import { OPTIONS } from '../src/options-table.js';
import { RUN_FLAGS } from '../src/run-flags.js';
import { SERVICE_OPTIONS } from '../src/service-values.js';
import type { ValueRule } from '../src/value-kinds.js';
import { LONGEST_MS, isScalar, readText } from '../src/value-kinds.js';

type ScalarRow = OptionRow & { readonly rule: ValueRule };

const brokerRows = OPTIONS.filter(
  (row): row is ScalarRow => isScalar(row.rule) && row.api !== undefined && row.api !== 'heartbeatLiveness',
);

function accepts(options: unknown): boolean {
  try {
    return new Broker(options as BrokerOptions) instanceof Broker;
  } catch (error) {
    expect(error).toMatchObject({ code: 'MDP_INVALID_ARGUMENT' });
    return false;
  }
}

test('every option of the broker has a flag, a variable and a config key', () => {
  const api = OPTIONS.map((row) => row.api);
  expect(api).toEqual(expect.arrayContaining([...Object.keys(BROKER_DEFAULTS), 'endpoints', 'services']));
  for (const row of OPTIONS) {
    expect(row.flag).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(row.env).toMatch(/^MDP_[A-Z]+(_[A-Z]+)*$/);
    expect(row.key).toMatch(/^[a-z]+[A-Za-z]*(\.[a-z]+)?$/);
    expect(RUN_FLAGS.map((flag) => flag.name)).toContain(row.flag);
  }
});

test('no name is given twice', () => {
  for (const names of [
    OPTIONS.map((row) => row.key),
    OPTIONS.map((row) => row.env),
    RUN_FLAGS.flatMap((flag) => [flag.name, ...(flag.letter === undefined ? [] : [flag.letter])]),
  ]) {
    expect(new Set(names).size).toBe(names.length);
  }
});

test("Majortomo's letters are there", () => {
  const letters = Object.fromEntries(
    RUN_FLAGS.flatMap((flag) => (flag.letter === undefined ? [] : [[flag.letter, flag.name]])),
  );
  expect(letters).toEqual({
    b: 'bind-url',
    i: 'heartbeat-interval',
    t: 'heartbeat-timeout',
    B: 'busy-worker-timeout',
    c: 'config',
    V: 'verbose',
    D: 'debug',
  });
});

describe.each(brokerRows.map((row) => [row.flag, row] as const))('--%s', (_, row) => {
  const { rule } = row;
  const api = row.api as keyof typeof BROKER_DEFAULTS;

  test('its default is allowed, and is the one of the broker', () => {
    expect(readText(rule, row.flag, row.defaultText)).toBe(BROKER_DEFAULTS[api]);
  });

  test('its bounds are those of the broker', () => {
    if (rule.kind === 'boolean') {
      expect(accepts({ [api]: 'yes' })).toBe(false);
      return;
    }
    const { min = 0, max = NaN } = rule;
    expect([min, max].map((value) => accepts({ [api]: value }))).toEqual([true, true]);
    expect(accepts({ [api]: min - 1 })).toBe(false);
    // The longest duration is a round number here; the broker goes up to what a timer takes.
    expect(accepts({ [api]: max + 1 })).toBe(max === LONGEST_MS);
  });
});

describe.each(SERVICE_OPTIONS.map((row) => [row.flag, row] as const))('--service NAME,%s', (_, row) => {
  test('its bounds are those of the broker', () => {
    const { min = 0, max = NaN } = row.rule;
    const service = (value: number): unknown => ({ services: { resize: { [row.api]: value } } });
    expect([min, max].map((value) => accepts(service(value)))).toEqual([true, true]);
    expect(accepts(service(min - 1))).toBe(false);
    expect(accepts(service(max + 1))).toBe(max === LONGEST_MS);
  });
});
