// SPDX-License-Identifier: Apache-2.0
// decode-at-peers.test - what a client and a worker read, rule by rule

import { describe, expect, test } from '@jest/globals';
import type { Dialect } from '@mdp/protocol';
import { decodeAtClient, decodeAtWorker } from '@mdp/protocol';
import type { Part } from './support/wire.js';
import { C1, C2, W1, W2, wire } from './support/wire.js';

const TOKEN = new Uint8Array(16).fill(7);

function atClient(dialect: Dialect, ...parts: readonly Part[]): unknown {
  return decodeAtClient(dialect, wire(...parts));
}

function atWorker(dialect: Dialect, ...parts: readonly Part[]): unknown {
  return decodeAtWorker(dialect, wire(...parts));
}

function invalid(reason: string): unknown {
  return { type: 'invalid', reason };
}

describe('at a client', () => {
  test('PARTIAL has header, 0x02, service name and body (MDP-C-03)', () => {
    expect(atClient('rfc18', C2, 2, 'echo', 'x', '')).toEqual({
      type: 'partial',
      service: 'echo',
      body: wire('x', ''),
    });
    expect(atClient('rfc18', C2, 2)).toEqual(invalid('no-service'));
    expect(atClient('rfc18', C2, 2, 'a\nb', 'x')).toEqual(invalid('bad-service-name'));
    expect(atClient('rfc18', C2, 2, 'echo')).toEqual(invalid('no-body'));
  });

  test('FINAL has header, 0x03, service name and body (MDP-C-04)', () => {
    expect(atClient('rfc18', C2, 3, 'echo', 'x')).toEqual({ type: 'final', service: 'echo', body: wire('x') });
    expect(atClient('rfc18', C2, 3)).toEqual(invalid('no-service'));
    expect(atClient('rfc18', C2, 3, '', 'x')).toEqual(invalid('bad-service-name'));
    expect(atClient('rfc18', C2, 3, 'echo')).toEqual(invalid('no-body'));
  });

  test('replies of Majortomo have other commands, no service name, and maybe no body (MDP-C-03, MDP-C-04)', () => {
    expect(atClient('majortomo', '', C2, 3, 'x')).toEqual({ type: 'partial', service: undefined, body: wire('x') });
    expect(atClient('majortomo', '', C2, 4)).toEqual({ type: 'final', service: undefined, body: [] });
    expect(atClient('majortomo', '', C2, 2, 'echo', 'x')).toEqual(invalid('unknown-command'));
    expect(atClient('majortomo', '', C2)).toEqual(invalid('no-command'));
  });

  test('REPLY of MDP/0.1 is a FINAL without a command (MDP01-02)', () => {
    expect(atClient('mdp01', '', C1, 'echo', 'x')).toEqual({ type: 'final', service: 'echo', body: wire('x') });
    expect(atClient('mdp01', '', C1)).toEqual(invalid('no-service'));
    expect(atClient('mdp01', '', C1, 'echo')).toEqual(invalid('no-body'));
    expect(atClient('mdp01', C1, 'echo', 'x')).toEqual(invalid('no-header'));
  });

  test.each<[Dialect, readonly Part[]]>([
    ['rfc18', []],
    ['rfc18', [W2, 5]],
    ['rfc18', ['', C2, 3, 'echo', 'x']],
    ['rfc18', ['', C2, 4, 'x']],
    ['rfc18', ['', C1, 'echo', 'x']],
    ['majortomo', []],
    ['majortomo', ['']],
    ['majortomo', [C2, 4, 'x']],
    ['majortomo', ['', '', C2, 4, 'x']],
    ['majortomo', ['hop', C2, 4, 'x']],
    ['mdp01', ['', C2, 3, 'echo', 'x']],
    ['mdp01', ['', W1, 4]],
  ])('%s: what has not the header of a reply is none (MDP-C-11)', (dialect, parts) => {
    expect(atClient(dialect, ...parts)).toEqual(invalid('no-header'));
  });

  test('a command that no broker sends is none (MDP-C-11)', () => {
    for (const byte of [0, 1, 4, 5, 255]) {
      expect(atClient('rfc18', C2, byte, 'echo', 'x')).toEqual(invalid('unknown-command'));
    }
    expect(atClient('rfc18', C2)).toEqual(invalid('no-command'));
    expect(atClient('rfc18', C2, 'echo', 'x')).toEqual(invalid('unknown-command'));
  });
});

