// SPDX-License-Identifier: Apache-2.0
// mx-outbox - the records that wait to leave on one MX connection, in order, as few messages

import type { Frame, MxRecord } from '@mdp/protocol';
import { MX_MAX_BODY_FRAMES, encodeMx, mxInlineBytes } from '@mdp/protocol';

/** A message is full with so many records… */
const FULL_RECORDS = 1_000;

/** … or when the bodies that are copied into it have so many bytes. */
const FULL_BYTES = 64 * 1024;

/** Records, gathered into messages. */
export class MxOutbox {
  readonly #full: MxRecord<Frame>[][] = [];
  #records: MxRecord<Frame>[] = [];
  #bytes = 0;
  #bodyFrames = 0;

  /** Add a record behind all others. A body has to be one that MX can carry. */
  put(record: MxRecord<Frame>): void {
    if ('body' in record) {
      const { body } = record;
      if (this.#bodyFrames + body.length > MX_MAX_BODY_FRAMES) this.#close();
      this.#bodyFrames += body.length;
      this.#bytes += mxInlineBytes(body);
    }
    this.#records.push(record);
    if (this.#records.length >= FULL_RECORDS || this.#bytes >= FULL_BYTES) this.#close();
  }

  /** Whether there is a message that nothing can be added to. */
  get full(): boolean {
    return this.#full.length > 0;
  }

  /**
   * Take out the next message.
   *
   * @returns its frames; `undefined` when there is none
   */
  take(): Frame[] | undefined {
    if (this.#full.length === 0 && this.#records.length > 0) this.#close();
    const records = this.#full.shift();
    return records === undefined ? undefined : encodeMx(records);
  }

  #close(): void {
    this.#full.push(this.#records);
    this.#records = [];
    this.#bytes = 0;
    this.#bodyFrames = 0;
  }
}
