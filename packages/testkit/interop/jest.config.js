// The suite against the real Majortomo: `npm run test:interop`. It needs Python, so `npm test` leaves it out.
import base from '../../../jest.config.js';

/** @type {import('jest').Config} */
export default {
  ...base,
  rootDir: '../../..',
  testMatch: ['<rootDir>/packages/testkit/interop/**/*.test.ts'],
  testTimeout: 120_000,
  maxWorkers: 1,
};
