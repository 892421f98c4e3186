// SPDX-License-Identifier: Apache-2.0
// failures - counts requests that failed, by what they failed with

/** Requests that failed in one way. */
export interface FailureCount {
  /** As errors have it: `MDP_TIMEOUT`. */
  readonly code: string;
  /** Of an error reply. */
  readonly status?: number;
  /** What the first of them said. */
  readonly message: string;
  readonly count: number;
}

/** Requests that failed, by the kind of failure. */
export class Failures {
  readonly #kinds = new Map<string, FailureCount>();
  #first: unknown;
  #count = 0;

  /** What the first one failed with. */
  get first(): unknown {
    return this.#first;
  }

  get count(): number {
    return this.#count;
  }

  /** The kinds, the most frequent one first. */
  get kinds(): readonly FailureCount[] {
    return Array.from(this.#kinds.values()).sort((a, b) => b.count - a.count);
  }

  /** Count one. */
  note(error: unknown): void {
    const { code = 'unknown', status, message = '' } = error as Partial<FailureCount>;
    const key = `${code} ${String(status)}`;
    const kind = this.#kinds.get(key);
    this.#first ??= error;
    this.#count += 1;
    this.#kinds.set(key, {
      code,
      ...(status === undefined ? {} : { status }),
      message: kind?.message ?? message,
      count: (kind?.count ?? 0) + 1,
    });
  }
}
