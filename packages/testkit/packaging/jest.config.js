// The test of the packed packages: `npm run test:packages`. It installs from the registry, so `npm test` leaves it out.
import base from '../../../jest.config.js';

/** @type {import('jest').Config} */
export default {
  ...base,
  rootDir: '../../..',
  testMatch: ['<rootDir>/packages/testkit/packaging/**/*.test.ts'],
  testTimeout: 180_000,
  maxWorkers: 1,
};
