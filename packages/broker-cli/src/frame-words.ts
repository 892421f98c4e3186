// SPDX-License-Identifier: Apache-2.0
// frame-words - the frames of a request as they stand on a command line: text, hexadecimal, files, standard input

import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { Frame } from '@mdp/protocol';
import { ArgumentError, bytes } from '@mdp/protocol';
import { UsageError, errorMessage } from './exit-codes.js';
import { printable } from './printable.js';

const HEX = /^(?:0x)?((?:[0-9a-f]{2}[ :]?)*)$/i;
const HEX_FORM = 'pairs of hexadecimal digits, as 00ff0a or 00:ff:0a';

/** How frames are read. */
export interface FrameWordsOptions {
  /** Whether words are hexadecimal. Files are taken as they are. */
  readonly hex: boolean;
  /** What `@-` stands for. */
  readonly stdin: NodeJS.ReadableStream;
}

/**
 * The frames that words stand for, one for each: `text`, `@FILE` for what is in a file, `@-` for all of the standard input,
 * `@@text` for a text that begins with an `@`.
 *
 * @param words - none is one empty frame
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` for what is not hexadecimal, {@link UsageError} for a file that cannot
 * be read, and for the standard input twice
 */
export async function readFrames(words: readonly string[], options: FrameWordsOptions): Promise<Frame[]> {
  if (words.filter((word) => word === '@-').length > 1) throw new UsageError('FRAME: @- may stand there once only');
  if (words.length === 0) return [bytes('')];
  const frames: Frame[] = [];
  for (const word of words) frames.push(await readFrame(word, options));
  return frames;
}

async function readFrame(word: string, { hex, stdin }: FrameWordsOptions): Promise<Frame> {
  if (word === '@-') return buffer(stdin);
  if (word.startsWith('@') && !word.startsWith('@@')) return readWholeFile(word.slice(1));
  const text = word.startsWith('@@') ? word.slice(1) : word;
  if (!hex) return bytes(text);
  const digits = HEX.exec(text)?.[1];
  if (digits === undefined) throw new ArgumentError('FRAME', text, HEX_FORM);
  return Buffer.from(digits.replace(/[ :]/g, ''), 'hex');
}

async function readWholeFile(path: string): Promise<Frame> {
  if (path === '') throw new UsageError('FRAME: @ wants the path of a file, @- is the standard input, @@ is an @');
  try {
    return await readFile(path);
  } catch (error) {
    throw new UsageError(`FRAME: @${printable(path)} cannot be read: ${printable(errorMessage(error))}`);
  }
}
