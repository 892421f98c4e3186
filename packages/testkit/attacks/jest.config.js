// The attacks on real processes: `npm run test:attacks`. They need some time and the whole machine, so `npm test` leaves them out.
import base from '../../../jest.config.js';

/** @type {import('jest').Config} */
export default {
  ...base,
  rootDir: '../../..',
  testMatch: ['<rootDir>/packages/testkit/attacks/**/*.test.ts'],
  testTimeout: 120_000,
  maxWorkers: 1,
};
