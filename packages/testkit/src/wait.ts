// SPDX-License-Identifier: Apache-2.0
// wait - waiting for a condition, with a deadline, and never for a time

/**
 * How long anything may take that a test waits for, in milliseconds. It costs nothing when all is well, and a machine with other
 * things to do takes seconds to start a process.
 */
export const DEADLINE_MS = 30_000;

/**
 * Wait until a condition holds.
 *
 * @param what - what is waited for, for the error
 * @param condition - asked again and again; a truthy answer ends the wait and is returned
 * @param timeoutMs - after so long without it the wait fails. Default: {@link DEADLINE_MS}
 * @throws Error that names what did not come true
 */
export async function waitUntil<T>(
  what: string,
  condition: () => T | Promise<T>,
  timeoutMs = DEADLINE_MS,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await condition();
    if (answer) return answer;
    if (performance.now() > deadline) throw new Error(`waited ${String(timeoutMs)} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
