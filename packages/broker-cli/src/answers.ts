// SPDX-License-Identifier: Apache-2.0
// answers - what another thread is asked for: all who wait get the next answer, and after the last one that one

/** Those who wait for answers of one kind. */
export class Answers<T> {
  /** The last that came. */
  last: T | undefined;
  #waiting: (() => void)[] = [];
  #over = false;

  /** An answer has come. */
  give(answer: T): void {
    this.last = answer;
    this.#tell();
  }

  /** No more will come. */
  end(): void {
    this.#over = true;
    this.#tell();
  }

  /**
   * Wait for the next answer.
   *
   * @param ask - called unless no more will come
   * @returns it, or the last one when no more will come
   */
  async next(ask: () => void): Promise<T | undefined> {
    if (!this.#over) {
      const told = new Promise<void>((resolve) => this.#waiting.push(resolve));
      ask();
      await told;
    }
    return this.last;
  }

  #tell(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting = [];
  }
}
