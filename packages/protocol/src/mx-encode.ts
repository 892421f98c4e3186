// SPDX-License-Identifier: Apache-2.0
// mx-encode - writes MX messages, and what a body must keep to for that (docs/mx.md)

import { ArgumentError } from './errors.js';
import type { Frame } from './frame.js';
import { isFrame } from './frame.js';
import type { MxIdentity, MxRecord } from './mx.js';
import {
  MX_APART,
  MX_COMMANDS,
  MX_FIXED_BYTES,
  MX_FLAG_IDENTITY,
  MX_FLAG_TRACE,
  MX_HEADER,
  MX_IDENTITY_BYTES,
  MX_MAX_ATTEMPTS,
  MX_MAX_BODY_FRAMES,
  MX_MAX_FRAMES,
  MX_MAX_KEY_BYTES,
  MX_MAX_NUMBER,
  MX_MAX_RECORDS,
  MX_MAX_TRACE_BYTES,
  MX_TRACE_BYTES,
} from './mx.js';
import { MAX_SERVICE_NAME_BYTES } from './service-name.js';

/** So many bytes of a body are written into its record: to copy them costs less than a frame of its own does. */
export const MX_INLINE_BYTES = 65_536;

/** Body frames of up to so many bytes are written into their record in any case. */
export const MX_SHORT_FRAME_BYTES = 4_096;

const NO_NAME: Frame = new Uint8Array(0);
const NO_BODY: readonly Frame[] = [];

function writeU16(to: Uint8Array, at: number, value: number): void {
  to[at] = value;
  to[at + 1] = value >>> 8;
}

function writeU32(to: Uint8Array, at: number, value: number): void {
  writeU16(to, at, value);
  writeU16(to, at + 2, value >>> 16);
}

function nameOf(record: MxRecord<Frame>): Frame {
  return record.type === 'request' || record.type === 'ready' ? record.service : NO_NAME;
}

function bodyOf(record: MxRecord<Frame>): readonly Frame[] {
  return 'body' in record ? record.body : NO_BODY;
}

function idOf(record: MxRecord<Frame>): number {
  return 'id' in record ? record.id : 0;
}

function valueOf(record: MxRecord<Frame>): number {
  if (record.type === 'request') return record.deadlineMs;
  if (record.type === 'ready') return record.credit;
  return record.type === 'credit' ? record.amount : 0;
}

function identityOf(record: MxRecord<Frame>): MxIdentity | undefined {
  return record.type === 'request' ? record.identity : undefined;
}

/** What the value of a record is called, for an error. */
const VALUE_NAMES: Readonly<Partial<Record<MxRecord['type'], string>>> = {
  request: 'deadlineMs',
  ready: 'credit',
  credit: 'amount',
};

function checkNumber(what: string, value: number): void {
  if (!Number.isInteger(value) || value < 0 || value > MX_MAX_NUMBER) {
    throw new ArgumentError(what, value, `a whole number from 0 to ${String(MX_MAX_NUMBER)}`);
  }
}

/**
 * See that a body can be written as MX: when it cannot, that is an error of this body, and not of the message that it
 * would have gone into.
 *
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` when it has too many frames, or one of them is too long
 */
export function checkMxBody(body: readonly Frame[]): void {
  if (body.length > MX_MAX_FRAMES) {
    throw new ArgumentError('body', `${String(body.length)} frames`, `up to ${String(MX_MAX_FRAMES)} frames`);
  }
  for (let i = 0; i < body.length; i++) {
    const length = body[i]?.length ?? 0;
    if (length >= MX_APART) throw new ArgumentError(`body[${String(i)}]`, length, 'fewer than 2^31 bytes');
  }
}

/**
 * The bytes of a record in the first frame.
 *
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` when it cannot be written
 */
function sizeOf(record: MxRecord<Frame>): number {
  checkNumber('id', idOf(record));
  checkNumber(VALUE_NAMES[record.type] ?? 'value', valueOf(record));
  const name = nameOf(record);
  if ('service' in record && (!isFrame(name) || name.length === 0 || name.length > MAX_SERVICE_NAME_BYTES)) {
    throw new ArgumentError('service', name, `1 to ${String(MAX_SERVICE_NAME_BYTES)} bytes`);
  }
  const body = bodyOf(record);
  if ('body' in record && (body.length === 0 || body.length > MX_MAX_FRAMES)) {
    throw new ArgumentError('body', `${String(body.length)} frames`, `1 to ${String(MX_MAX_FRAMES)} frames`);
  }
  for (let i = 0; i < body.length; i++) {
    const frame = body[i];
    if (!isFrame(frame)) throw new ArgumentError(`body[${String(i)}]`, frame, 'a Uint8Array');
    if (frame.length >= MX_APART) throw new ArgumentError(`body[${String(i)}]`, frame.length, 'fewer than 2^31 bytes');
  }
  const identity = identityOf(record);
  const more = identity === undefined ? 0 : identitySize(identity);
  return MX_FIXED_BYTES + name.length + more + 4 * body.length + mxInlineBytes(body);
}

