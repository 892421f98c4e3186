// SPDX-License-Identifier: Apache-2.0
// mx - many commands in one ZeroMQ message, between peers of this project; the layout is in docs/mx.md

import { MAX_ADDRESS_FRAMES, MAX_ADDRESS_FRAME_BYTES } from './decode.js';
import { headerKind } from './dialect.js';
import { ArgumentError } from './errors.js';
import type { Frame } from './frame.js';
import { byteLength, bytes, isFrame } from './frame.js';
import { MAX_SERVICE_NAME_BYTES, decodeServiceName } from './service-name.js';

/** How an MX frame begins. A header of RFC 18 is a frame of six bytes; this one is followed by a record at least. */
export const MX_HEADER: Frame = bytes('MDPX01');

/** So much may a worker send in PARTIALs of one request before it is granted more: {@link mxCost}. */
export const MX_FIRST_CREDIT = 65_536;

/** What a frame of a PARTIAL costs beside its bytes, so that empty ones have an end, too. */
export const MX_FRAME_COST = 64;

/** What a PARTIAL with this body costs its sender of the bytes that it was granted. */
export function mxCost(body: readonly Frame[]): number {
  return byteLength(body) + MX_FRAME_COST * body.length;
}

/** The codes of the commands; those of RFC 18 keep the codes of MDP/Worker. */
export const MX_COMMANDS = {
  ready: 1,
  request: 2,
  partial: 3,
  final: 4,
  heartbeat: 5,
  disconnect: 6,
  cancel: 7,
  credit: 8,
} as const;

/** The most records of one message. */
export const MX_MAX_RECORDS = 16_384;

/** The most body frames of all records of one message together. */
export const MX_MAX_BODY_FRAMES = 65_536;

/** So many bytes of a body are written into its record: to copy them costs less than a frame of its own does. */
export const MX_INLINE_BYTES = 65_536;

/** Body frames of up to so many bytes are written into their record in any case. */
export const MX_SHORT_FRAME_BYTES = 4_096;

/** The largest number that an id, a deadline or a credit may have. */
export const MX_MAX_NUMBER = 2 ** 32 - 1;

/** READY: a worker takes up to so many requests for a service at once; 0 takes the service back, and a broker confirms that. */
export interface MxReady<Name = string> {
  readonly type: 'ready';
  readonly service: Name;
  readonly credit: number;
}

/** REQUEST, from a client to the broker or from the broker to a worker. */
export interface MxRequest<Name = string> {
  readonly type: 'request';
  /** Chosen by the sender, and brought back by each reply; unique among its requests that are under way. */
  readonly id: number;
  /** How long a reply is waited for, in milliseconds from now; 0 is without limit. */
  readonly deadlineMs: number;
  readonly service: Name;
  /** 1 to 65,535 frames. */
  readonly body: readonly Frame[];
}

/** PARTIAL or FINAL, from a worker to the broker or from the broker to a client. */
export interface MxReply {
  readonly type: 'partial' | 'final';
  readonly id: number;
  /** 1 to 65,535 frames. */
  readonly body: readonly Frame[];
}

/** HEARTBEAT or DISCONNECT, for the whole connection. */
export interface MxSignal {
  readonly type: 'heartbeat' | 'disconnect';
}

/** CANCEL: nobody waits for the reply to a request any more. */
export interface MxCancel {
  readonly type: 'cancel';
  readonly id: number;
}

/** CREDIT: so many more bytes of PARTIALs of one request may be sent. */
export interface MxCredit {
  readonly type: 'credit';
  readonly id: number;
  readonly amount: number;
}

/** One command of an MX message. The name of a service is text when it was read, and bytes when it is to be written. */
export type MxRecord<Name = string> = MxReady<Name> | MxRequest<Name> | MxReply | MxSignal | MxCancel | MxCredit;

/** Every reason why a message is no MX message. */
export const MX_INVALID_REASONS = [
  'no-header',
  'no-records',
  'bad-length',
  'unknown-command',
  'bad-field',
  'bad-service-name',
  'no-body',
  'missing-frame',
  'extra-frames',
  'too-many',
] as const;

/** Why a message is no MX message. */
export type MxInvalidReason = (typeof MX_INVALID_REASONS)[number];

/** The records of a message. */
export interface MxBatch {
  readonly type: 'batch';
  readonly records: readonly MxRecord[];
}

/** No MX message. Nothing of it counts, not even the records before the fault. */
export interface MxInvalid {
  readonly type: 'invalid';
  readonly reason: MxInvalidReason;
}

// One object per reason: hostile input costs no allocation.
const INVALID = Object.fromEntries(
  MX_INVALID_REASONS.map((reason) => [reason, Object.freeze({ type: 'invalid', reason })]),
) as Readonly<Record<MxInvalidReason, MxInvalid>>;

/** Bytes of a record in front of its service name. */
const FIXED = 17;
/** Set in the length of a body frame that follows as a frame of its own. */
const APART = 0x8000_0000;
/** The most frames of one body. */
const MAX_FRAMES = 0xffff;
/** A message with more bytes in its first frame than this is read in pieces of about so many: Node.js's own pool has as much. */
const PIECE_BYTES = 8192;

