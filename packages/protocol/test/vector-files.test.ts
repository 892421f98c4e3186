// SPDX-License-Identifier: Apache-2.0
// vector-files.test - the vectors are complete, and what they say about each byte is true

import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { DIALECTS, INVALID_REASONS } from '@mdp/protocol';
import type { VectorFrame } from './support/vectors.js';
import { MESSAGE_FILES, allMessageVectors, errorVectors, nameVectors, tokenVectors } from './support/vectors.js';

const VECTORS = new URL('../vectors/', import.meta.url);
const rows = allMessageVectors();

/** Fields whose frames are the users' own: nobody explains their bytes. */
const OPAQUE = new Set(['body', 'message']);

const FIELDS = [
  'routing-id',
  'address',
  'header',
  'command',
  'service',
  'client-address',
  'delimiter',
  'body',
  'extra',
  'unknown',
];

/** The commands of each pair of sender and receiver, by dialect; MDP/0.1 has no PARTIAL. */
const COMMANDS: readonly (readonly [string, string, readonly string[]])[] = [
  ['client', 'broker', ['request']],
  ['worker', 'broker', ['ready', 'partial', 'final', 'heartbeat', 'disconnect']],
  ['broker', 'client', ['partial', 'final']],
  ['broker', 'worker', ['request', 'heartbeat', 'disconnect']],
];

/** The reasons that each decoder can give. A client and a worker see no address; a broker sees everything. */
const REASONS: Readonly<Record<string, readonly string[]>> = {
  broker: INVALID_REASONS,
  client: ['no-header', 'no-command', 'unknown-command', 'no-service', 'bad-service-name', 'no-body'],
  worker: [
    'no-header',
    'no-command',
    'unknown-command',
    'no-client-address',
    'no-delimiter',
    'no-body',
    'extra-frames',
  ],
};

function explained(frame: VectorFrame): string {
  return (frame.bytes ?? []).map((part) => part.hex).join('');
}

describe('vectors', () => {
  test('are of one schema: unique ids, a message or a reason, known fields', () => {
    const ids = [...rows, ...nameVectors(), ...errorVectors(), ...tokenVectors().vectors, ...tokenVectors().strays].map(
      (row) => row.id,
    );
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
    for (const row of rows) {
      expect({ id: row.id, one: (row.message === undefined) !== (row.invalid === undefined) }).toEqual({
        id: row.id,
        one: true,
      });
      expect(row.rules.length).toBeGreaterThan(0);
      if (row.message !== undefined) expect(typeof row.canonical === 'boolean' || row.answer !== undefined).toBe(true);
      for (const frame of row.frames) expect(FIELDS).toContain(frame.field);
    }
  });

  test('explain every byte of every frame that is not a body', () => {
    const frames = [
      ...rows.flatMap((row) => [...row.frames, ...(row.answer ?? [])]),
      ...errorVectors().flatMap((row) => row.body),
    ];
    const wrong = frames.filter((frame) => !OPAQUE.has(frame.field) && explained(frame) !== frame.hex);
    expect(wrong).toEqual([]);
    expect(frames.flatMap((frame) => frame.bytes ?? []).filter((part) => part.is === '')).toEqual([]);
  });

  test('hold lower-case hex in whole bytes', () => {
    for (const name of readdirSync(VECTORS).filter((file) => file.endsWith('.json'))) {
      const all = readFileSync(new URL(name, VECTORS), 'utf8').matchAll(/"(?:hex|nonce|token)": "([^"]*)"/g);
      expect([...all].map(([, hex = '']) => hex).filter((hex) => !/^(?:[0-9a-f]{2})*$/.test(hex))).toEqual([]);
    }
  });

  test.each(
    DIALECTS.flatMap((dialect) =>
      COMMANDS.flatMap(([from, decoder, commands]) =>
        commands
          .filter((command) => command !== 'partial' || dialect !== 'mdp01')
          .map((command) => [dialect, command, from, decoder] as const),
      ),
    ),
  )('%s: %s from %s to %s, valid and invalid', (dialect, command, from, decoder) => {
    const own = rows.filter((row) => row.dialect === dialect && row.from === from && row.decoder === decoder);
    expect(own.filter((row) => row.message?.type === command && row.canonical === true).length).toBeGreaterThan(0);
    expect(own.filter((row) => row.invalid !== undefined).length).toBeGreaterThan(0);
  });

  test.each(['broker', 'client', 'worker'])('give every reason that a decoder at a %s can give', (decoder) => {
    const given = new Set(rows.filter((row) => row.decoder === decoder).map((row) => row.invalid));
    expect([...(REASONS[decoder] ?? [])].filter((reason) => !given.has(reason as never))).toEqual([]);
  });

  test('have address stacks of each length from none to eight frames, and longer', () => {
    const lengths = new Set(
      rows.filter((row) => row.router === true && row.message !== undefined).map((row) => row.message?.address?.length),
    );
    expect([...lengths].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(rows.filter((row) => row.router === true && row.invalid === 'address-too-long').length).toBeGreaterThan(3);
  });

  test('are each described in their README', () => {
    const readme = readFileSync(new URL('README.md', VECTORS), 'utf8');
    for (const name of readdirSync(VECTORS).filter((file) => file.endsWith('.json'))) {
      expect(readme).toContain(`\`${name}\``);
    }
    expect([...MESSAGE_FILES].map((file) => `${file}.json`).filter((file) => !readme.includes(file))).toEqual([]);
  });
});
