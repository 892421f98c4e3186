// SPDX-License-Identifier: Apache-2.0
// codec - running a vector through an implementation of the codec, be it the sources or the build

import type * as protocol from '@mdp/protocol';
import type { Dialect, Frame } from '@mdp/protocol';
import type { MessageVector, VectorMessage } from './vectors.js';
import { framesOf, hex, unhex } from './vectors.js';

/** What of the package a vector exercises. */
export type Codec = Pick<
  typeof protocol,
  | 'decodeAtBroker'
  | 'decodeAtClient'
  | 'decodeAtWorker'
  | 'encodeClientReply'
  | 'encodeReady'
  | 'encodeRequest'
  | 'encodeSignal'
  | 'encodeWorkerReply'
  | 'encodeWorkerRequest'
  | 'encodeServiceName'
>;

type Decoded = ReturnType<Codec['decodeAtBroker'] | Codec['decodeAtClient'] | Codec['decodeAtWorker']>;

/** Decode frames as the receiver of the vector does. */
export function decode(codec: Codec, row: MessageVector, frames: readonly Frame[] = framesOf(row.frames)): Decoded {
  switch (row.decoder) {
    case 'broker':
      return codec.decodeAtBroker(frames, row.router === true ? 1 : 0);
    case 'client':
      return codec.decodeAtClient(row.dialect, frames);
    case 'worker':
      return codec.decodeAtWorker(row.dialect, frames);
  }
}

/** A decoded message in the form of the vectors: frames as hex, what is undefined left out. */
export function plain(message: Decoded): VectorMessage | { readonly type: 'invalid'; readonly reason: string } {
  const entries = Object.entries(message as unknown as Record<string, unknown>).filter(
    ([, value]) => value !== undefined,
  );
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key,
      ArrayBuffer.isView(value)
        ? hex(value as Frame)
        : Array.isArray(value)
          ? value.map((frame) => hex(frame as Frame))
          : value,
    ]),
  ) as unknown as VectorMessage;
}

const ENVELOPE: Readonly<Record<Dialect, readonly Frame[]>> = {
  rfc18: [],
  majortomo: [new Uint8Array(0)],
  mdp01: [new Uint8Array(0)],
};

/** Encode the message of a vector as its sender does. */
export function encode(codec: Codec, row: MessageVector, body?: readonly Frame[]): Frame[] {
  const { message, dialect } = row;
  if (message === undefined) throw new Error(`${row.id} holds no message`);
  const frames = body ?? (message.body ?? []).map(unhex);
  const service = codec.encodeServiceName(message.service ?? 'echo');
  const token = unhex(message.token ?? '');
  const envelope = ENVELOPE[dialect];
  switch (message.type) {
    case 'heartbeat':
    case 'disconnect':
      return row.from === 'broker'
        ? codec.encodeSignal(dialect, message.type, envelope)
        : codec.encodeSignal(dialect, message.type);
    case 'ready':
      return codec.encodeReady(dialect, service);
    case 'request':
      return row.from === 'broker'
        ? codec.encodeWorkerRequest(dialect, envelope, token, frames)
        : codec.encodeRequest(dialect, service, frames);
    case 'partial':
    case 'final':
      return row.from === 'broker'
        ? codec.encodeClientReply(dialect, envelope, message.type, service, frames)
        : codec.encodeWorkerReply(dialect, message.type, token, frames);
  }
}

/** Encode what a broker may answer to the message of a vector: its routing id and address, frame for frame. */
export function encodeAnswer(codec: Codec, row: MessageVector): Frame[] {
  const { message } = row;
  if (message?.dialect === undefined) throw new Error(`${row.id} holds no message for a broker`);
  const envelope = [...framesOf(row.frames.slice(0, 1)), ...(message.address ?? []).map(unhex)];
  if (message.type === 'request') {
    const service = codec.encodeServiceName(message.service ?? '');
    return codec.encodeClientReply(message.dialect, envelope, 'final', service, [new TextEncoder().encode('world')]);
  }
  return codec.encodeSignal(message.dialect, message.type === 'ready' ? 'heartbeat' : 'disconnect', envelope);
}
