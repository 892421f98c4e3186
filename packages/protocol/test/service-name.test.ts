// SPDX-License-Identifier: Apache-2.0
// service-name.test - names of callers; those of peers are in the vectors

import { describe, expect, test } from '@jest/globals';
import { MAX_SERVICE_NAME_BYTES, MMI_PREFIX, bytes, decodeServiceName, encodeServiceName } from '@mdp/protocol';

describe('encodeServiceName', () => {
  test.each(['echo', ' ', 'größe', 'n'.repeat(MAX_SERVICE_NAME_BYTES), `${MMI_PREFIX}service`, 'MDPC02'])(
    'takes %j',
    (name) => {
      expect(encodeServiceName(name)).toEqual(bytes(name));
    },
  );

  test.each<[string, unknown]>([
    ['nothing', ''],
    ['a line feed', 'a\n'],
    ['a mark of direction', 'a\u202e'],
    ['a byte order mark', '\ufeffecho'],
    ['half a surrogate pair', 'a\ud83d'],
    ['256 bytes', 'n'.repeat(MAX_SERVICE_NAME_BYTES + 1)],
    ['256 bytes in fewer characters', 'ü'.repeat(128)],
    ['undefined', undefined],
    ['bytes', bytes('echo')],
    ['a number', 42],
  ])('refuses %s, and says what is allowed', (_, name) => {
    expect(() => encodeServiceName(name as string)).toThrow(
      expect.objectContaining({
        code: 'MDP_INVALID_ARGUMENT',
        argument: 'service',
        message: expect.stringContaining('allowed is a printable string of 1 to 255 bytes of UTF-8'),
      }),
    );
  });
});

test('both ways agree on every character of the first planes', () => {
  for (let code = 0; code < 0x1_1000; code++) {
    const name = `a${String.fromCodePoint(code)}b`;
    const read = decodeServiceName(bytes(name));
    let frame: Uint8Array | undefined;
    try {
      frame = encodeServiceName(name);
    } catch (error) {
      // Refused: then a peer must not get through with the same name either. Half a pair has no bytes of its own.
      expect(error).toMatchObject({ code: 'MDP_INVALID_ARGUMENT' });
      if (name.isWellFormed()) expect(read).toBeUndefined();
      continue;
    }
    if (read !== name)
      throw new Error(`U+${code.toString(16)} is encoded to ${String(frame)} but decoded to ${String(read)}`);
  }
});
