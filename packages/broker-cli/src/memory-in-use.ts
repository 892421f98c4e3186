// SPDX-License-Identifier: Apache-2.0
// memory-in-use - how much memory this process takes, as far as that can be found out

/** In bytes. */
export interface MemoryInUse {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
}

let last: MemoryInUse = { rss: 0, heapUsed: 0, external: 0 };

/** What it takes now. Node.js opens a file to find out: when the process has none left, what it took when this was asked last. */
export function memoryInUse(): MemoryInUse {
  try {
    const { rss, heapUsed, external } = process.memoryUsage();
    last = { rss, heapUsed, external };
  } catch {
    // Whoever looks at a broker in trouble shall see the rest.
    return last;
  }
  return last;
}
