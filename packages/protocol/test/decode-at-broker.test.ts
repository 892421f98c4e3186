// SPDX-License-Identifier: Apache-2.0
// decode-at-broker.test - what a broker reads, rule by rule

import { describe, expect, test } from '@jest/globals';
import type { BrokerInbound, InvalidMessage } from '@mdp/protocol';
import { MAX_ADDRESS_FRAMES, MAX_ADDRESS_FRAME_BYTES, decodeAtBroker } from '@mdp/protocol';
import type { Part } from './support/wire.js';
import { C1, C2, W1, W2, wire } from './support/wire.js';

const TOKEN = new Uint8Array(16).fill(7);

function read(...parts: readonly Part[]): BrokerInbound | InvalidMessage {
  return decodeAtBroker(wire(...parts));
}

function reason(...parts: readonly Part[]): string {
  const message = read(...parts);
  return message.type === 'invalid' ? message.reason : message.type;
}

describe('address', () => {
  test('is every frame before the first known header (MDP-B-05)', () => {
    expect(read('hop-2', 'hop-1', '', C2, 1, 'echo', 'x')).toMatchObject({ address: wire('hop-2', 'hop-1', '') });
    expect(read(C2, 1, 'echo', 'x')).toMatchObject({ address: [] });
  });

  test('never includes the routing id, which is never read as a header (MDP-B-05)', () => {
    const frames = wire(C2, '', C2, 2, 'echo', 'x');
    expect(decodeAtBroker(frames, 1)).toMatchObject({ type: 'request', dialect: 'majortomo', address: wire('') });
    expect(decodeAtBroker(wire(W2), 1)).toEqual({ type: 'invalid', reason: 'no-header' });
    expect(decodeAtBroker(wire(C2, 1, 'echo', 'x'), 1)).toEqual({ type: 'invalid', reason: 'no-header' });
  });

  test('has at most 8 frames of 255 bytes (MDP-B-05)', () => {
    const hops = Array.from({ length: MAX_ADDRESS_FRAMES }, () => 'h'.repeat(MAX_ADDRESS_FRAME_BYTES));
    expect(read(...hops, C2, 1, 'echo', 'x')).toMatchObject({ type: 'request', address: wire(...hops) });
    expect(reason('', ...hops, C2, 1, 'echo', 'x')).toBe('address-too-long');
    expect(reason('h'.repeat(MAX_ADDRESS_FRAME_BYTES + 1), C2, 1, 'echo', 'x')).toBe('address-too-long');
  });

  test('says nothing about the dialect: header and command do (MDP01-14)', () => {
    expect(read(C2, 2, 'echo', 'x')).toMatchObject({ dialect: 'majortomo', address: [] });
    expect(read('', C2, 1, 'echo', 'x')).toMatchObject({ dialect: 'rfc18', address: wire('') });
    expect(read(C1, 'echo', 'x')).toMatchObject({ dialect: 'mdp01', address: [] });
    expect(read(W1, 1, 'echo')).toMatchObject({ dialect: 'mdp01', address: [] });
    expect(read('', W2, 5)).toMatchObject({ dialect: 'rfc18', address: wire('') });
  });

  test('ends at a frame of exactly six bytes that is a known header, and at no other (MDP-B-06)', () => {
    for (const header of [C2, W2, C1, W1]) expect(reason(header)).not.toBe('no-header');
    for (const other of ['MDPC00', 'MDPC03', 'MDPW03', 'MDPX01', 'MDPE01', 'mdpc02', 'MDPC0', 'MDPC02 ', 'MDPC12']) {
      expect(reason(other, 1, 'echo', 'x')).toBe('no-header');
      expect(read(other, C2, 1, 'echo', 'x')).toMatchObject({ address: wire(other) });
    }
  });

  test('is not sought in the body', () => {
    expect(read(C2, 1, 'echo', W2, 6)).toMatchObject({ type: 'request', body: wire(W2, 6) });
  });
});

describe('from a client', () => {
  test('REQUEST has header, 0x01, service name and body: 4 frames or more (MDP-B-07)', () => {
    expect(read(C2, 1, 'echo', 'x', '', 'y')).toEqual({
      type: 'request',
      dialect: 'rfc18',
      address: [],
      service: 'echo',
      body: wire('x', '', 'y'),
    });
    expect(reason(C2)).toBe('no-command');
    expect(reason(C2, 1)).toBe('no-service');
    expect(reason(C2, 1, 'echo')).toBe('no-body');
  });

  test('REQUEST of Majortomo has 0x02; every other command is none (MDP-B-07)', () => {
    expect(read('', C2, 2, 'echo', 'x')).toMatchObject({ type: 'request', dialect: 'majortomo' });
    for (const byte of [0, 3, 4, 5, 6, 7, 255]) expect(reason(C2, byte, 'echo', 'x')).toBe('unknown-command');
    expect(reason(C2, '', 'echo', 'x')).toBe('unknown-command');
    expect(reason(C2, 'echo', 'x')).toBe('unknown-command');
  });

  test('a service name is 1 to 255 bytes of printable UTF-8 (MDP-B-08)', () => {
    expect(read(C2, 1, 'größe', 'x')).toMatchObject({ service: 'größe' });
    for (const name of ['', 'n'.repeat(256), 'a\nb', 'a\u0085b', '\ufeffa', Uint8Array.of(0xc0, 0xaf)]) {
      expect(reason(C2, 1, name, 'x')).toBe('bad-service-name');
      expect(reason(C1, name, 'x')).toBe('bad-service-name');
      expect(reason(W2, 1, name)).toBe('bad-service-name');
    }
  });

  test('REQUEST of MDP/0.1 has no command: header, service name and body (MDP01-01)', () => {
    expect(read('', C1, 'echo', 'x')).toEqual({
      type: 'request',
      dialect: 'mdp01',
      address: wire(''),
      service: 'echo',
      body: wire('x'),
    });
    expect(reason('', C1)).toBe('no-service');
    expect(reason('', C1, 'echo')).toBe('no-body');
    expect(reason('', C1, 1, 'echo', 'x')).toBe('bad-service-name');
  });
});

