// SPDX-License-Identifier: Apache-2.0
// network.test - the short version of `npm run chaos -- --only network`: links of workers, clients
// and brokers are broken, brokers come and go behind a name, and the machine of a client vanishes

import { keepPromisesOnHosts } from './short.js';

keepPromisesOnHosts([
  ['links-of-workers', 'strict'],
  ['links-of-clients', 'mx'],
  ['links-of-one-of-three', 'mx'],
  ['behind-a-name', 'mx'],
  ['client-machine-vanishes', 'mx'],
]);
