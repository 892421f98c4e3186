// SPDX-License-Identifier: Apache-2.0
// report - what the processes share: their settings, one JSON object a line out and in, and an end when the test ends
import { createInterface } from 'node:readline';

/** The one argument of a process: a JSON object. */
export const settings = JSON.parse(process.argv[2]);

/** Report what happened. */
export function say(event, facts = {}) {
  process.stdout.write(`${JSON.stringify({ event, ...facts })}\n`);
}

/** Take orders until the test closes our standard input; that ends the process, whatever else runs. */
export function takeOrders(orders = {}) {
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      const { order, ...facts } = JSON.parse(line);
      orders[order](facts);
    })
    .on('close', () => process.exit(0));
}
