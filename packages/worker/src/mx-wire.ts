// SPDX-License-Identifier: Apache-2.0
// mx-wire - many commands in one message: what one turn of the event loop says leaves together

import type { Frame, MxRecord, MxSignal } from '@mdp/protocol';
import { EMPTY_FRAME, MX_MAX_BODY_FRAMES, byteLength, decodeMx, encodeMx, mxInlineBytes } from '@mdp/protocol';
import type { Link } from './link.js';
import type { Job } from './request.js';
import type { Done } from './state/port.js';
import type { Decode, Service, Wire } from './wire.js';

/** A message leaves early when it has so many records, or so many bytes in its first frame, or behind it. */
const RECORDS_AT_MOST = 1_000;
const INLINE_AT_MOST = 64 * 1024;
const APART_AT_MOST = 1024 * 1024;

/** What a record has in the first frame beside its body, more or less. */
const RECORD_BYTES = 24;

const HEARTBEAT: MxSignal = { type: 'heartbeat' };
const DISCONNECT: MxSignal = { type: 'disconnect' };
/** MX has no body without a frame. */
const EMPTY_BODY: readonly Frame[] = [EMPTY_FRAME];

/** Reads what a broker says. */
export const decodeBatch: Decode = (frames) => {
  const message = decodeMx(frames);
  return message.type === 'batch' ? message.records : undefined;
};

/**
 * Gathers what is said and sends it in as few messages as can be, without making anybody wait.
 *
 * The first commands of a turn of the event loop leave when the code that runs has come to its end, with all that its
 * promises brought about: a lone reply leaves at once. What other callbacks of the same turn say is gathered until all
 * of them have run.
 */
export class MxWire implements Wire {
  readonly #services: readonly Service[];
  readonly #link: Link;
  #records: MxRecord<Frame>[] = [];
  #inline = 0;
  #apart = 0;
  #bodyFrames = 0;
  #dones: Done[] = [];
  /** A message has left in this turn, so the next one waits for its end. */
  #sentInTurn = false;
  #scheduled = false;

  constructor(services: readonly Service[], link: Link) {
    this.#services = services;
    this.#link = link;
  }

  ready(credit: number): void {
    for (const { frame } of this.#services) this.#say({ type: 'ready', service: frame, credit });
  }

  heartbeat(): void {
    this.#say(HEARTBEAT);
  }

  disconnect(): void {
    this.#say(DISCONNECT);
  }

  reply(type: 'partial' | 'final', { wireId }: Job, body: readonly Frame[], done: Done | undefined): void {
    const frames = body.length === 0 ? EMPTY_BODY : body;
    const { length } = frames;
    if (this.#bodyFrames + length > MX_MAX_BODY_FRAMES) this.flush();
    this.#bodyFrames += length;
    const inline = mxInlineBytes(frames);
    this.#apart += byteLength(frames) - inline;
    this.#inline += inline + 4 * length;
    // While the socket takes what it is given, a stream may go on at once: so its parts leave together.
    const waits = done !== undefined && this.#link.backlog > 0;
    if (waits) this.#dones.push(done);
    this.#say({ type, id: wireId as number, body: frames });
    if (!waits) done?.(true);
  }

  /** Gather a command. */
  #say(record: MxRecord<Frame>): void {
    this.#records.push(record);
    this.#inline += RECORD_BYTES;
    if (this.#records.length >= RECORDS_AT_MOST || this.#inline >= INLINE_AT_MOST || this.#apart >= APART_AT_MOST) {
      this.flush();
    } else if (!this.#scheduled && !this.#sentInTurn) {
      this.#scheduled = true;
      process.nextTick(this.#tick);
    }
  }

  readonly #tick = (): void => {
    this.#scheduled = false;
    this.flush();
  };

  readonly #turnEnds = (): void => {
    this.#sentInTurn = false;
    this.flush();
  };

  flush(): void {
    const records = this.#records;
    if (records.length === 0) return;
    const dones = this.#dones;
    this.#records = [];
    this.#inline = this.#apart = this.#bodyFrames = 0;
    if (dones.length > 0) this.#dones = [];
    if (!this.#sentInTurn) {
      this.#sentInTurn = true;
      setImmediate(this.#turnEnds);
    }
    this.#link.send(
      encodeMx(records),
      dones.length === 0
        ? undefined
        : (sent) => {
            for (const done of dones) done(sent);
          },
    );
  }

  discard(): number {
    const dones = this.#dones;
    const count = this.#records.length;
    this.#records = [];
    this.#dones = [];
    this.#inline = this.#apart = this.#bodyFrames = 0;
    for (const done of dones) done(false);
    return count;
  }

  get backlog(): number {
    return this.#link.backlog + this.#records.length;
  }
}