/** As {@link sizeOf}, of what a REQUEST says of itself. */
function identitySize({ attempts, key, trace }: MxIdentity): number {
  if (!Number.isInteger(attempts) || attempts < 0 || attempts > MX_MAX_ATTEMPTS) {
    throw new ArgumentError('identity.attempts', attempts, `a whole number from 0 to ${String(MX_MAX_ATTEMPTS)}`);
  }
  if (!isFrame(key) || key.length > MX_MAX_KEY_BYTES) {
    throw new ArgumentError('identity.key', key, `a Uint8Array of up to ${String(MX_MAX_KEY_BYTES)} bytes`);
  }
  if (trace === undefined) return MX_IDENTITY_BYTES + key.length;
  if (!isFrame(trace) || trace.length === 0 || trace.length > MX_MAX_TRACE_BYTES) {
    throw new ArgumentError('identity.trace', trace, `a Uint8Array of 1 to ${String(MX_MAX_TRACE_BYTES)} bytes`);
  }
  return MX_IDENTITY_BYTES + key.length + MX_TRACE_BYTES + trace.length;
}

/** Whether the writer sets a body frame apart, when so many bytes of the body are in the record already. */
function standsApart(length: number, inline: number): boolean {
  return length > MX_SHORT_FRAME_BYTES && inline + length > MX_INLINE_BYTES;
}

/**
 * How many bytes of a body {@link encodeMx} writes into its record. The other frames follow the records as frames of their
 * own, and are never copied.
 */
export function mxInlineBytes(body: readonly Frame[]): number {
  let inline = 0;
  for (const { length } of body) if (!standsApart(length, inline)) inline += length;
  return inline;
}

/**
 * Write an MX message.
 *
 * @param records - 1 to {@link MX_MAX_RECORDS}, with up to {@link MX_MAX_BODY_FRAMES} body frames in all; a service's
 * name as {@link encodeServiceName} makes it
 * @returns the frame with the records, and the body frames that stand apart ({@link mxInlineBytes}), which are not copied
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` when there are none or too many, or a record cannot be written
 */
export function encodeMx(records: readonly MxRecord<Frame>[]): Frame[] {
  if (records.length === 0 || records.length > MX_MAX_RECORDS) {
    throw new ArgumentError('records', `${String(records.length)} records`, `1 to ${String(MX_MAX_RECORDS)} records`);
  }
  let size = MX_HEADER.length;
  let bodyFrames = 0;
  for (const record of records) {
    size += sizeOf(record);
    bodyFrames += bodyOf(record).length;
  }
  if (bodyFrames > MX_MAX_BODY_FRAMES) {
    throw new ArgumentError('records', `${String(bodyFrames)} body frames`, `up to ${String(MX_MAX_BODY_FRAMES)}`);
  }
  const batch = new Uint8Array(size);
  batch.set(MX_HEADER);
  const frames: Frame[] = [batch];
  let at = MX_HEADER.length;
  for (const record of records) at = writeRecord(batch, at, record, frames);
  return frames;
}

/** Write one record at `at`; body frames that stand apart go behind `frames`. Returns where it ends. */
function writeRecord(batch: Uint8Array, at: number, record: MxRecord<Frame>, frames: Frame[]): number {
  const name = nameOf(record);
  const body = bodyOf(record);
  batch[at + 4] = MX_COMMANDS[record.type];
  writeU16(batch, at + 6, body.length);
  writeU32(batch, at + 8, idOf(record));
  writeU32(batch, at + 12, valueOf(record));
  batch[at + 16] = name.length;
  batch.set(name, at + MX_FIXED_BYTES);
  let lengths = at + MX_FIXED_BYTES + name.length;
  const identity = identityOf(record);
  if (identity !== undefined) {
    const { attempts, key, trace } = identity;
    batch[at + 5] = trace === undefined ? MX_FLAG_IDENTITY : MX_FLAG_IDENTITY + MX_FLAG_TRACE;
    batch[lengths] = attempts;
    batch[lengths + 1] = key.length;
    batch.set(key, lengths + MX_IDENTITY_BYTES);
    lengths += MX_IDENTITY_BYTES + key.length;
    if (trace !== undefined) {
      writeU16(batch, lengths, trace.length);
      batch.set(trace, lengths + MX_TRACE_BYTES);
      lengths += MX_TRACE_BYTES + trace.length;
    }
  }
  const begin = lengths + 4 * body.length;
  let end = begin;
  for (const frame of body) {
    if (standsApart(frame.length, end - begin)) {
      writeU32(batch, lengths, frame.length + MX_APART);
      frames.push(frame);
    } else {
      writeU32(batch, lengths, frame.length);
      batch.set(frame, end);
      end += frame.length;
    }
    lengths += 4;
  }
  writeU32(batch, at, end - at);
  return end;
}
