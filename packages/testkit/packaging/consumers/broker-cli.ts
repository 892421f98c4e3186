// SPDX-License-Identifier: Apache-2.0
// broker-cli - what a stranger's script does with @mdp/broker-cli beside running its command

import { equal } from 'node:assert/strict';
import { EXIT_CODES, configSchema } from '@mdp/broker-cli';

function main(): void {
  equal(EXIT_CODES.OK, 0);
  equal(typeof configSchema(), 'object');
}

main();