const NO_NAME = new Uint8Array(0);
const NO_BODY: readonly Frame[] = [];
const HEARTBEAT: MxSignal = Object.freeze({ type: 'heartbeat' });
const DISCONNECT: MxSignal = Object.freeze({ type: 'disconnect' });

/** Whether a frame is the first of an MX message: the header and at least one more byte. */
export function isMxFrame(frame: Frame): boolean {
  return frame.length > MX_HEADER.length && hasHeader(frame);
}

function hasHeader(frame: Frame): boolean {
  for (let i = 0; i < MX_HEADER.length; i++) if (frame[i] !== MX_HEADER[i]) return false;
  return true;
}

function readU16(from: Frame, at: number): number {
  return (from[at] as number) | ((from[at + 1] as number) << 8);
}

function readU32(from: Frame, at: number): number {
  return (readU16(from, at) | (readU16(from, at + 2) << 16)) >>> 0;
}

/** Reads one message after another, record by record, and remembers where it is. */
class Reader {
  at = 0;
  #bodyFrames = 0;
  #frames: readonly Frame[] = NO_BODY;
  #batch: Frame = NO_NAME;
  /** The next frame that stands apart. */
  next = 0;
  /** What bodies are views of: the first frame, or a copy of a part of it. */
  #piece: Frame = NO_NAME;
  /** Where the piece begins in the first frame. */
  #pieceAt = 0;
  /** The name that was read last, and where it stood: most messages speak of one service. */
  #name: string | undefined;
  #nameAt = 0;
  #nameLength = 0;

  /** Begin with a message. */
  open(frames: readonly Frame[], start: number, batch: Frame): void {
    this.at = MX_HEADER.length;
    this.#bodyFrames = 0;
    this.#frames = frames;
    this.#batch = batch;
    this.next = start + 1;
    this.#piece = batch.length > PIECE_BYTES ? NO_NAME : batch;
    this.#pieceAt = 0;
    this.#name = undefined;
  }

  /** Forget it. */
  close(): void {
    this.#frames = NO_BODY;
    this.#batch = this.#piece = NO_NAME;
  }

  /** The record at {@link at}, or why it is none. */
  record(): MxRecord | MxInvalidReason {
    const batch = this.#batch;
    const { at } = this;
    const left = batch.length - at;
    if (left < FIXED) return 'bad-length';
    const length = readU32(batch, at);
    if (length < FIXED || length > left) return 'bad-length';
    const command = batch[at + 4] as number;
    const flags = batch[at + 5] as number;
    const count = readU16(batch, at + 6);
    const id = readU32(batch, at + 8);
    const value = readU32(batch, at + 12);
    const nameLength = batch[at + 16] as number;
    const lengths = at + FIXED + nameLength;
    const end = at + length;
    if (lengths + 4 * count > end) return 'bad-length';
    if (flags !== 0) return 'bad-field';
    this.#bodyFrames += count;
    if (this.#bodyFrames > MX_MAX_BODY_FRAMES) return 'too-many';
    this.at = end;

    switch (command) {
      case MX_COMMANDS.request: {
        const service = this.#service(at + FIXED, nameLength);
        if (service === undefined) return 'bad-service-name';
        const body = this.#body(lengths, count, end);
        return typeof body === 'string' ? body : { type: 'request', id, deadlineMs: value, service, body };
      }
      case MX_COMMANDS.partial:
      case MX_COMMANDS.final: {
        if (nameLength > 0 || value > 0) return 'bad-field';
        const body = this.#body(lengths, count, end);
        if (typeof body === 'string') return body;
        return { type: command === MX_COMMANDS.final ? 'final' : 'partial', id, body };
      }
    }
    // The others have no body, and nothing behind the name.
    if (command < MX_COMMANDS.ready || command > MX_COMMANDS.credit) return 'unknown-command';
    if (count > 0) return 'bad-field';
    if (lengths !== end) return 'bad-length';
    if (command === MX_COMMANDS.ready) {
      if (id > 0) return 'bad-field';
      const service = this.#service(at + FIXED, nameLength);
      return service === undefined ? 'bad-service-name' : { type: 'ready', service, credit: value };
    }
    if (nameLength > 0) return 'bad-field';
    if (command === MX_COMMANDS.credit) return { type: 'credit', id, amount: value };
    if (value > 0) return 'bad-field';
    if (command === MX_COMMANDS.cancel) return { type: 'cancel', id };
    if (id > 0) return 'bad-field';
    return command === MX_COMMANDS.heartbeat ? HEARTBEAT : DISCONNECT;
  }

