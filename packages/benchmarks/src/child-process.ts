// SPDX-License-Identifier: Apache-2.0
// child-process - what every process of this package does besides its work: report, and end when the harness has ended

import type { ChildMessage, HarnessMessage, Usage } from './children.js';

/** What this process has used so far. */
export function usageNow(): Usage {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return { cpuUs: user + system, rssBytes: rss, heapBytes: heapUsed };
}

/**
 * Send a message to the harness.
 *
 * @throws Error when this process was not started by it
 */
export function report(message: ChildMessage): void {
  if (process.send === undefined) throw new Error('this process only runs under the benchmark harness');
  process.send(message);
}

/** Answer the harness when it asks for the usage, and end when it is gone. */
export function serveHarness(): void {
  process.on('message', ({ type }: HarnessMessage) => {
    if (type === 'usage') report({ type: 'usage', usage: usageNow() });
  });
  process.once('disconnect', () => {
    process.exit(0);
  });
}

/**
 * One argument of this process that must be there.
 *
 * @param index - 0 is the first after the script
 */
export function argument(index: number): string {
  const value = process.argv[2 + index];
  if (value === undefined) throw new Error(`argument ${String(index)} is missing`);
  return value;
}
