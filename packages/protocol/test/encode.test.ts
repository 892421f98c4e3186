// SPDX-License-Identifier: Apache-2.0
// encode.test - what each side sends, rule by rule, and what it refuses to send

import { describe, expect, test } from '@jest/globals';
import type { Dialect, Frame } from '@mdp/protocol';
import {
  ArgumentError,
  encodeClientReply,
  encodeReady,
  encodeRequest,
  encodeServiceName,
  encodeSignal,
  encodeWorkerReply,
  encodeWorkerRequest,
} from '@mdp/protocol';
import { C1, C2, W1, W2, wire } from './support/wire.js';

const TOKEN = new Uint8Array(16).fill(7);
const ECHO = encodeServiceName('echo');

/** A route as a broker keeps it: the routing id, then the address of the peer. */
const ROUTE = wire('\u0000route', 'hop', '');

describe('from a client', () => {
  test('REQUEST is header, 0x01, service name and body, with nothing in front (MDP-C-01)', () => {
    expect(encodeRequest('rfc18', ECHO, wire('x', ''))).toEqual(wire(C2, 1, 'echo', 'x', ''));
    expect(() => encodeRequest('rfc18', ECHO, [])).toThrow('body: got an array of 0, allowed is one or more frames');
  });

  test('REQUEST of Majortomo has an empty frame in front and 0x02', () => {
    expect(encodeRequest('majortomo', ECHO, wire('x'))).toEqual(wire('', C2, 2, 'echo', 'x'));
  });

  test('REQUEST of MDP/0.1 has no command (MDP01-01)', () => {
    expect(encodeRequest('mdp01', ECHO, wire('x'))).toEqual(wire('', C1, 'echo', 'x'));
    expect(() => encodeRequest('mdp01', ECHO, [])).toThrow(ArgumentError);
  });

  test('the empty frame of MDP/0.1 is made explicitly (MDP01-06)', () => {
    expect(encodeRequest('mdp01', ECHO, wire('x'))[0]).toHaveLength(0);
    expect(encodeReady('mdp01', ECHO)[0]).toHaveLength(0);
    expect(encodeSignal('mdp01', 'heartbeat')[0]).toHaveLength(0);
  });

  test('a service name must be printable (MDP-C-02)', () => {
    for (const name of ['', 'n'.repeat(256), 'ü'.repeat(128), 'a\tb', 'a\u2028b', '\ud800']) {
      expect(() => encodeServiceName(name)).toThrow('a printable string of 1 to 255 bytes of UTF-8');
    }
  });
});

describe('from a broker to a client', () => {
  test('PARTIAL is header, 0x02, service name and body (MDP-B-09)', () => {
    expect(encodeClientReply('rfc18', ROUTE, 'partial', ECHO, wire('x'))).toEqual([
      ...ROUTE,
      ...wire(C2, 2, 'echo', 'x'),
    ]);
    expect(encodeClientReply('rfc18', [], 'partial', ECHO, [])).toEqual(wire(C2, 2, 'echo', ''));
  });

  test('FINAL is header, 0x03, service name and body (MDP-B-10)', () => {
    expect(encodeClientReply('rfc18', ROUTE, 'final', ECHO, wire('x'))).toEqual([
      ...ROUTE,
      ...wire(C2, 3, 'echo', 'x'),
    ]);
    expect(encodeClientReply('rfc18', [], 'final', ECHO, [])).toEqual(wire(C2, 3, 'echo', ''));
  });

  test('replies of Majortomo have no service name, and no frame for an empty body', () => {
    expect(encodeClientReply('majortomo', ROUTE, 'partial', ECHO, wire('x'))).toEqual([...ROUTE, ...wire(C2, 3, 'x')]);
    expect(encodeClientReply('majortomo', ROUTE, 'final', ECHO, [])).toEqual([...ROUTE, ...wire(C2, 4)]);
  });

  test('REPLY of MDP/0.1 has no command; PARTIAL does not exist there (MDP01-02)', () => {
    expect(encodeClientReply('mdp01', ROUTE, 'final', ECHO, wire('x'))).toEqual([...ROUTE, ...wire(C1, 'echo', 'x')]);
    expect(encodeClientReply('mdp01', [], 'final', ECHO, [])).toEqual(wire(C1, 'echo', ''));
    expect(() => encodeClientReply('mdp01', ROUTE, 'partial', ECHO, wire('x'))).toThrow("'final' in dialect mdp01");
  });

  test('the address of the request comes back frame for frame, and no frame is added to it (MDP-B-05)', () => {
    const route = Array.from({ length: 9 }, (_, i) => Uint8Array.of(i, i));
    for (const dialect of ['rfc18', 'majortomo', 'mdp01'] as const) {
      expect(encodeClientReply(dialect, route, 'final', ECHO, wire('x')).slice(0, 9)).toEqual(route);
      expect(encodeSignal(dialect, 'heartbeat', route).slice(0, 9)).toEqual(route);
      expect(encodeWorkerRequest(dialect, route, TOKEN, wire('x')).slice(0, 9)).toEqual(route);
    }
    expect(route).toHaveLength(9);
  });
});

