// SPDX-License-Identifier: Apache-2.0
// mx-decode - reads MX messages: whatever comes, the work is bounded and nothing throws (docs/mx.md)

import { MAX_ADDRESS_FRAMES, MAX_ADDRESS_FRAME_BYTES } from './decode.js';
import { headerKind } from './dialect.js';
import type { Frame } from './frame.js';
import type { MxBatch, MxIdentity, MxInvalid, MxInvalidReason, MxRecord, MxSignal } from './mx.js';
import {
  MX_APART,
  MX_COMMANDS,
  MX_FIXED_BYTES,
  MX_FLAG_IDENTITY,
  MX_FLAG_TRACE,
  MX_HEADER,
  MX_IDENTITY_BYTES,
  MX_INVALID_REASONS,
  MX_MAX_BODY_FRAMES,
  MX_MAX_KEY_BYTES,
  MX_MAX_RECORDS,
  MX_MAX_TRACE_BYTES,
  MX_TRACE_BYTES,
} from './mx.js';
import { decodeServiceName } from './service-name.js';

// One object per reason: hostile input costs no allocation.
const INVALID = Object.fromEntries(
  MX_INVALID_REASONS.map((reason) => [reason, Object.freeze({ type: 'invalid', reason })]),
) as Readonly<Record<MxInvalidReason, MxInvalid>>;

/** A message with more bytes in its first frame than this is read in pieces of about so many: Node.js's own pool has as much. */
const PIECE_BYTES = 8192;

/** What flags a REQUEST may have. */
const REQUEST_FLAGS: ReadonlySet<number> = new Set([MX_FLAG_IDENTITY, MX_FLAG_IDENTITY + MX_FLAG_TRACE]);

const NOTHING = new Uint8Array(0);
const NO_FRAMES: readonly Frame[] = [];
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
  /** The next frame that stands apart. */
  next = 0;
  #bodyFrames = 0;
  #frames: readonly Frame[] = NO_FRAMES;
  #batch: Frame = NOTHING;
  /** What bodies are views of: the first frame, or a copy of a part of it. */
  #piece: Frame = NOTHING;
  /** Where the piece begins in the first frame. */
  #pieceAt = 0;
  /** The name that was read last, and where it stood: most messages speak of one service. */
  #name: string | undefined;
  #nameAt = 0;
  #nameLength = 0;

  /** Begin with a message. */
  open(frames: readonly Frame[], start: number, batch: Frame): void {
    this.at = MX_HEADER.length;
    this.next = start + 1;
    this.#bodyFrames = 0;
    this.#frames = frames;
    this.#batch = batch;
    this.#piece = batch.length > PIECE_BYTES ? NOTHING : batch;
    this.#pieceAt = 0;
    this.#name = undefined;
  }

  /** Forget it. */
  close(): void {
    this.#frames = NO_FRAMES;
    this.#batch = this.#piece = NOTHING;
  }

  /** The record at {@link at}, or why it is none. */
  record(): MxRecord | MxInvalidReason {
    const batch = this.#batch;
    const { at } = this;
    const left = batch.length - at;
    if (left < MX_FIXED_BYTES) return 'bad-length';
    const length = readU32(batch, at);
    if (length < MX_FIXED_BYTES || length > left) return 'bad-length';
    const command = batch[at + 4] as number;
    const flags = batch[at + 5] as number;
    const count = readU16(batch, at + 6);
    const id = readU32(batch, at + 8);
    const value = readU32(batch, at + 12);
    const nameLength = batch[at + 16] as number;
    const lengths = at + MX_FIXED_BYTES + nameLength;
    const end = at + length;
    if (lengths + 4 * count > end) return 'bad-length';
    if (flags !== 0 && (command !== MX_COMMANDS.request || !REQUEST_FLAGS.has(flags))) return 'bad-field';
    this.#bodyFrames += count;
    if (this.#bodyFrames > MX_MAX_BODY_FRAMES) return 'too-many';
    this.at = end;

    switch (command) {
      case MX_COMMANDS.request: {
        const service = this.#service(at + MX_FIXED_BYTES, nameLength);
        if (service === undefined) return 'bad-service-name';
        if (flags !== 0) return this.#identified(flags, id, value, service, lengths, count, end);
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
      const service = this.#service(at + MX_FIXED_BYTES, nameLength);
      return service === undefined ? 'bad-service-name' : { type: 'ready', service, credit: value };
    }
    if (nameLength > 0) return 'bad-field';
    if (command === MX_COMMANDS.credit) return { type: 'credit', id, amount: value };
    if (value > 0) return 'bad-field';
    if (command === MX_COMMANDS.cancel) return { type: 'cancel', id };
    if (id > 0) return 'bad-field';
    return command === MX_COMMANDS.heartbeat ? HEARTBEAT : DISCONNECT;
  }

  /** A REQUEST with an identity, which begins at `from`. */
  #identified(
    flags: number,
    id: number,
    deadlineMs: number,
    service: string,
    from: number,
    count: number,
    end: number,
  ): MxRecord | MxInvalidReason {
    const batch = this.#batch;
    if (from + MX_IDENTITY_BYTES > end) return 'bad-length';
    const length = batch[from + 1] as number;
    const keyAt = from + MX_IDENTITY_BYTES;
    if (keyAt + length + 4 * count > end) return 'bad-length';
    if (length > MX_MAX_KEY_BYTES) return 'bad-field';
    const hasTrace = (flags & MX_FLAG_TRACE) !== 0;
    const traceAt = keyAt + length + MX_TRACE_BYTES;
    let lengths = keyAt + length;
    if (hasTrace) {
      if (traceAt > end) return 'bad-length';
      const traceLength = readU16(batch, lengths);
      lengths = traceAt + traceLength;
      if (lengths + 4 * count > end) return 'bad-length';
      if (traceLength === 0 || traceLength > MX_MAX_TRACE_BYTES) return 'bad-field';
    }
    // What it says of itself lies in one piece with the body.
    this.#take(keyAt, end);
    const key = this.#piece.subarray(keyAt - this.#pieceAt, keyAt - this.#pieceAt + length);
    const trace = hasTrace ? this.#piece.subarray(traceAt - this.#pieceAt, lengths - this.#pieceAt) : undefined;
    const identity: MxIdentity = { attempts: batch[from] as number, key, trace };
    const body = this.#body(lengths, count, end);
    return typeof body === 'string' ? body : { type: 'request', id, deadlineMs, service, body, identity };
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
      if (length >= MX_APART) {
        const frame = this.#frames[this.next++];
        if (frame === undefined) return 'missing-frame';
        if (frame.length !== length - MX_APART) return 'bad-length';
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

/** One for all messages: none leaves one behind. */
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
