// SPDX-License-Identifier: Apache-2.0
// durations - how people write a time: 2.5 (seconds), 2500ms, 15m, 1h30m

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const PLAIN = /^\d+(?:\.\d+)?$/;
const WITH_UNITS = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/** What {@link parseDuration} takes, for error messages. */
export const DURATION_FORM = 'seconds (2.5), or a number with ms, s, m, h or d (2500ms, 15m, 1h30m)';

/**
 * Read a duration.
 *
 * @param text - a plain number is in seconds; units are `ms`, `s`, `m`, `h`, `d`, and may follow one another
 * @returns whole milliseconds; `undefined` when it is no duration or is finer than a millisecond
 */
export function parseDuration(text: string): number | undefined {
  if (PLAIN.test(text)) return wholeMilliseconds(Number(text) * 1000);
  if (!WITH_UNITS.test(text)) return undefined;
  let sum = 0;
  for (const [, digits, unit] of text.matchAll(PART)) sum += Number(digits) * (UNIT_MS[unit ?? ''] ?? NaN);
  return wholeMilliseconds(sum);
}

/** Seconds as a config file has them, as whole milliseconds; `undefined` when that is finer than a millisecond. */
export function secondsToMs(seconds: number): number | undefined {
  return wholeMilliseconds(seconds * 1000);
}

/** 2.3 s is 2299.9999999999995 ms in floating point: what is that near to a whole number is meant to be one. */
function wholeMilliseconds(ms: number): number | undefined {
  const whole = Math.round(ms);
  return Number.isSafeInteger(whole) && Math.abs(ms - whole) < 1e-6 * Math.max(1, whole) ? whole : undefined;
}

/**
 * Write a duration as {@link parseDuration} reads it, in the coarsest unit that keeps it exact: `2.5s`, `15m`, `10ms`.
 *
 * @param ms - whole milliseconds
 */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm'] as const) {
    const size = UNIT_MS[unit] ?? NaN;
    if (ms >= size && ms % size === 0) return `${String(ms / size)}${unit}`;
  }
  return ms >= 1000 ? `${String(ms / 1000)}s` : ms === 0 ? '0' : `${String(ms)}ms`;
}

/**
 * Write a time that has passed, for people: `0.8 ms`, `3.2 s`, `5 min`, `2 h 10 min`, `3 d 4 h`.
 *
 * @param ms - milliseconds, whole or not
 */
export function formatElapsed(ms: number): string {
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${String(minutes)} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${String(hours)} h ${String(minutes % 60)} min`;
  return `${String(Math.floor(hours / 24))} d ${String(hours % 24)} h`;
}

/**
 * Write a latency with three digits, for tables: `0.254 ms`, `12.3 ms`, `1.23 s`; `-` for none.
 *
 * @param ms - milliseconds; NaN or `undefined` is none
 */
export function formatLatency(ms: number | undefined): string {
  if (ms === undefined || Number.isNaN(ms)) return '-';
  if (ms < 999.5) return `${threeDigits(ms)} ms`;
  return ms < 999_500 ? `${threeDigits(ms / 1000)} s` : formatElapsed(ms);
}

function threeDigits(value: number): string {
  return value.toFixed(value < 0.9995 ? 3 : value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}
