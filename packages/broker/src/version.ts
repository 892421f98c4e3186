// SPDX-License-Identifier: Apache-2.0
// version - the version of this package, from its manifest

import { createRequire } from 'node:module';

/** The version of `@mdp/broker`. */
export const VERSION = (createRequire(import.meta.url)('../package.json') as { version: string }).version;