describe('from a broker to a worker', () => {
  test('REQUEST is header, 0x02, address, empty frame, body (MDP-B-17)', () => {
    expect(encodeWorkerRequest('rfc18', ROUTE, TOKEN, wire('x', 'y'))).toEqual([
      ...ROUTE,
      ...wire(W2, 2, TOKEN, '', 'x', 'y'),
    ]);
    expect(encodeWorkerRequest('rfc18', [], TOKEN, [])).toEqual(wire(W2, 2, TOKEN, '', ''));
  });

  test('REQUEST of MDP/0.1 has the same frames under its own header (MDP01-08)', () => {
    expect(encodeWorkerRequest('mdp01', wire('r', ''), TOKEN, wire('x'))).toEqual(wire('r', '', W1, 2, TOKEN, '', 'x'));
  });

  test('REQUEST has one address frame, however long the address of the client is (MDP-B-32)', () => {
    const frames = encodeWorkerRequest('rfc18', [], TOKEN, wire('x'));
    expect(frames.filter((frame) => frame === TOKEN)).toHaveLength(1);
    expect(frames.indexOf(TOKEN)).toBe(2);
  });

  test('an empty frame follows the address (MDP-B-33)', () => {
    for (const dialect of ['rfc18', 'majortomo', 'mdp01'] as const) {
      const frames = encodeWorkerRequest(dialect, ROUTE, TOKEN, wire('x'));
      expect(frames[frames.indexOf(TOKEN) + 1]).toHaveLength(0);
    }
  });

  test('HEARTBEAT has 2 frames (MDP-B-19)', () => {
    expect(encodeSignal('rfc18', 'heartbeat', ROUTE)).toEqual([...ROUTE, ...wire(W2, 5)]);
    expect(encodeSignal('mdp01', 'heartbeat', ROUTE)).toEqual([...ROUTE, ...wire(W1, 4)]);
  });

  test('DISCONNECT has 2 frames (MDP-B-20)', () => {
    expect(encodeSignal('rfc18', 'disconnect', ROUTE)).toEqual([...ROUTE, ...wire(W2, 6)]);
    expect(encodeSignal('mdp01', 'disconnect', ROUTE)).toEqual([...ROUTE, ...wire(W1, 5)]);
  });
});

