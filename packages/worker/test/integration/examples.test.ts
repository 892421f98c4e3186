// SPDX-License-Identifier: Apache-2.0
// examples.test - the examples of the guide print what a reader expects

import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { runExample } from '@mdp/testkit';

const EXAMPLES: [string, string[]][] = [
  ['hello', ['hello, world']],
  ['stream', ['January 2026 ...', 'February 2026 ...', 'that is all']],
  ['errors', ['4', 'half failed after not a number', '400 not a number', 'half failed after odd', '500 odd']],
  ['signal', ['given up: MDP_CLOSED']],
  ['brokers', ['connections: 2', 'HELLO', 'HELLO']],
  ['curve', ['refused: this key is not allowed (curve)', 'registered by mx']],
  ['services', ["[ 'upper', 'lower' ]", 'HELLO', 'hello']],
  ['pull', ['1', '2', '3', 'MDP_REMOTE 400 not a number']],
  ['watch', ["{ phase: 'running', registered: 1, busy: 0 }", 'replies: 1 of them errors: 0']],
  ['options', ['1']],
  [
    'payloads.ts',
    [
      '200',
      'January 2026',
      'February 2026',
      '2',
      'MDP_INVALID_ARGUMENT Do not know how to serialize a BigInt',
      'MDP_REMOTE 400',
    ],
  ],
  ['pull-values.ts', ['January 2026', 'February 2026', '{ lines: 2 }', 'MDP_REMOTE 400']],
  ['schemas.ts', ['ada-1 1000 true', 'false', '400']],
  ['once', ['receipt 1: order 17', 'receipt 2: order 18']],
];

describe('an example', () => {
  test.each(EXAMPLES)('%s', async (name, lines) => {
    const output = await runExample(
      join(import.meta.dirname, '..', '..', 'examples', name.includes('.') ? name : `${name}.mjs`),
    );
    for (const line of lines) expect(output.split('\n')).toContain(line);
  });
});
