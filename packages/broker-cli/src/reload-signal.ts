// SPDX-License-Identifier: Apache-2.0
// reload-signal - SIGHUP asks to read the lists of allowed keys and the token of the admin interface again, and ends nothing

/**
 * Run something while SIGHUP asks for a reload. Without a listener it would end the process, also where there is nothing to
 * read again: whoever tells all brokers of a machine must not end some of them.
 *
 * @param reload - is called for each signal
 * @returns what the work returned; the signal is left alone then
 */
export async function withReload<T>(reload: () => void, work: () => Promise<T>): Promise<T> {
  process.on('SIGHUP', reload);
  try {
    return await work();
  } finally {
    process.off('SIGHUP', reload);
  }
}
