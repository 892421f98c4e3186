// SPDX-License-Identifier: Apache-2.0
// journal.test - when stderr is systemd's journal, and what a line says there

import { describe, expect, test } from '@jest/globals';
import { goesToJournal, journalText } from '../src/journal.js';

const stderr = { dev: 8n, ino: 18446744073709551615n };
const file = (): typeof stderr => stderr;

describe('goesToJournal', () => {
  test('is so where systemd has named the very file that stderr is', () => {
    expect(goesToJournal({ JOURNAL_STREAM: '8:18446744073709551615' }, file)).toBe(true);
  });

  test.each([
    ['systemd has named none', undefined],
    ['systemd has named another file', '8:18446744073709551614'],
    ['systemd has named a file of another device', '9:18446744073709551615'],
  ])('is not so where %s', (_, named) => {
    expect(goesToJournal({ JOURNAL_STREAM: named }, file)).toBe(false);
  });

  test('is not so where stderr is closed', () => {
    const closed = (): never => {
      throw new Error('EBADF');
    };
    expect(goesToJournal({ JOURNAL_STREAM: '8:1' }, closed)).toBe(false);
  });
});

test('each line has its priority', () => {
  expect(journalText('error', 'one\ntwo')).toBe('<3>one\n<3>two');
  expect(journalText('info', 'one')).toBe('<6>one');
});