describe('at a worker', () => {
  const DIALECTS: readonly [Dialect, readonly Part[]][] = [
    ['rfc18', [W2]],
    ['majortomo', ['', W2]],
    ['mdp01', ['', W1]],
  ];

  test.each(DIALECTS)(
    '%s: REQUEST has one address, an empty frame and a body (MDP-W-11, MDP01-08)',
    (dialect, head) => {
      expect(atWorker(dialect, ...head, 2, TOKEN, '', 'x', '')).toEqual({
        type: 'request',
        token: TOKEN,
        body: wire('x', ''),
      });
      expect(atWorker(dialect, ...head, 2, TOKEN, '')).toEqual(invalid('no-body'));
      expect(atWorker(dialect, ...head, 2)).toEqual(invalid('no-client-address'));
      expect(atWorker(dialect, ...head, 2, '', '', 'x')).toEqual(invalid('no-client-address'));
      expect(atWorker(dialect, ...head, 2, 'a'.repeat(256), '', 'x')).toEqual(invalid('no-client-address'));
      expect(atWorker(dialect, ...head, 2, TOKEN, TOKEN, '', 'x')).toEqual(invalid('no-delimiter'));
    },
  );

  test.each(DIALECTS)('%s: a REQUEST without the empty frame is none (MDP-W-19, MDP01-13)', (dialect, head) => {
    expect(atWorker(dialect, ...head, 2, TOKEN)).toEqual(invalid('no-delimiter'));
    expect(atWorker(dialect, ...head, 2, TOKEN, 'x')).toEqual(invalid('no-delimiter'));
  });

  test('HEARTBEAT is 0x05 and has 2 frames (MDP-W-14)', () => {
    expect(atWorker('rfc18', W2, 5)).toEqual({ type: 'heartbeat' });
    expect(atWorker('majortomo', '', W2, 5)).toEqual({ type: 'heartbeat' });
    expect(atWorker('rfc18', W2, 5, '')).toEqual(invalid('extra-frames'));
  });

  test('DISCONNECT is 0x06 and has 2 frames (MDP-W-15)', () => {
    expect(atWorker('rfc18', W2, 6)).toEqual({ type: 'disconnect' });
    expect(atWorker('majortomo', '', W2, 6)).toEqual({ type: 'disconnect' });
    expect(atWorker('rfc18', W2, 6, '')).toEqual(invalid('extra-frames'));
  });

  test('HEARTBEAT and DISCONNECT of MDP/0.1 are 0x04 and 0x05 (MDP01-10, MDP01-11)', () => {
    expect(atWorker('mdp01', '', W1, 4)).toEqual({ type: 'heartbeat' });
    expect(atWorker('mdp01', '', W1, 5)).toEqual({ type: 'disconnect' });
    expect(atWorker('mdp01', '', W1, 6)).toEqual(invalid('unknown-command'));
    expect(atWorker('mdp01', '', W1, 4, 'x')).toEqual(invalid('extra-frames'));
  });

  test.each(DIALECTS)(
    '%s: without header or command, or with that of a worker, it is none (MDP-W-02)',
    (dialect, head) => {
      expect(atWorker(dialect)).toEqual(invalid('no-header'));
      expect(atWorker(dialect, ...head)).toEqual(invalid('no-command'));
      for (const byte of [0, 1, 3, 255]) {
        expect(atWorker(dialect, ...head, byte, TOKEN, '', 'x')).toEqual(invalid('unknown-command'));
      }
      expect(atWorker(dialect, 'hop', ...head, 2, TOKEN, '', 'x')).toEqual(invalid('no-header'));
      expect(atWorker(dialect, C2, 3, 'echo', 'x')).toEqual(invalid('no-header'));
    },
  );
});
