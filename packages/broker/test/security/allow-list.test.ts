// SPDX-License-Identifier: Apache-2.0
// allow-list.test - what the text of an allow-list says, and what is refused

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeZ85, formatKeyFile } from '@mdp/protocol/internal';
import { generateKeyPair } from '@mdp/protocol/node';
import { check } from '@mdp/testkit/fuzz';
import { AllowList, parseAllowList } from '../../src/security/allow-list.js';

const ALICE = generateKeyPair().publicKey;
const BOB = generateKeyPair().publicKey;
const EVE = generateKeyPair().publicKey;

describe('the text of a list', () => {
  test('has a key to a line, when it expires, and whose it is', () => {
    const text = `# the shop\n\n${ALICE}  expires=2027-01-31   alice, till\t2\n  ${BOB}\r\n#${ALICE} was here\n#\n`;
    expect(parseAllowList(text)).toEqual([
      { key: ALICE, name: 'alice, till 2', expiresAt: Date.UTC(2027, 1, 1) },
      { key: BOB, name: '', expiresAt: Infinity },
    ]);
  });

  test('may have words of an expiry in the name', () => {
    expect(parseAllowList(`${ALICE} Expert, expires never`)).toEqual([
      { key: ALICE, name: 'Expert, expires never', expiresAt: Infinity },
    ]);
  });

  test('may be that of a key file', () => {
    const text = formatKeyFile({ publicKey: ALICE, name: 'alice', expires: '2027-01-31T18:00Z' });
    expect(parseAllowList(text)).toEqual([{ key: ALICE, name: 'alice', expiresAt: Date.UTC(2027, 0, 31, 18) }]);
    expect(parseAllowList(`${text}    secret-key = "x"\n`)).toBe('its secret-key is not 40 characters of Z85');
  });

  test.each([
    ['alice', 'line 1 does not begin with a public key of 40 characters of Z85'],
    [`\n${ALICE}\n${BOB.slice(0, -1)} bob`, 'line 3 does not begin with a public key of 40 characters of Z85'],
    [
      `${ALICE} expires=tomorrow`,
      'line 1: expires is not a date such as 2027-01-31, or a time such as 2027-01-31T18:00Z',
    ],
    ...['alice expires=2027-01-31', 'expired=2027-01-31', 'Expires=2027-01-31 alice', 'expires:2027-01-31'].map(
      (rest): [string, string] => [
        `${BOB}\n${ALICE} ${rest}`,
        'line 2: when a key expires stands once, next to the key, as expires=2027-01-31',
      ],
    ),
    [`${ALICE} expires=`, 'line 1: expires is not a date such as 2027-01-31, or a time such as 2027-01-31T18:00Z'],
    [
      `public-key = "${ALICE}"\nexpires = "soon"`,
      'its expires is not a date such as 2027-01-31, or a time such as 2027-01-31T18:00Z',
    ],
  ])('%j is refused: %s', (text, why) => {
    expect(parseAllowList(text)).toBe(why);
  });

  test('is read as it was written, and when it was damaged it names no key that does not stand there', () => {
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(encodeZ85);
    const name = fc.array(fc.stringMatching(/^[a-z]{1,8}$/), { maxLength: 3 }).map((words) => words.join(' '));
    const day = fc.option(fc.integer({ min: 0, max: 30_000 }));
    const damage = fc.tuple(fc.nat(300), fc.nat(30), fc.string({ unit: 'binary', maxLength: 10 }));
    check(
      fc.property(fc.array(fc.tuple(key, name, day), { maxLength: 5 }), damage, (rows, [at, cut, put]) => {
        const lines = rows.map(([publicKey, whose, days]) => {
          const date = days === null ? '' : ` expires=${new Date(days * 86_400_000).toISOString().slice(0, 10)}`;
          return `${publicKey}${date} ${whose}`;
        });
        const text = lines.join('\n');
        expect(parseAllowList(text)).toEqual(
          rows.map(([publicKey, whose, days]) => {
            return { key: publicKey, name: whose, expiresAt: days === null ? Infinity : (days + 1) * 86_400_000 };
          }),
        );
        const other = text.slice(0, at) + put + text.slice(at + cut);
        const read = parseAllowList(other);
        if (typeof read === 'string') return;
        expect(read.length).toBeLessThanOrEqual(other.split('\n').length);
        for (const allowed of read) {
          expect(allowed.key).toHaveLength(40);
          expect(other).toContain(allowed.key);
          expect(allowed.expiresAt).not.toBeNaN();
        }
      }),
      { runs: 100 },
    );
  });

  test('is read or refused, whatever it is', () => {
    check(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const read = parseAllowList(text);
        if (typeof read !== 'string') for (const { key } of read) expect(text).toContain(key);
      }),
      { runs: 500 },
    );
  });
});

describe('a list', () => {
  const list = new AllowList([
    { key: ALICE, name: 'alice', expiresAt: 1000 },
    { key: BOB, name: 'bob', expiresAt: Infinity },
  ]);

  test('allows who is on it, until the key expires', () => {
    expect(list.verdict(ALICE, 999)).toBe('allowed');
    expect(list.verdict(ALICE, 1000)).toBe('expiredKey');
    expect(list.verdict(BOB, 1e15)).toBe('allowed');
    expect(list.verdict(EVE, 0)).toBe('unknownKey');
    expect(list.find(ALICE)?.name).toBe('alice');
  });

  test('says the same as another one, or not', () => {
    const bob = { key: BOB, name: 'bob', expiresAt: Infinity };
    const alice = { key: ALICE, name: 'alice', expiresAt: 1000 };
    expect(list.equals(new AllowList([bob, alice]))).toBe(true);
    expect(list.equals(new AllowList([bob]))).toBe(false);
    expect(list.equals(new AllowList([bob, { ...alice, expiresAt: 2000 }]))).toBe(false);
    expect(list.equals(new AllowList([bob, { ...alice, name: 'eve' }]))).toBe(false);
    expect(list.equals(new AllowList([bob, { ...alice, key: EVE }]))).toBe(false);
  });
});
