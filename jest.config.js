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
  testTimeout: 20_000,
  maxWorkers: 2,
};
