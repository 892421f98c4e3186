// SPDX-License-Identifier: Apache-2.0
// errors.test - codes, names, causes, and messages that stay short

import { describe, expect, test } from '@jest/globals';
import * as protocol from '@mdp/protocol';
import {
  AbortedError,
  ArgumentError,
  BindError,
  ClosedError,
  DisconnectedError,
  ERROR_CODES,
  MdpError,
  OverloadedError,
  PayloadError,
  ProtocolError,
  RefusedError,
  RemoteError,
  RequestError,
  StateError,
  TimeoutError,
} from '@mdp/protocol';

const facts = { service: 'echo', attempts: 2 };
const cause = new Error('address in use');

const ONE_OF_EACH: readonly (readonly [string, MdpError])[] = [
  ['MDP_INVALID_ARGUMENT', new ArgumentError('timeoutMs', -1, 'whole milliseconds')],
  ['MDP_INVALID_STATE', new StateError('started twice', { cause })],
  ['MDP_BIND', new BindError('tcp://127.0.0.1:5555', { cause })],
  ['MDP_TIMEOUT', new TimeoutError('too late', facts, { cause })],
  ['MDP_ABORTED', new AbortedError('aborted', facts, { cause })],
  ['MDP_REMOTE', new RemoteError(502, 'the worker was lost', facts, { cause })],
  ['MDP_DISCONNECTED', new DisconnectedError('gone', facts, { cause })],
  ['MDP_REFUSED', new RefusedError('no', facts, { cause })],
  ['MDP_CLOSED', new ClosedError('closed', facts, { cause })],
  ['MDP_PROTOCOL', new ProtocolError('no reply', facts, { cause })],
  ['MDP_OVERLOADED', new OverloadedError('full', facts, { cause })],
  ['MDP_PAYLOAD', new PayloadError('no JSON', 'echo', [], { cause })],
];

describe('every error', () => {
  test('has a code of its own, and all codes have an error', () => {
    expect(ONE_OF_EACH.map(([, error]) => error.code)).toEqual(ERROR_CODES);
  });

  test.each(ONE_OF_EACH)('%s has its code, the name of its class, and a stack that begins with both', (code, error) => {
    expect(error).toBeInstanceOf(MdpError);
    expect(error).toBeInstanceOf(Error);
    expect(error.code).toBe(code);
    expect(error.name).toBe(error.constructor.name);
    expect((protocol as unknown as Record<string, unknown>)[error.name]).toBe(error.constructor);
    expect(error.stack).toContain(`${error.name}: ${error.message}`);
  });

  test.each(ONE_OF_EACH.slice(1))('%s keeps its cause', (_, error) => {
    expect(error.cause).toBe(cause);
  });

  test.each(ONE_OF_EACH.slice(3, -1))('%s ends a request, and says which', (_, error) => {
    expect(error).toBeInstanceOf(RequestError);
    expect(error).toMatchObject(facts);
  });

  test('has no cause where there was none', () => {
    expect('cause' in new TimeoutError('too late', facts)).toBe(false);
  });
});

describe('ArgumentError', () => {
  test.each<[unknown, string]>([
    ['text', '"text"'],
    ['line\nfeed', '"line\\nfeed"'],
    ['x'.repeat(1_000_000), `"${'x'.repeat(80)}…"`],
    [42, '42'],
    [Number.NaN, 'NaN'],
    [5n, '5'],
    [undefined, 'undefined'],
    [null, 'null'],
    [Symbol('s'), 'Symbol(s)'],
    [[1, 2, 3], 'an array of 3'],
    [new Uint8Array(1_000_000), '1000000 bytes'],
    [{ secret: 'x' }, 'an object'],
    [() => 'x', 'a function'],
  ])('shows value %# readable and short, and no contents of objects', (value, shown) => {
    const error = new ArgumentError('limits.body', value, 'bytes');
    expect(error.message).toBe(`limits.body: got ${shown}, allowed is bytes`);
    expect(error.argument).toBe('limits.body');
  });
});

describe('PayloadError', () => {
  test('says whose body it is, and what a schema says of it', () => {
    const issues = [{ message: 'Required', path: ['width'] }];
    expect(new PayloadError('not valid', 'resize', issues)).toMatchObject({ service: 'resize', issues });
    expect(new PayloadError('no JSON', 'resize').issues).toEqual([]);
  });
});

describe('BindError', () => {
  test('says where, and why when that is known', () => {
    expect(new BindError('tcp://*:1', { cause }).message).toBe('cannot listen on tcp://*:1: address in use');
    expect(new BindError('tcp://*:1')).toMatchObject({ message: 'cannot listen on tcp://*:1', endpoint: 'tcp://*:1' });
  });
});

describe('RemoteError', () => {
  test('needs only a status and a message when a handler throws it', () => {
    expect(new RemoteError(409, 'taken')).toMatchObject({ status: 409, message: 'taken', service: '', attempts: 0 });
  });

  test.each([99, 1000, 1.5, Number.NaN])('refuses %p, which no error reply can carry', (status) => {
    expect(() => new RemoteError(status, 'x')).toThrow(
      expect.objectContaining({ code: 'MDP_INVALID_ARGUMENT', argument: 'status' }),
    );
  });
});
