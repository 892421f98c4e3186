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
  /** What it packs at its top beside the manifest, the README and the LICENSE: files, and folders with a `/`. */
  readonly contents: readonly string[];
}

/** The published packages, each after those that it depends on. */
export const PUBLISHED: readonly PublishedPackage[] = [
  {
    name: '@mdp/protocol',
    folder: 'protocol',
    dependencies: [],
    entryPoints: ['.', './internal'],
    contents: ['dist/', 'src/', 'vectors/'],
  },
  {
    name: '@mdp/broker',
    folder: 'broker',
    dependencies: ['@mdp/protocol', 'zeromq'],
    entryPoints: ['.'],
    contents: ['dist/', 'src/'],
  },
  {
    name: '@mdp/client',
    folder: 'client',
    dependencies: ['@mdp/protocol', 'zeromq'],
    entryPoints: ['.', './mock'],
    contents: ['dist/', 'src/'],
  },
  {
    name: '@mdp/worker',
    folder: 'worker',
    dependencies: ['@mdp/protocol', 'zeromq'],
    entryPoints: ['.'],
    contents: ['dist/', 'src/'],
  },
  {
    name: '@mdp/broker-cli',
    folder: 'broker-cli',
    dependencies: [
      ...['@mdp/broker', '@mdp/client', '@mdp/protocol', '@mdp/worker'],
      ...['prom-client', 'winston', 'yaml', 'yargs', 'zeromq'],
    ],
    entryPoints: ['.'],
    contents: ['bin/', 'config.schema.json', 'dist/', 'page/', 'src/'],
  },
];
