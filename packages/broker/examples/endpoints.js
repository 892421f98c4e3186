// SPDX-License-Identifier: Apache-2.0
// endpoints - one for clients, one for workers, one for both within this process

import { Broker } from '@mdp/broker';

// #region endpoints
const broker = new Broker({
  endpoints: [
    { endpoint: 'tcp://127.0.0.1:*', role: 'client' },
    { endpoint: 'tcp://127.0.0.1:*', role: 'worker' },
    'inproc://services', // for both, within this process
  ],
});
// #endregion

await broker.start();
console.log('listening on', broker.endpoints);
await broker.stop();
