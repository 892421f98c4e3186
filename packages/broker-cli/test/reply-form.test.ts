// SPDX-License-Identifier: Apache-2.0
// reply-form.test - parts of a reply as they are written, to a terminal and elsewhere

import { expect, test } from '@jest/globals';
import { RemoteError, TimeoutError } from '@mdp/protocol';
import type { ReplyStyle } from '../src/reply-form.js';
import { formatFailure, formatPart } from '../src/reply-form.js';

const PIPE: ReplyStyle = { form: 'text', hex: false, terminal: false };
const TERMINAL: ReplyStyle = { ...PIPE, terminal: true };

const words = Buffer.from('a\n\tb');
const hostile = Buffer.from('\u001b[2Jc\u202e');
const binary = Buffer.of(0xff, 0);

test.each<[what: string, style: ReplyStyle, frames: readonly Buffer[], written: string]>([
  ['a line a frame', PIPE, [words, hostile], 'a\n\tb\n\u001b[2Jc\u202e\n'],
  ['an empty frame', PIPE, [Buffer.alloc(0)], '\n'],
  ['what could move the cursor', TERMINAL, [words, hostile], 'a\n\tb\n\\u001b[2Jc\\u202e\n'],
  ['bytes on a terminal', TERMINAL, [binary], '2 bytes 0xff00\n'],
  ['hexadecimal', { ...TERMINAL, hex: true }, [binary, words], 'ff00\n610a0962\n'],
  ['raw', { ...PIPE, form: 'raw' }, [words, words], 'a\n\tba\n\tb'],
  [
    'JSON',
    { ...PIPE, form: 'json' },
    [words, binary, hostile],
    '{"frames":["a\\n\\tb",{"base64":"/wA="},"\\u001b[2Jc\\u202e"],"ms":1.235}\n',
  ],
  ['JSON in hexadecimal', { form: 'json', hex: true, terminal: true }, [binary], '{"frames":["ff00"],"ms":1.235}\n'],
])('%s', (_, style, frames, written) => {
  expect(Buffer.from(formatPart(frames, style, 1.23456)).toString()).toBe(written);
});

test('bytes go through a pipe as they are', () => {
  expect(formatPart([binary], PIPE, 1)).toEqual(Buffer.of(0xff, 0, 10));
  expect(formatPart([binary, binary], { ...PIPE, form: 'raw' }, 1)).toEqual(Buffer.of(0xff, 0, 0xff, 0));
});

test('a failure as JSON has what a program needs', () => {
  const facts = { service: 's', attempts: 2 };
  expect(JSON.parse(formatFailure(new RemoteError(429, 'too\u001bmany', facts), 5))).toEqual({
    error: { code: 'MDP_REMOTE', status: 429, message: 'too\u001bmany', attempts: 2 },
    ms: 5,
  });
  expect(JSON.parse(formatFailure(new TimeoutError('late', facts), 5))).toEqual({
    error: { code: 'MDP_TIMEOUT', message: 'late', attempts: 2 },
    ms: 5,
  });
});
