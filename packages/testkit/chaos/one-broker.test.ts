// SPDX-License-Identifier: Apache-2.0
// one-broker.test - the short version of `npm run chaos -- --only faults`: each fault of each role on one of the wires

import { keepPromises } from './short.js';

keepPromises([
  ['workers', 'mx'],
  ['workers-once', 'strict'],
  ['broker', 'strict'],
  ['broker-once', 'mx'],
  ['clients', 'strict'],
  ['client-vanishes', 'mx'],
]);
