// SPDX-License-Identifier: Apache-2.0
// reader - a client that reads one stream, and stops reading while it is told to
import { Client } from '@mdp/client';
import { say, settings, takeOrders } from './report.mjs';

const client = new Client(settings.endpoint, settings.options ?? {});
let goOn;
const told = new Promise((resolve) => {
  goOn = resolve;
});
takeOrders({ goOn: () => goOn() });

const numbers = [];
let outcome = 'end';
let status;
try {
  for await (const part of client.request(settings.service, settings.body)) {
    const [number, id] = part.map((frame) => Buffer.from(frame).toString());
    numbers.push(number);
    if (numbers.length === 1) {
      say('reading', { id });
      await told;
    }
  }
} catch (error) {
  outcome = error.code;
  status = error.status;
}
say('read', { numbers, outcome, status });
await client.close();
process.stdin.destroy();
