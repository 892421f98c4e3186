// SPDX-License-Identifier: Apache-2.0
// completion.test - what the shell may offer next

import { beforeAll, expect, test } from '@jest/globals';
import { SHELLS } from '../src/completion-command.js';
import { completions } from '../src/completion.js';
import { ECHO_COMMANDS, RUN_COMMAND, TOP_COMMANDS } from '../src/commands.js';

// One after the other: the test runner cannot link modules that are loaded for the first time by two at once.
beforeAll(async () => {
  await import('../src/run-command.js');
  for (const command of [RUN_COMMAND, ...ECHO_COMMANDS, ...TOP_COMMANDS]) await command.load();
});

test.each<[words: string[], offered: string[]]>([
  [[], ['echo', 'call', 'work', 'services', 'top', 'ping', 'bench', 'init', 'check-config', 'keygen', 'completion']],
  [['c'], ['call', 'check-config', 'completion']],
  [['nothing'], []],
  [
    ['echo', ''],
    ['worker', 'client'],
  ],
  [
    ['echo', 'client', '--de'],
    ['--debug', '--delay'],
  ],
  [['echo', 'nobody', '--'], []],
  [
    ['keygen', '--'],
    ['--dir', '--expires', '--help'],
  ],
  [['--max-st'], ['--max-strikes']],
  [['--no-z'], ['--no-zmtp-heartbeats']],
  // Those that only overrule a file or a variable are not shown.
  [['--zmtp'], []],
  [['--drain', '5', '--log-f'], ['--log-format']],
  [
    ['--log-level', ''],
    ['error', 'warn', 'info', 'verbose', 'debug'],
  ],
  [
    ['call', '--dialect', 'm'],
    ['majortomo', 'mdp01'],
  ],
  [
    ['call', '--dialect=mx', '--wire', ''],
    ['auto', 'rfc18', 'mx'],
  ],
  [['call', '-t', ''], []],
  [
    ['top', '--sort', 'p'],
    ['p50', 'p99'],
  ],
  [['completion', 'f'], ['fish']],
  // What stands behind is somebody else's.
  [['work', 'thumbnail', '--', '--'], []],
  [['check-config', '--curve'], ['--curve-key']],
])('%j', async (words, offered) => {
  expect(await completions(words.length === 0 ? [''] : words, {})).toEqual(offered);
});

test('without a broker there is no service to offer, and no error', async () => {
  expect(await completions(['call', '-b', 'tcp://127.0.0.1:9', ''], {})).toEqual([]);
  expect(await completions(['bench', '-b', 'nonsense', ''], {})).toEqual([]);
});

test('the shells that are offered are those that there is a script for', () => {
  expect(TOP_COMMANDS.find(({ name }) => name === 'completion')?.choices).toEqual(SHELLS);
});
