// SPDX-License-Identifier: Apache-2.0
// rolling.test - the short version of `npm run chaos` for restarts by SIGTERM under load: of workers, of the one broker, and of
// everybody with three brokers

import { keepPromises } from './short.js';

keepPromises([
  ['rolling-workers', 'mx'],
  ['rolling-workers', 'strict'],
  ['rolling-broker', 'mx'],
  ['rolling-broker', 'strict'],
  ['rolling-everything', 'auto'],
]);
