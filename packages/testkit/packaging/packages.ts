// SPDX-License-Identifier: Apache-2.0
// packages - what each published package is allowed to be

/** One published package and what is allowed of it. */
export interface PublishedPackage {
  readonly name: string;
  /** Its folder in `packages`. */
  readonly folder: string;
  /** Its run-time dependencies, all of them, in order. */
  readonly dependencies: readonly string[];
  /** What `import` may be asked for. */
  readonly entryPoints: readonly string[];
  /** Whether it stays clear of Node.js, so that a browser can run it. */
  readonly browser: boolean;
}

/** The published packages, each after those that it depends on. */
export const PUBLISHED: readonly PublishedPackage[] = [
  {
    name: '@mdp/protocol',
    folder: 'protocol',
    dependencies: [],
    entryPoints: ['.', './internal'],
    browser: true,
  },
  {
    name: '@mdp/broker',
    folder: 'broker',
    dependencies: ['@mdp/protocol', 'zeromq'],
    entryPoints: ['.'],
    browser: false,
  },
  {
    name: '@mdp/client',
    folder: 'client',
    dependencies: ['@mdp/protocol', 'zeromq'],
    entryPoints: ['.', './mock'],
    browser: false,
  },
  {
    name: '@mdp/worker',
    folder: 'worker',
    dependencies: ['@mdp/protocol', 'zeromq'],
    entryPoints: ['.'],
    browser: false,
  },
  {
    name: '@mdp/broker-cli',
    folder: 'broker-cli',
    dependencies: ['@mdp/broker', '@mdp/client', '@mdp/protocol', '@mdp/worker', 'winston', 'yaml', 'yargs'],
    entryPoints: ['.'],
    browser: false,
  },
];
