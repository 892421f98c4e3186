// SPDX-License-Identifier: Apache-2.0
// endpoints - one for clients, one for workers, one for both within the same machine

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Broker } from '@mdp/broker';

const socketPath = join(tmpdir(), `mdp-example-${process.pid}`);

// #region endpoints
const broker = new Broker({
  endpoints: [
    { endpoint: 'tcp://127.0.0.1:*', role: 'client' },
    { endpoint: 'tcp://127.0.0.1:*', role: 'worker' },
    `ipc://${socketPath}`, // for both
  ],
});
// #endregion

await broker.start();
console.log('listening on', broker.endpoints);
await broker.stop();
