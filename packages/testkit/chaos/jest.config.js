// The short version of the chaos runs, on real processes: `npm run test:chaos`. They take two minutes, so `npm test` leaves them out.
import base from '../../../jest.config.js';

/** @type {import('jest').Config} */
export default {
  ...base,
  rootDir: '../../..',
  testMatch: ['<rootDir>/packages/testkit/chaos/**/*.test.ts'],
  testTimeout: 120_000,
  maxWorkers: 1,
};
