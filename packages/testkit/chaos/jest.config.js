// The short version of the chaos runs, on real processes: `npm run test:chaos`. They take more than a minute, so `npm test` leaves them out.
import base from '../../../jest.config.js';

/** @type {import('jest').Config} */
export default {
  ...base,
  rootDir: '../../..',
  testMatch: ['<rootDir>/packages/testkit/chaos/**/*.test.ts'],
  // A run takes 10 to 30 seconds; on a machine with other things to do many times that, and the wait for each step has a limit of its own.
  testTimeout: 300_000,
  // It is mostly waiting.
  maxWorkers: 2,
};
