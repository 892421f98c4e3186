// SPDX-License-Identifier: Apache-2.0
// sizes - how people write a number of bytes: 65536, 64k, 16MiB

const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 2 ** 10,
  kib: 2 ** 10,
  kb: 1e3,
  m: 2 ** 20,
  mib: 2 ** 20,
  mb: 1e6,
  g: 2 ** 30,
  gib: 2 ** 30,
  gb: 1e9,
  t: 2 ** 40,
  tib: 2 ** 40,
  tb: 1e12,
};

const SIZE = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i;

/** What {@link parseSize} takes, for error messages. */
export const SIZE_FORM = 'bytes (65536), or a number with k, M, G, T (64k is 64KiB) or kB, MB, GB, TB (64kB is 64000)';

/**
 * Read a size.
 *
 * @param text - a plain number is in bytes; `k`, `M`, `G`, `T` and `KiB`, `MiB`, `GiB`, `TiB` are powers of 1024, `kB`,
 * `MB`, `GB`, `TB` powers of 1000; in any case
 * @returns whole bytes, or `undefined` when it is no size
 */
export function parseSize(text: string): number | undefined {
  const [, digits, unit] = SIZE.exec(text) ?? [];
  const factor = Object.hasOwn(UNIT_BYTES, unit?.toLowerCase() ?? '?')
    ? UNIT_BYTES[unit?.toLowerCase() ?? '?']
    : undefined;
  if (digits === undefined || factor === undefined) return undefined;
  const bytes = Number(digits) * factor;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Write a size as {@link parseSize} reads it, in the coarsest unit of 1024 that keeps it exact: `16MiB`, `1000`. */
export function formatSize(bytes: number): string {
  for (const [unit, size] of [
    ['TiB', 2 ** 40],
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ] as const) {
    if (bytes >= size && bytes % size === 0) return `${String(bytes / size)}${unit}`;
  }
  return String(bytes);
}
