// SPDX-License-Identifier: Apache-2.0
// counted - a number and the word for what is counted, as people say it

/**
 * `1 request`, `1,234 requests`.
 *
 * @param noun - in the singular; its plural has an `s`
 */
export function counted(n: number, noun: string): string {
  return `${n.toLocaleString('en-US')} ${noun}${n === 1 ? '' : 's'}`;
}
