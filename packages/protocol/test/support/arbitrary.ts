// SPDX-License-Identifier: Apache-2.0
// arbitrary - what fast-check makes up: frames, messages, and what a hostile or broken peer does to them

import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import type { Dialect, Frame } from '@mdp/protocol';
import {
  DIALECTS,
  HEADERS,
  MAX_SERVICE_NAME_BYTES,
  bytes,
  decodeServiceName,
  encodeClientReply,
  encodeReady,
  encodeRequest,
  encodeSignal,
  encodeWorkerReply,
  encodeWorkerRequest,
} from '@mdp/protocol';
import { allMessageVectors, framesOf } from './vectors.js';

/** Any bytes, short ones more often. */
export const anyFrame: Arbitrary<Frame> = fc.oneof(fc.uint8Array({ maxLength: 8 }), fc.uint8Array({ maxLength: 300 }));

/** Frames that decoders take notice of. */
export const telling: Arbitrary<Frame> = fc.oneof(
  fc.constant(new Uint8Array(0)),
  fc.constantFrom(...Object.values(HEADERS)),
  fc.integer({ min: 0, max: 8 }).map((byte) => Uint8Array.of(byte)),
  fc.constantFrom('echo', 'mmi.service', 'MDPE01', 'MDPX01').map(bytes),
  anyFrame,
);

/** A whole message of anything. */
export const anyMessage: Arbitrary<Frame[]> = fc.array(telling, { maxLength: 14 });

/** A dialect. */
export const anyDialect: Arbitrary<Dialect> = fc.constantFrom(...DIALECTS);

/** Zero or more body frames. */
export const anyBody: Arbitrary<Frame[]> = fc.array(telling, { maxLength: 5 });

/** One or more body frames. */
export const fullBody: Arbitrary<Frame[]> = fc.array(telling, { minLength: 1, maxLength: 5 });

/** A client address: 1 to 255 bytes. */
export const anyToken: Arbitrary<Frame> = fc.uint8Array({ minLength: 1, maxLength: 255 });

/** A service name that is allowed. */
export const anyService: Arbitrary<string> = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 80 })
  .filter((name) => decodeServiceName(bytes(name)) === name && bytes(name).length <= MAX_SERVICE_NAME_BYTES);

/** What may stand in front of a header: up to eight frames that are no headers themselves. */
export const anyAddress: Arbitrary<Frame[]> = fc.array(
  fc
    .oneof(fc.constant(new Uint8Array(0)), fc.uint8Array({ maxLength: 255 }))
    .filter((frame) => frame.length !== 6 || frame[0] !== 0x4d),
  { maxLength: 8 },
);

const vectors = allMessageVectors().filter((row) => row.message !== undefined);

/** What a client, a worker or a broker may say, in any dialect, behind any address. */
export const encodedMessage: Arbitrary<Frame[]> = fc
  .record({
    dialect: anyDialect,
    address: anyAddress,
    service: anyService,
    token: anyToken,
    body: fullBody,
    kind: fc.nat(7),
  })
  .map(({ dialect, address, service, token, body, kind }) => {
    const name = bytes(service);
    const type = dialect === 'mdp01' || kind % 2 === 0 ? 'final' : 'partial';
    if (kind < 2) return [...address, ...encodeRequest(dialect, name, body)];
    if (kind < 4) return [...address, ...encodeWorkerReply(dialect, type, token, body)];
    if (kind === 4) return [...address, ...encodeReady(dialect, name)];
    if (kind === 5) return encodeSignal(dialect, type === 'final' ? 'heartbeat' : 'disconnect');
    if (kind === 6) return encodeClientReply(dialect, address, type, name, body);
    return encodeWorkerRequest(dialect, address, token, body);
  });

/** A message as it should be. */
export const validMessage: Arbitrary<readonly Frame[]> = fc.oneof(
  fc.constantFrom(...vectors).map((row) => framesOf(row.frames)),
  encodedMessage,
);

/** What happens to a message on its way. */
export const anyDamage: Arbitrary<Damage[]> = fc.array(
  fc.record({
    what: fc.constantFrom('flip', 'drop', 'double', 'cut', 'insert', 'move'),
    at: fc.nat(1000),
    by: fc.nat(10_000),
    frame: telling,
  }),
  { minLength: 1, maxLength: 3 },
);

/** One thing that happens to a message. */
export interface Damage {
  readonly what: 'flip' | 'drop' | 'double' | 'cut' | 'insert' | 'move';
  readonly at: number;
  readonly by: number;
  readonly frame: Frame;
}

/** A message with a bit flipped, a frame dropped, doubled, cut, put in or moved. */
export function damaged(message: readonly Frame[], damages: readonly Damage[]): Frame[] {
  const frames = message.slice();
  for (const { what, at, by, frame } of damages) {
    const index = frames.length === 0 ? 0 : at % frames.length;
    const old = frames[index] ?? new Uint8Array(0);
    if (what === 'flip' && old.length > 0) {
      const flipped = Uint8Array.from(old);
      const byte = by % old.length;
      flipped[byte] = (old[byte] ?? 0) ^ (1 << (by % 8));
      frames[index] = flipped;
    } else if (what === 'drop') frames.splice(index, 1);
    else if (what === 'double') frames.splice(index, 0, old);
    else if (what === 'cut') frames[index] = old.slice(0, by % (old.length + 1));
    else if (what === 'insert') frames.splice(index, 0, frame);
    else frames.splice(by % (frames.length + 1), 0, ...frames.splice(index, 1));
  }
  return frames;
}

/** A valid message to which up to three things happened. */
export const damagedMessage: Arbitrary<Frame[]> = fc
  .tuple(validMessage, anyDamage)
  .map(([message, damages]) => damaged(message, damages));

/** The front of one valid message before the end of another, cut between frames or within one. */
export const splicedMessage: Arbitrary<Frame[]> = fc
  .tuple(validMessage, validMessage, fc.nat(20), fc.nat(20), fc.option(fc.nat(300)))
  .map(([front, back, until, from, within]) => {
    const at = until % (front.length + 1);
    const on = from % (back.length + 1);
    const [end = new Uint8Array(0), begin = new Uint8Array(0)] = [front[at], back[on]];
    if (within === null) return [...front.slice(0, at), ...back.slice(on)];
    const joined = Buffer.concat([end.slice(0, within % (end.length + 1)), begin.slice(within % (begin.length + 1))]);
    return [...front.slice(0, at), Uint8Array.from(joined), ...back.slice(on + 1)];
  });

/** Anything that a peer may send. */
export const hostileMessage: Arbitrary<Frame[]> = fc.oneof(anyMessage, damagedMessage, splicedMessage);
