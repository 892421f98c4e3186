// SPDX-License-Identifier: Apache-2.0
// format - numbers and times in few characters

/** What stands for nothing known. */
export const UNKNOWN = '–';

/** Durations beyond this are told as more, in milliseconds: it is the last bound that the broker counts by. */
const LONGEST_MS = 65_536;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function scaled(value: number, step: number, units: readonly string[]): string {
  let rest = value;
  let unit = 0;
  while (rest >= step * 0.9995 && unit < units.length - 1) {
    rest /= step;
    unit += 1;
  }
  return `${rest.toFixed(unit > 0 && rest < 9.95 ? 1 : 0)}${units[unit] ?? ''}`;
}

/** How many: `0`, `1,234`, `123k`. */
export function amount(count: number): string {
  return count < 100_000 ? Math.round(count).toLocaleString('en-US') : scaled(count, 1_000, ['', 'k', 'M', 'G', 'T']);
}

/** How many a second: `0`, `0.3`, `1,234`. */
export function rate(value: number | null): string {
  if (value === null) return UNKNOWN;
  if (value === 0) return '0';
  return value < 9.95 ? Math.max(0.1, value).toFixed(1) : amount(value);
}

/** How many bytes: `0 B`, `512 B`, `1.2 KiB`. */
export function bytes(count: number): string {
  return scaled(count, 1_024, [' B', ' KiB', ' MiB', ' GiB', ' TiB']);
}

/** A duration: `0.12 ms`, `1.5 ms`, `123 ms`, `1.2 s`, `5 min`. */
export function duration(ms: number | null): string {
  if (ms === null) return UNKNOWN;
  if (ms === 0) return '0';
  if (ms < 0.995) return `${Math.max(0.01, ms).toFixed(2)} ms`;
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${ms.toFixed(0)} ms`;
  if (ms < 9_950) return `${(ms / SECOND).toFixed(1)} s`;
  return age(ms);
}

/** A duration that the broker counts in buckets, of which the last has no end. */
export function latency(ms: number | null): string {
  return ms !== null && ms > LONGEST_MS ? '> 65 s' : duration(ms);
}

/** How long something has been there, in its two greatest units: `12 s`, `5 min`, `3 h 20 min`, `2 d 4 h`. */
export function age(ms: number): string {
  if (ms < 99_500) return `${Math.floor(ms / SECOND).toFixed(0)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE).toFixed(0)} min`;
  const [big, small, units] = ms < DAY ? [HOUR, MINUTE, ['h', 'min']] : [DAY, HOUR, ['d', 'h']];
  const rest = Math.floor((ms % big) / small);
  return `${Math.floor(ms / big).toFixed(0)} ${units[0] ?? ''}${rest === 0 ? '' : ` ${rest.toFixed(0)} ${units[1] ?? ''}`}`;
}

/** The time of day. */
export function clock(date: number): string {
  return new Date(date).toLocaleTimeString('en-GB');
}

/** The time of day, with the date when it was on another day. */
export function moment(date: number, now: number): string {
  const day = (time: number): string => new Date(time).toLocaleDateString('en-CA');
  return day(date) === day(now) ? clock(date) : `${day(date)} ${clock(date)}`;
}

/** Words out of a name of the program: `unknownKey` is `unknown key`. */
export function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
