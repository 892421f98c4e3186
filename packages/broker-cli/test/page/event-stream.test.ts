// SPDX-License-Identifier: Apache-2.0
// event-stream.test - server-sent events, in whatever pieces they come

import { describe, expect, test } from '@jest/globals';
import { EventReader } from '../../src/page/event-stream.js';
import { eventText } from '../../src/status-page/feed.js';

const HOSTILE = { name: 'a\n\ndata: {"b":1}\n\nevent: update', more: '\r\n\u2028🦊' };

describe('an event reader', () => {
  test('reads what the feed writes', () => {
    const text = eventText('begin', { a: [1] }) + eventText('update', HOSTILE);
    expect(new EventReader().read(text)).toEqual([
      { event: 'begin', data: { a: [1] } },
      { event: 'update', data: HOSTILE },
    ]);
  });

  test('puts together what comes in pieces', () => {
    const reader = new EventReader();
    const text = eventText('begin', 1) + eventText('update', HOSTILE);
    const found = Array.from(text.match(/[^]{1,3}/g) ?? []).flatMap((piece) => reader.read(piece));
    expect(found).toEqual([
      { event: 'begin', data: 1 },
      { event: 'update', data: HOSTILE },
    ]);
  });

  test('passes over comments and what has no name', () => {
    expect(new EventReader().read(': hello\n\ndata: 1\n\nevent: update\n\n')).toEqual([]);
  });

  test('does not wait for the end of what has none', () => {
    const reader = new EventReader();
    const much = 'x'.repeat(4 * 1_024 * 1_024);
    expect(() => {
      for (let i = 0; i < 5; i++) reader.read(much);
    }).toThrow('an event has no end');
  });
});
