// Tests run against the sources (swc strips the types); what they spawn as processes runs the build in dist.
const packages = 'protocol|broker|client|worker|broker-cli|testkit|benchmarks';

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/packages/*/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  moduleNameMapper: {
    [`^@mdp/(${packages})$`]: '<rootDir>/packages/$1/src/index.ts',
    [`^@mdp/(${packages})/([a-z-]+)$`]: '<rootDir>/packages/$1/src/$2.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  // More than what a test waits for has (DEADLINE_MS of the testkit), so that it is said what did not come true.
  testTimeout: 90_000,
  // Many tests wait for sockets and processes: more of them at once than two processors could compute.
  maxWorkers: 3,
};
