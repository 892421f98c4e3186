// SPDX-License-Identifier: Apache-2.0
// tongues - the same command in each dialect and in MX, said and heard by peers of a state

import type { Frame, MxIdentity, MxRecord } from '@mdp/protocol';
import {
  bytes,
  decodeAtClient,
  decodeAtWorker,
  decodeMx,
  encodeMx,
  encodeReady,
  encodeRequest,
  encodeServiceName,
  encodeSignal,
  encodeWorkerReply,
} from '@mdp/protocol';
import type { PeerDialect } from '../../src/events.js';

/** What a peer was sent, in the terms of a strict dialect; the id of an MX request is a token of four bytes. */
export type Heard =
  | { readonly type: 'request'; readonly token: Frame; readonly body: readonly Frame[] }
  | { readonly type: 'partial' | 'final'; readonly id?: number; readonly body: readonly Frame[] }
  | { readonly type: 'ready' | 'credit' }
  | { readonly type: 'heartbeat' | 'disconnect' | 'cancel' }
  | { readonly type: 'invalid'; readonly reason: string };

function token(id: number): Frame {
  return Uint8Array.of(id, id >>> 8, id >>> 16, id >>> 24);
}

function idOf(of: Frame): number {
  return Buffer.from([...of, 0, 0, 0, 0]).readUInt32LE();
}

function one(record: MxRecord<Frame>): Frame[] {
  return encodeMx([record]);
}

/**
 * @param id - only MX has one
 * @param deadlineMs - only MX has one; 0 for none
 * @param identity - only MX has one
 */
export function sayRequest(
  dialect: PeerDialect,
  service: string,
  body: readonly Frame[],
  id = 1,
  deadlineMs = 0,
  identity?: MxIdentity,
): Frame[] {
  if (dialect !== 'mx') return encodeRequest(dialect, bytes(service), body);
  const record = { type: 'request', id, deadlineMs, service: encodeServiceName(service), body } as const;
  return one(identity === undefined ? record : { ...record, identity });
}

export function sayCancel(id: number): Frame[] {
  return one({ type: 'cancel', id });
}

export function sayCredit(id: number, amount: number): Frame[] {
  return one({ type: 'credit', id, amount });
}

/** @param credit - only MX has one */
export function sayReady(dialect: PeerDialect, service: string, credit = 1): Frame[] {
  if (dialect !== 'mx') return encodeReady(dialect, bytes(service));
  return one({ type: 'ready', service: encodeServiceName(service), credit });
}

export function sayReply(dialect: PeerDialect, type: 'partial' | 'final', to: Frame, body: readonly Frame[]): Frame[] {
  return dialect === 'mx' ? one({ type, id: idOf(to), body }) : encodeWorkerReply(dialect, type, to, body);
}

export function saySignal(dialect: PeerDialect, type: 'heartbeat' | 'disconnect'): Frame[] {
  return dialect === 'mx' ? one({ type }) : encodeSignal(dialect, type);
}

export function hearAtWorker(dialect: PeerDialect, frames: readonly Frame[]): Heard {
  return dialect === 'mx' ? hearMx(frames) : decodeAtWorker(dialect, frames);
}

export function hearAtClient(dialect: PeerDialect, frames: readonly Frame[]): Heard {
  return dialect === 'mx' ? hearMx(frames) : decodeAtClient(dialect, frames);
}

function hearMx(frames: readonly Frame[]): Heard {
  const message = decodeMx(frames);
  if (message.type === 'invalid') return message;
  const [record, ...more] = message.records;
  if (record === undefined || more.length > 0) return { type: 'invalid', reason: 'not one record' };
  if (record.type === 'request') return { type: 'request', token: token(record.id), body: record.body };
  if (record.type === 'ready' || record.type === 'credit') return { type: record.type };
  return record;
}
