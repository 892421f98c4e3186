// SPDX-License-Identifier: Apache-2.0
// said - what brokers said to each request of a model, to be held against what its reader was given

import type { Call } from './harness.js';

/** The replies of a model: each part says whose it is, and its number. */
export class Said {
  readonly #parts = new Map<Call, { attempt: number; words: string[] }>();
  #calls = 0;
  readonly #names = new Map<Call, string>();

  /** The text of the next part that is said to a request. What an earlier attempt said does not count any more. */
  next(call: Call): string {
    const name = this.#names.get(call) ?? `call ${String(++this.#calls)}`;
    this.#names.set(call, name);
    const { attempts } = call.exchange;
    let said = this.#parts.get(call);
    if (said?.attempt !== attempts) said = { attempt: attempts, words: [] };
    this.#parts.set(call, said);
    const word = `${name}, part ${String(said.words.length)}.`;
    said.words.push(word);
    return word;
  }

  /** The reader of a request has its own parts, all in order without a gap, and when it has the last one, all of them. */
  check(call: Call): void {
    const { sink } = call;
    const words = this.#parts.get(call)?.words ?? [];
    for (const [i, part] of sink.parts.entries()) {
      const expected = words[i] ?? 'nothing';
      if (!part.startsWith(expected)) throw new Error(`part ${String(i)} is ${part}, and ${expected} was said`);
    }
    if (sink.complete && sink.parts.length !== words.length) {
      throw new Error(`${String(sink.parts.length)} of ${String(words.length)} parts were given to the reader`);
    }
  }
}
