// SPDX-License-Identifier: Apache-2.0
// expiry - when a key is no longer good, as key files and allow-lists say it

const DAY_MS = 86_400_000;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?Z$/;

/** What {@link parseExpiry} takes, for error messages. */
export const EXPIRY_FORM = 'a date such as 2027-01-31, or a time such as 2027-01-31T18:00Z';

/**
 * When a key expires: after the last moment of a date (UTC), or at a time of UTC such as `2027-01-31T18:00Z`.
 *
 * @returns milliseconds since 1970, or `undefined` when it is neither
 */
export function parseExpiry(text: string): number | undefined {
  const isDate = DATE.test(text);
  if (!isDate && !DATE_TIME.test(text)) return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) return undefined;
  // 2027-02-30 would be taken for another day.
  if (new Date(at).toISOString().slice(0, 10) !== text.slice(0, 10)) return undefined;
  return isDate ? at + DAY_MS : at;
}
