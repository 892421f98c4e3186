// The faults with real processes: `npm run test:faults`. They need SIGSTOP and some time, so `npm test` leaves them out. Most of that
// time they wait, so more of them run at once than there are processors.
import base from '../../../jest.config.js';

/** @type {import('jest').Config} */
export default {
  ...base,
  rootDir: '../../..',
  testMatch: ['<rootDir>/packages/testkit/faults/**/*.test.ts'],
  testTimeout: 120_000,
  maxWorkers: 3,
};
