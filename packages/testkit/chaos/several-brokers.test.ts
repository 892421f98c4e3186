// SPDX-License-Identifier: Apache-2.0
// several-brokers.test - the short version of `npm run chaos -- --only brokers`: one of three brokers is broken at a time

import { keepPromises } from './short.js';

keepPromises([
  ['one-of-three', 'auto'],
  ['one-of-three-once', 'strict'],
]);
