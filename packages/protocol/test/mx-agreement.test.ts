// SPDX-License-Identifier: Apache-2.0
// mx-agreement.test - how a broker is asked whether it speaks MX, what is a yes, and what is none

import { describe, expect, test } from '@jest/globals';
import {
  bytes,
  decodeAtBroker,
  decodeMxAnswer,
  encodeClientReply,
  encodeMxAnswer,
  encodeMxQuestion,
} from '@mdp/protocol';
import fc from 'fast-check';
import { check } from '@mdp/testkit/fuzz';
import { anyDamage, damaged } from './support/arbitrary.js';

const frame = fc.uint8Array({ maxLength: 20 });

describe('the question whether a broker speaks MX', () => {
  const answer = (...body: string[]): Uint8Array[] =>
    encodeClientReply('rfc18', [], 'final', bytes('mmi.mx'), body.map(bytes));

  test('is an ordinary strict request', () => {
    expect(decodeAtBroker(encodeMxQuestion())).toMatchObject({
      type: 'request',
      dialect: 'rfc18',
      service: 'mmi.mx',
      body: [bytes('1')],
    });
  });

  test('what a broker answers is a yes', () => {
    const body = encodeMxAnswer(70);
    expect(decodeMxAnswer(encodeClientReply('rfc18', [], 'final', bytes('mmi.mx'), body))).toBe(70);
  });

  test.each([['1'], ['1000'], ['65535']])('a yes with window %s is one', (window) => {
    expect(decodeMxAnswer(answer('200', '1', window))).toBe(Number(window));
  });

  test.each([
    [['404']],
    [['501']],
    [['200']],
    [['200', '1']],
    [['200', '2', '1000']],
    [['200', '1', '0']],
    [['200', '1', '-5']],
    [['200', '1', '']],
    [['200', '1', '1e3']],
    [['200', '1', ' 7']],
    [['200', '1', '9'.repeat(16)]],
    [['200', '1', '1000', '']],
    [['201', '1', '1000']],
  ])('%j is none', (body) => {
    expect(decodeMxAnswer(answer(...body))).toBeUndefined();
  });

  test('neither is a PARTIAL, the reply of another service, or an MX message', () => {
    const body = ['200', '1', '5'].map(bytes);
    expect(decodeMxAnswer(encodeClientReply('rfc18', [], 'partial', bytes('mmi.mx'), body))).toBeUndefined();
    expect(decodeMxAnswer(encodeClientReply('rfc18', [], 'final', bytes('mmi.mm'), body))).toBeUndefined();
    expect(decodeMxAnswer([bytes('MDPX01....')])).toBeUndefined();
  });

  test('a yes is read as it was said, and when it was damaged on its way it is a window or none', () => {
    check(
      fc.property(fc.integer({ min: 1, max: 10_000_000 }), anyDamage, (window, damages) => {
        const yes = encodeClientReply('rfc18', [], 'final', bytes('mmi.mx'), encodeMxAnswer(window));
        expect(decodeMxAnswer(yes)).toBe(window);
        const read = decodeMxAnswer(damaged(yes, damages));
        if (read !== undefined) expect(Number.isSafeInteger(read) && read >= 1).toBe(true);
      }),
      { runs: 500 },
    );
  });

  test('nothing that comes makes it throw', () => {
    check(
      fc.property(fc.array(frame, { maxLength: 10 }), (frames) => {
        decodeMxAnswer(frames);
        decodeMxAnswer(encodeClientReply('rfc18', [], 'final', bytes('mmi.mx'), frames));
      }),
    );
  });
});
