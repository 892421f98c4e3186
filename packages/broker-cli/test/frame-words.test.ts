// SPDX-License-Identifier: Apache-2.0
// frame-words.test - the frames that words on a command line stand for

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, describe, expect, test } from '@jest/globals';
import { readFrames } from '../src/frame-words.js';

const folder = mkdtempSync(join(tmpdir(), 'mdp-frames-'));
const file = join(folder, 'bytes');
writeFileSync(file, Buffer.of(0, 0xff, 10));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function read(words: readonly string[], hex = false): Promise<string[]> {
  const frames = await readFrames(words, { hex, stdin: Readable.from([Buffer.of(1), Buffer.of(2)]) });
  return frames.map((frame) => Buffer.from(frame).toString('hex'));
}

test.each<[words: readonly string[], hex: boolean, frames: readonly string[]]>([
  [[], false, ['']],
  [[''], false, ['']],
  [['grüße', '007'], false, ['6772c3bcc39f65', '303037']],
  [['@@home'], false, ['40686f6d65']],
  [['@-', `@${file}`], false, ['0102', '00ff0a']],
  [['00ff', '0x0A', '01:02 03', '', `@${file}`], true, ['00ff', '0a', '010203', '', '00ff0a']],
])('%j (hexadecimal: %j) is %j', async (words, hex, frames) => {
  expect(await read(words, hex)).toEqual(frames);
});

describe('refused', () => {
  test.each<[words: readonly string[], hex: boolean, why: RegExp]>([
    [['abc'], true, /^FRAME: got "abc", allowed is pairs of hexadecimal digits/],
    [['zz'], true, /^FRAME: got "zz", allowed is pairs/],
    [['@-', 'x', '@-'], false, /^FRAME: @- may stand there once only$/],
    [['@'], false, /^FRAME: @ wants the path of a file/],
    [[`@${file}.not`], false, /^FRAME: @.+ cannot be read: ENOENT/],
  ])('%j (hexadecimal: %j)', async (words, hex, why) => {
    await expect(read(words, hex)).rejects.toThrow(why);
  });
});