  /** The name of a service. */
  #service(at: number, length: number): string | undefined {
    const batch = this.#batch;
    let same = length === this.#nameLength;
    for (let i = 0; same && i < length; i++) same = batch[at + i] === batch[this.#nameAt + i];
    if (same && this.#name !== undefined) return this.#name;
    this.#nameAt = at;
    this.#nameLength = length;
    return (this.#name = decodeServiceName(batch.subarray(at, at + length)));
  }

  /** The body of the record that ends at `end`: all of its bytes are used, and all of its frames are there. */
  #body(lengths: number, count: number, end: number): Frame[] | MxInvalidReason {
    if (count === 0) return 'no-body';
    const body = new Array<Frame>(count);
    let at = lengths + 4 * count;
    this.#take(at, end);
    for (let i = 0; i < count; i++) {
      const length = readU32(this.#batch, lengths + 4 * i);
      if (length >= APART) {
        const frame = this.#frames[this.next++];
        if (frame === undefined) return 'missing-frame';
        if (frame.length !== length - APART) return 'bad-length';
        body[i] = frame;
      } else {
        if (length > end - at) return 'bad-length';
        body[i] = this.#piece.subarray(at - this.#pieceAt, at - this.#pieceAt + length);
        at += length;
      }
    }
    return at === end ? body : 'bad-length';
  }

  /** See that the piece has these bytes of the first frame. */
  #take(from: number, to: number): void {
    if (from >= this.#pieceAt && to <= this.#pieceAt + this.#piece.length) return;
    if ((to - from) * 2 >= this.#batch.length) {
      // Copied, most of it would be there twice.
      this.#piece = this.#batch;
      this.#pieceAt = 0;
      return;
    }
    // A Buffer's own slice() would be a view.
    this.#piece = Uint8Array.prototype.slice.call(this.#batch, from, Math.max(to, from + PIECE_BYTES));
    this.#pieceAt = from;
  }
}

const reader = new Reader();

/**
 * Where the MX frame of a message stands at a broker: behind the address, as the header of a strict message does.
 *
 * @param frames - a whole message
 * @param start - index of the first frame to look at: 1 where a ROUTER put the routing id in front
 * @returns its index; -1 when it is no MX message
 */
export function findMx(frames: readonly Frame[], start = 0): number {
  const last = Math.min(frames.length - 1, start + MAX_ADDRESS_FRAMES);
  for (let at = start; at <= last; at++) {
    const frame = frames[at] as Frame;
    if (isMxFrame(frame)) return at;
    if (headerKind(frame) !== undefined || frame.length > MAX_ADDRESS_FRAME_BYTES) return -1;
  }
  return -1;
}

/**
 * Read an MX message. The work is bounded by its bytes, {@link MX_MAX_RECORDS} and {@link MX_MAX_BODY_FRAMES}; nothing
 * throws.
 *
 * @param frames - a whole message. Short body frames are views of the first frame, or of copies of about 8 KiB when it is
 * larger: so what is kept of a message keeps no more alive than that. Whoever keeps much copies it: {@link ownFrames}.
 * @param start - index of the frame with the records, behind the address
 */
export function decodeMx(frames: readonly Frame[], start = 0): MxBatch | MxInvalid {
  const batch = frames[start];
  if (batch === undefined || !hasHeader(batch)) return INVALID['no-header'];
  if (batch.length === MX_HEADER.length) return INVALID['no-records'];
  reader.open(frames, start, batch);
  const found = readAll(frames.length, batch.length);
  reader.close();
  return found;
}

/** Read what the reader has open. */
function readAll(frameCount: number, end: number): MxBatch | MxInvalid {
  const records: MxRecord[] = [];
  while (reader.at < end) {
    if (records.length === MX_MAX_RECORDS) return INVALID['too-many'];
    const record = reader.record();
    if (typeof record === 'string') return INVALID[record];
    records.push(record);
  }
  return reader.next === frameCount ? { type: 'batch', records } : INVALID['extra-frames'];
}

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
  if (body.length > MAX_FRAMES) {
    throw new ArgumentError('body', `${String(body.length)} frames`, `up to ${String(MAX_FRAMES)} frames`);
  }
  for (let i = 0; i < body.length; i++) {
    const length = body[i]?.length ?? 0;
    if (length >= APART) throw new ArgumentError(`body[${String(i)}]`, length, 'fewer than 2^31 bytes');
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
  if ('body' in record && (body.length === 0 || body.length > MAX_FRAMES)) {
    throw new ArgumentError('body', `${String(body.length)} frames`, `1 to ${String(MAX_FRAMES)} frames`);
  }
  for (let i = 0; i < body.length; i++) {
    const frame = body[i];
    if (!isFrame(frame)) throw new ArgumentError(`body[${String(i)}]`, frame, 'a Uint8Array');
    if (frame.length >= APART) throw new ArgumentError(`body[${String(i)}]`, frame.length, 'fewer than 2^31 bytes');
  }
  return FIXED + name.length + 4 * body.length + mxInlineBytes(body);
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
  batch.set(name, at + FIXED);
  let lengths = at + FIXED + name.length;
  const begin = lengths + 4 * body.length;
  let end = begin;
  for (const frame of body) {
    if (standsApart(frame.length, end - begin)) {
      writeU32(batch, lengths, frame.length + APART);
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