describe('from a worker', () => {
  test('READY is header, 0x01, service name (MDP-W-03, MDP01-07)', () => {
    expect(encodeReady('rfc18', ECHO)).toEqual(wire(W2, 1, 'echo'));
    expect(encodeReady('majortomo', ECHO)).toEqual(wire('', W2, 1, 'echo'));
    expect(encodeReady('mdp01', ECHO)).toEqual(wire('', W1, 1, 'echo'));
  });

  test('PARTIAL is header, 0x03, address, empty frame, body (MDP-W-12)', () => {
    expect(encodeWorkerReply('rfc18', 'partial', TOKEN, wire('x'))).toEqual(wire(W2, 3, TOKEN, '', 'x'));
    expect(encodeWorkerReply('rfc18', 'partial', TOKEN, [])).toEqual(wire(W2, 3, TOKEN, '', ''));
    expect(encodeWorkerReply('majortomo', 'partial', TOKEN, [])).toEqual(wire('', W2, 3, TOKEN, ''));
    expect(() => encodeWorkerReply('mdp01', 'partial', TOKEN, wire('x'))).toThrow("'final' in dialect mdp01");
  });

  test('FINAL is header, 0x04, address, empty frame, body (MDP-W-13)', () => {
    expect(encodeWorkerReply('rfc18', 'final', TOKEN, wire('x'))).toEqual(wire(W2, 4, TOKEN, '', 'x'));
    expect(encodeWorkerReply('rfc18', 'final', TOKEN, [])).toEqual(wire(W2, 4, TOKEN, '', ''));
    expect(encodeWorkerReply('majortomo', 'final', TOKEN, [])).toEqual(wire('', W2, 4, TOKEN, ''));
  });

  test('REPLY of MDP/0.1 is 0x03 (MDP01-09)', () => {
    expect(encodeWorkerReply('mdp01', 'final', TOKEN, wire('x'))).toEqual(wire('', W1, 3, TOKEN, '', 'x'));
    expect(encodeWorkerReply('mdp01', 'final', TOKEN, [])).toEqual(wire('', W1, 3, TOKEN, '', ''));
  });

  test('PARTIAL and FINAL have precisely one address, that of the REQUEST as it came (MDP-W-18, MDP01-12)', () => {
    for (const token of [Uint8Array.of(0), TOKEN, new Uint8Array(255)]) {
      const frames = encodeWorkerReply('rfc18', 'final', token, wire('x'));
      expect(frames[2]).toBe(token);
      expect(frames).toHaveLength(5);
    }
  });

  test('an empty frame follows the address (MDP-W-19, MDP01-13)', () => {
    for (const dialect of ['rfc18', 'majortomo', 'mdp01'] as const) {
      const frames = encodeWorkerReply(dialect, 'final', TOKEN, wire('x'));
      expect(frames[frames.indexOf(TOKEN) + 1]).toHaveLength(0);
    }
  });

  test('HEARTBEAT has 2 frames (MDP-W-14)', () => {
    expect(encodeSignal('rfc18', 'heartbeat')).toEqual(wire(W2, 5));
    expect(encodeSignal('majortomo', 'heartbeat')).toEqual(wire('', W2, 5));
  });

  test('DISCONNECT has 2 frames (MDP-W-15)', () => {
    expect(encodeSignal('rfc18', 'disconnect')).toEqual(wire(W2, 6));
    expect(encodeSignal('majortomo', 'disconnect')).toEqual(wire('', W2, 6));
  });

  test('HEARTBEAT and DISCONNECT of MDP/0.1 have 3 frames and bytes of their own (MDP01-10, MDP01-11)', () => {
    expect(encodeSignal('mdp01', 'heartbeat')).toEqual(wire('', W1, 4));
    expect(encodeSignal('mdp01', 'disconnect')).toEqual(wire('', W1, 5));
  });
});

describe('a body', () => {
  const encoders: readonly (readonly [string, (dialect: Dialect, body: readonly Frame[]) => Frame[]])[] = [
    ['REQUEST', (dialect, body) => encodeRequest(dialect, ECHO, body)],
    ['FINAL to a client', (dialect, body) => encodeClientReply(dialect, ROUTE, 'final', ECHO, body)],
    ['REQUEST to a worker', (dialect, body) => encodeWorkerRequest(dialect, ROUTE, TOKEN, body)],
    ['FINAL', (dialect, body) => encodeWorkerReply(dialect, 'final', TOKEN, body)],
  ];

  test.each(encoders)('of %s is sent without a copy', (_, encode) => {
    const frame = new Uint8Array(1000);
    for (const dialect of ['rfc18', 'majortomo', 'mdp01'] as const) expect(encode(dialect, [frame]).at(-1)).toBe(frame);
  });

  test.each(encoders)('of %s must be bytes: the binding would send anything else as text', (_, encode) => {
    for (const wrong of [undefined, null, 42, 'text', [1], new ArrayBuffer(2), new Uint16Array(2)]) {
      for (const dialect of ['rfc18', 'majortomo', 'mdp01'] as const) {
        expect(() => encode(dialect, [new Uint8Array(1), wrong as never])).toThrow(
          expect.objectContaining({ code: 'MDP_INVALID_ARGUMENT', argument: 'body[1]' }),
        );
      }
    }
  });
});
