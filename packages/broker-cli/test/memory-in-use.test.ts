// SPDX-License-Identifier: Apache-2.0
// memory-in-use.test - the memory of the process, also when no file can be opened

import { afterEach, expect, jest, test } from '@jest/globals';
import { memoryInUse } from '../src/memory-in-use.js';

afterEach(() => {
  jest.restoreAllMocks();
});

test('what Node.js tells, and when it cannot, what it told last', () => {
  const told = { rss: 3, heapTotal: 2, heapUsed: 1, external: 4, arrayBuffers: 0 };
  const usage = jest.spyOn(process, 'memoryUsage').mockReturnValue(told);
  expect(memoryInUse()).toEqual({ rss: 3, heapUsed: 1, external: 4 });
  usage.mockImplementation(() => {
    throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
  });
  expect(memoryInUse()).toEqual({ rss: 3, heapUsed: 1, external: 4 });
});
