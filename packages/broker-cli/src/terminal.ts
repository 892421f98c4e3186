// SPDX-License-Identifier: Apache-2.0
// terminal - what a stream can show

/** Whether a stream gets colours: only a terminal, and not where NO_COLOR asks for none (no-color.org). */
export function useColour(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';
}
