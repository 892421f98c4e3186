// SPDX-License-Identifier: Apache-2.0
// wire.test - requests become frames, and frames a message, whatever they hold

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DIALECTS, bytes, encodeErrorReply, encodeRequest } from '@mdp/protocol';
import { check } from '@mdp/testkit/fuzz';
import { Wire } from '../src/wire.js';

const frame = fc.oneof(
  fc.uint8Array({ maxLength: 12 }),
  fc.constantFrom('', 'MDPC02', 'MDPC01', 'MDPW02', 'MDPE01', 'echo', '404').map(bytes),
  fc.integer({ min: 0, max: 6 }).map((byte) => Uint8Array.of(byte)),
);

describe('Wire', () => {
  test.each(DIALECTS)('in dialect %s nothing that comes makes it throw (MDP-C-11)', (dialect) => {
    const wire = new Wire(dialect);
    check(
      fc.property(fc.array(frame, { maxLength: 10 }), (frames) => {
        const message = wire.decode(frames);
        expect(['partial', 'final', 'invalid']).toContain(message.type);
        wire.errorOf(message);
      }),
      { runs: 2_000 },
    );
  });

  test('remembers where requests go, but not without bound', () => {
    const wire = new Wire('rfc18');
    const first = wire.target('echo');
    expect(wire.target('echo')).toBe(first);
    for (let i = 0; i < 1_000; i++) wire.target(`service ${String(i)}`);
    const again = wire.target('echo');
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
  });

  test.each(DIALECTS)('in dialect %s head and body are the REQUEST (MDP-C-01)', (dialect) => {
    const wire = new Wire(dialect);
    const body = wire.body(['a', 'b']);
    const { name, head } = wire.target('echo');
    expect(head.concat(body)).toEqual(encodeRequest(dialect, name, body));
  });

  test('does not copy bytes, but the list of frames', () => {
    const bytesOfCaller = new Uint8Array(1_000);
    const list = [bytesOfCaller, 'x'];
    const body = new Wire('rfc18').body(list);
    list[0] = 'other';
    expect(body[0]).toBe(bytesOfCaller);
    expect(body[1]).toEqual(bytes('x'));
    expect(new Wire('rfc18').body(bytesOfCaller)[0]).toBe(bytesOfCaller);
  });

  test.each([
    [[], 'body'],
    [[1], 'body[0]'],
  ])('a body of %j is refused', (body, what) => {
    expect(() => new Wire('rfc18').body(body as unknown as string[])).toThrow(what);
  });

  test('takes a PARTIAL for a result even if it looks like an error reply', () => {
    const wire = new Wire('rfc18');
    const body = encodeErrorReply(404, 'x');
    expect(wire.errorOf({ type: 'partial', service: 'echo', body })).toBeUndefined();
    expect(wire.errorOf({ type: 'final', service: 'echo', body })).toEqual({ status: 404, message: 'x' });
  });
});
