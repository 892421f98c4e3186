// SPDX-License-Identifier: Apache-2.0
// report - replies in parts: rows that leave as soon as they are known, and a stream that has no end but its reader's

import { Broker } from '@mdp/broker';
import { Client, text } from '@mdp/client';
import { Worker } from '@mdp/worker';

const SALES = { January: [120, 80, 41], February: [99, 3], March: [250] };

const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
await broker.start();
const [endpoint] = broker.endpoints;

// #region worker
// MX is set here and not left to be found out, because only there a worker hears that its reader has gone.
const worker = new Worker(
  endpoint,
  {
    report: async function* ({ body: [year] }) {
      let total = 0;
      for (const [month, amounts] of Object.entries(SALES)) {
        const sum = amounts.reduce((a, b) => a + b, 0);
        total += sum;
        yield [`${month} ${text(year)}`, String(sum)]; // a PARTIAL of two frames: it leaves now
      }
      return ['total', String(total)]; // the FINAL
    },
    log: async function* () {
      try {
        for (let n = 1; ; n++) yield `line ${n}`; // waits here while the reader is behind
      } finally {
        console.log('the log is closed'); // the place for what the stream holds open: a file, a query
      }
    },
  },
  { wire: 'mx' },
);
// #endregion
await worker.start();

// #region client
const client = new Client(endpoint, { wire: 'mx', timeoutMs: 0, idleTimeoutMs: 30_000 }); // a bound for each part, not for all

for await (const [name, sum] of client.request('report', '2026')) {
  console.log(text(name).padEnd(14), text(sum).padStart(4));
}

for await (const [line] of client.request('log', '')) {
  console.log(text(line));
  if (text(line) === 'line 3') break; // gives the request up: the worker's generator is ended
}
// #endregion

await client.close();
await worker.stop();
await broker.stop();
