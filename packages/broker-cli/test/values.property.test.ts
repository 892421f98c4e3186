// SPDX-License-Identifier: Apache-2.0
// values.property.test - what holds for every text that a user may write for an option

import { describe, expect, test } from '@jest/globals';
import { check } from '@mdp/testkit/fuzz';
import fc from 'fast-check';
import { splitAttributes } from '../src/attributes.js';
import { formatDuration, parseDuration } from '../src/durations.js';
import { endpointFromText } from '../src/endpoint-values.js';
import { UsageError, errorCode } from '../src/exit-codes.js';
import { printable, quoted } from '../src/printable.js';
import { servicesFromText } from '../src/service-values.js';
import { formatSize, parseSize } from '../src/sizes.js';
import type { ScalarKind } from '../src/value-kinds.js';
import { readConfig, readText } from '../src/value-kinds.js';

/** Texts that look like values, and any other. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.stringMatching(/^[0-9.]{0,6} ?(ms|s|m|h|d|k|KiB|MB|T|,|=|-|a)*$/),
  fc.stringMatching(
    /^(tcp:\/\/|ipc:\/\/|inproc:\/\/)?[a-z0-9.:*]{0,12}(,(role|curve|allow|service|max-attempts|queue-timeout)=[a-z0-9]{0,6}){0,3}$/,
  ),
);

/** Whether something is read; a mistake of the user is told as one. */
function reads(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (!(error instanceof UsageError)) expect(errorCode(error)).toBe('MDP_INVALID_ARGUMENT');
    return false;
  }
}

describe('whatever stands for a value', () => {
  test('a duration and a size are read as they are written', () => {
    check(
      fc.property(fc.nat(2 ** 31 - 1), (value) => {
        expect(parseDuration(formatDuration(value))).toBe(value);
        expect(parseSize(formatSize(value))).toBe(value);
      }),
      { runs: 200 },
    );
  });

  test('a text is a whole number of milliseconds or bytes, or none', () => {
    check(
      fc.property(text, (given) => {
        for (const read of [parseDuration(given), parseSize(given)]) {
          if (read !== undefined) expect(Number.isSafeInteger(read) && read >= 0).toBe(true);
        }
      }),
      { runs: 200 },
    );
  });

  test('it is a value within its bounds, or a mistake of the user', () => {
    const kinds: ScalarKind[] = ['duration', 'size', 'count', 'boolean', 'choice', 'text'];
    const anything = fc.oneof(text, fc.anything());
    check(
      fc.property(fc.constantFrom(...kinds), text, anything, (kind, given, config) => {
        const rule = { kind, min: 1, max: 1_000, ...(kind === 'choice' ? { choices: ['a', 'b'] } : {}) };
        reads(() => {
          const read = readText(rule, '--flag', given);
          if (typeof read === 'number') expect(read >= 1 && read <= 1_000).toBe(true);
        });
        reads(() => {
          const read = readConfig(rule, 'file:1: key', config);
          if (typeof read === 'number') expect(read >= 1 && read <= 1_000).toBe(true);
        });
      }),
      { runs: 200 },
    );
  });

  test('endpoints and services are read, or are a mistake of the user, and nothing of a name is lost', () => {
    check(
      fc.property(text, (given) => {
        reads(() => endpointFromText('--endpoint', given));
        reads(() => servicesFromText('--service', [given, `x,${given}`]));
        const { name, attributes } = splitAttributes(given);
        expect(name + attributes.map(([key, value]) => `,${key}=${value}`).join('')).toBe(given);
      }),
      { runs: 200 },
    );
  });

  test('what is shown of it moves no cursor, ends no line and has an end', () => {
    check(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (given) => {
        for (const shown of [printable(given), quoted(given)]) {
          expect(shown).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/);
          expect(shown.isWellFormed()).toBe(true);
          expect(shown.length).toBeLessThanOrEqual(6 * 200 + 3);
        }
      }),
      { runs: 200 },
    );
  });
});
