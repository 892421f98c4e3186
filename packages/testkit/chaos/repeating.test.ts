// SPDX-License-Identifier: Apache-2.0
// repeating.test - the short version of `npm run chaos` for workers that are given the same requests again, and remember them

import { keepPromises } from './short.js';

keepPromises([['deduplicate', 'mx']]);
