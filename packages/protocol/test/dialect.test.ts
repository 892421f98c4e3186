// SPDX-License-Identifier: Apache-2.0
// dialect.test - the tables of bytes, against those of docs/wire.md

import { describe, expect, test } from '@jest/globals';
import {
  CLIENT_COMMANDS,
  COMMAND_FRAMES,
  DEFAULT_ENDPOINT,
  DEFAULT_HEARTBEAT_INTERVAL_MS,
  DEFAULT_HEARTBEAT_LIVENESS,
  DIALECTS,
  HEADERS,
  HEADER_LENGTH,
  WORKER_COMMANDS,
  bytes,
  headerKind,
  isDialect,
} from '@mdp/protocol';
import { endpointOption } from '@mdp/protocol/internal';

describe('headers', () => {
  test('are six bytes and known again (MDP-B-06)', () => {
    for (const [kind, header] of Object.entries(HEADERS)) {
      expect(header).toHaveLength(HEADER_LENGTH);
      expect(headerKind(header)).toBe(kind);
      expect(headerKind(Buffer.from(header))).toBe(kind);
    }
  });

  test('are no more when any one of their bits is flipped, but for those that make another header (MDP-B-06)', () => {
    for (const [kind, header] of Object.entries(HEADERS)) {
      for (let bit = 0; bit < HEADER_LENGTH * 8; bit++) {
        const other = header.slice();
        other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(headerKind(other)).not.toBe(kind);
        if (!Object.values(HEADERS).some((known) => Buffer.compare(known, other) === 0)) {
          expect(headerKind(other)).toBeUndefined();
        }
      }
    }
  });
});

describe('commands', () => {
  test('of one dialect and side are all different, and have a frame', () => {
    for (const dialect of DIALECTS) {
      for (const commands of [CLIENT_COMMANDS[dialect], WORKER_COMMANDS[dialect]]) {
        const used = Object.values(commands).filter((byte) => byte !== undefined) as number[];
        expect(new Set(used).size).toBe(used.length);
        for (const byte of used) expect(COMMAND_FRAMES[byte]).toEqual(Uint8Array.of(byte));
      }
    }
  });

  test('cannot be service names, so a command that is missing or misplaced is noticed', () => {
    for (const frame of COMMAND_FRAMES) expect(frame[0]).toBeLessThan(0x20);
  });
});

test('isDialect knows the dialects', () => {
  for (const dialect of DIALECTS) expect(isDialect(dialect)).toBe(true);
  for (const other of ['', 'RFC18', 'mdp02', undefined, null, 18, bytes('rfc18')]) expect(isDialect(other)).toBe(false);
});

test('the defaults are those of Majortomo where it has them', () => {
  expect(endpointOption('endpoint', DEFAULT_ENDPOINT)).toBe(DEFAULT_ENDPOINT);
  expect(DEFAULT_HEARTBEAT_INTERVAL_MS).toBe(2500);
  expect(DEFAULT_HEARTBEAT_INTERVAL_MS * DEFAULT_HEARTBEAT_LIVENESS).toBe(10_000);
});