describe('from a worker', () => {
  test('READY has 3 frames (MDP-B-16)', () => {
    expect(read(W2, 1, 'echo')).toEqual({ type: 'ready', dialect: 'rfc18', address: [], service: 'echo' });
    expect(reason(W2, 1)).toBe('no-service');
    expect(reason(W2, 1, 'echo', '')).toBe('extra-frames');
  });

  test.each([
    ['partial', 3],
    ['final', 4],
  ])('%s has an address, an empty frame and a body that may be empty (MDP-B-18)', (type, command) => {
    const reply = { type, dialect: 'rfc18', address: [], token: TOKEN };
    expect(read(W2, command, TOKEN, '', 'x', '')).toEqual({ ...reply, body: wire('x', '') });
    expect(read(W2, command, TOKEN, '')).toEqual({ ...reply, body: [] });
    expect(reason(W2, command)).toBe('no-client-address');
  });

  test('PARTIAL and FINAL have precisely one client address of 1 to 255 bytes, then an empty frame (MDP-B-34)', () => {
    for (const command of [3, 4]) {
      expect(read(W2, command, 'a'.repeat(255), '', 'x')).toMatchObject({ token: wire('a'.repeat(255))[0] });
      expect(reason(W2, command, '', '', 'x')).toBe('no-client-address');
      expect(reason(W2, command, 'a'.repeat(256), '', 'x')).toBe('no-client-address');
      expect(reason(W2, command, TOKEN, TOKEN, '', 'x')).toBe('no-delimiter');
      expect(reason(W2, command, TOKEN, 'x')).toBe('no-delimiter');
      expect(reason(W2, command, TOKEN)).toBe('no-delimiter');
    }
  });

  test('HEARTBEAT has 2 frames (MDP-B-19)', () => {
    expect(read(W2, 5)).toEqual({ type: 'heartbeat', dialect: 'rfc18', address: [] });
    expect(reason(W2, 5, '')).toBe('extra-frames');
  });

  test('DISCONNECT has 2 frames (MDP-B-20)', () => {
    expect(read(W2, 6)).toEqual({ type: 'disconnect', dialect: 'rfc18', address: [] });
    expect(reason(W2, 6, '')).toBe('extra-frames');
  });

  test('a command that only a broker sends, or nobody, is invalid and nothing more (MDP-B-30)', () => {
    for (const byte of [0, 2, 7, 255]) expect(reason(W2, byte, TOKEN, '', 'x')).toBe('unknown-command');
    for (const byte of [0, 2, 6, 7, 255]) expect(reason(W1, byte, TOKEN, '', 'x')).toBe('unknown-command');
    expect(reason(W2, '\u0001\u0001', 'echo')).toBe('unknown-command');
    expect(reason(W2)).toBe('no-command');
  });
});

describe('from a worker of MDP/0.1', () => {
  test('READY has 4 frames with the empty one (MDP01-07)', () => {
    expect(read('', W1, 1, 'echo')).toEqual({ type: 'ready', dialect: 'mdp01', address: wire(''), service: 'echo' });
    expect(reason('', W1, 1)).toBe('no-service');
    expect(reason('', W1, 1, 'echo', 'x')).toBe('extra-frames');
  });

  test('REPLY is 0x03, with a body, and decodes as FINAL (MDP01-09)', () => {
    expect(read('', W1, 3, TOKEN, '', 'x')).toMatchObject({ type: 'final', dialect: 'mdp01', body: wire('x') });
    expect(reason('', W1, 3, TOKEN, '')).toBe('no-body');
  });

  test('HEARTBEAT is 0x04, with 3 frames (MDP01-10)', () => {
    expect(read('', W1, 4)).toMatchObject({ type: 'heartbeat', dialect: 'mdp01' });
    expect(reason('', W1, 4, TOKEN, '', 'x')).toBe('extra-frames');
  });

  test('DISCONNECT is 0x05, with 3 frames (MDP01-11)', () => {
    expect(read('', W1, 5)).toMatchObject({ type: 'disconnect', dialect: 'mdp01' });
    expect(reason('', W1, 5, 'x')).toBe('extra-frames');
  });

  test('REPLY has precisely one client address (MDP01-12)', () => {
    expect(reason('', W1, 3)).toBe('no-client-address');
    expect(reason('', W1, 3, '', '', 'x')).toBe('no-client-address');
    expect(reason('', W1, 3, TOKEN, TOKEN, '', 'x')).toBe('no-delimiter');
  });

  test('REPLY has an empty frame after the address (MDP01-13)', () => {
    expect(reason('', W1, 3, TOKEN)).toBe('no-delimiter');
    expect(reason('', W1, 3, TOKEN, 'x')).toBe('no-delimiter');
  });
});

test('body frames are handed on as they came, not copied', () => {
  const frames = wire(C2, 1, 'echo', 'x'.repeat(1000));
  const message = decodeAtBroker(frames);
  if (message.type !== 'request') throw new Error('not a request');
  expect(message.body[0]).toBe(frames[3]);
});

test('a refusal costs no allocation: each reason is one object', () => {
  expect(read(C2)).toBe(read('', W1));
});
