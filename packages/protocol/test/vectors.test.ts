// SPDX-License-Identifier: Apache-2.0
// vectors.test - every vector that ships with the package: decoded, encoded, and there and back again

import { describe, expect, test } from '@jest/globals';
import * as protocol from '@mdp/protocol';
import { decode, encode, encodeAnswer, plain } from './support/codec.js';
import type { MessageVector } from './support/vectors.js';
import {
  MESSAGE_FILES,
  allMessageVectors,
  errorVectors,
  framesOf,
  hex,
  messageVectors,
  nameVectors,
  tokenVectors,
  unhex,
} from './support/vectors.js';

/** Rows as jest wants them: the title of a test names the vector. */
function titled<Row extends { readonly id: string; readonly title: string }>(rows: readonly Row[]): [string, Row][] {
  return rows.map((row) => [`${row.id}: ${row.title}`, row]);
}

function having(rows: readonly MessageVector[], wanted: (row: MessageVector) => boolean): [string, MessageVector][] {
  return titled(rows.filter(wanted));
}

describe.each(MESSAGE_FILES)('%s.json', (file) => {
  const rows = messageVectors(file);

  test.each(having(rows, (row) => row.message !== undefined))('decodes %s', (_, row) => {
    expect(plain(decode(protocol, row))).toEqual(row.message);
  });

  test.each(having(rows, (row) => row.invalid !== undefined))('refuses %s', (_, row) => {
    expect(plain(decode(protocol, row))).toEqual({ type: 'invalid', reason: row.invalid });
  });

  test('leaves the frames that it reads as they are', () => {
    for (const row of rows) {
      const frames = framesOf(row.frames);
      decode(protocol, row, frames);
      expect(frames.map(hex)).toEqual(row.frames.map((frame) => frame.hex));
    }
  });
});

describe('encoders', () => {
  const rows = allMessageVectors();

  test.each(having(rows, (row) => row.canonical === true))('make %s, and it decodes to the same message', (_, row) => {
    const frames = encode(protocol, row);
    expect(frames.map(hex)).toEqual(row.frames.map((frame) => frame.hex));
    expect(plain(decode(protocol, row, frames))).toEqual(row.message);
  });

  test.each(having(rows, (row) => row.padded === true))('make of an empty body %s', (_, row) => {
    expect(encode(protocol, row, []).map(hex)).toEqual(row.frames.map((frame) => frame.hex));
  });

  test.each(having(rows, (row) => row.answer !== undefined))('answer %s', (_, row) => {
    expect(encodeAnswer(protocol, row).map(hex)).toEqual(row.answer?.map((frame) => frame.hex));
  });
});

describe('service-names.json', () => {
  test.each(titled(nameVectors()))('%s', (_, row) => {
    expect(protocol.decodeServiceName(unhex(row.hex))).toBe(row.name ?? undefined);
    if (row.name !== null) expect(hex(protocol.encodeServiceName(row.name))).toBe(row.hex);
  });
});

describe('error-replies.json', () => {
  test.each(titled(errorVectors()))('%s', (_, row) => {
    expect(protocol.decodeErrorReply(framesOf(row.body))).toEqual(row.reply ?? undefined);
    if (row.reply === null) return;
    const made = protocol.encodeErrorReply(row.reply.status, row.reply.message);
    expect(made.map(hex)).toEqual(row.body.map((frame) => frame.hex));
  });
});

describe('tokens.json', () => {
  const { vectors, strays } = tokenVectors();

  test.each(titled(vectors))('makes %s', (_, row) => {
    expect(hex(protocol.encodeToken(unhex(row.nonce), row.sequence))).toBe(row.hex);
  });

  test.each(titled(vectors.filter((row) => row.sequence <= 65_536)))('comes to %s', (_, row) => {
    const mint = new protocol.TokenMint(unhex(row.nonce));
    let token = mint.next();
    for (let made = 1; made < row.sequence; made++) token = mint.next();
    expect(hex(token)).toBe(row.hex);
  });

  test.each(titled(strays))('classifies %s', (_, row) => {
    const mint = new protocol.TokenMint(unhex(row.nonce));
    for (let made = 0; made < row.made; made++) mint.next();
    expect(mint.classify(unhex(row.hex))).toBe(row.stray);
  });
});
