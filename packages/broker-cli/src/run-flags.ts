// SPDX-License-Identifier: Apache-2.0
// run-flags - the flags that run the broker, made from the table of options, and what they say

import { readRowText } from './environment.js';
import { UsageError } from './exit-codes.js';
import type { FlagSpec, FlagValues } from './flags.js';
import type { LogLevel } from './log-levels.js';
import type { OptionRow } from './options-table.js';
import { OPTIONS, shownFlag } from './options-table.js';
import type { Given, Source } from './settings.js';
import { allowedBy, isScalar } from './value-kinds.js';

const PROCESS = 'Process';

function flagsOf(row: OptionRow): FlagSpec[] {
  const base = { group: row.group, ...(row.letter === undefined ? {} : { letter: row.letter }) };
  if (row.rule.kind !== 'boolean') {
    const repeatable = !isScalar(row.rule) && row.rule.kind !== 'path';
    const allowed = isScalar(row.rule) ? allowedBy(row.rule) : (row.rangeText ?? '');
    const choices = 'choices' in row.rule ? { choices: row.rule.choices } : {};
    return [{ name: row.flag, help: row.help, allowed, ...choices, defaultText: row.defaultText, repeatable, ...base }];
  }
  // Both ways exist, to overrule a file or a variable; help shows the one that changes the default.
  const shown = shownFlag(row);
  const other = shown === row.flag ? `no-${row.flag}` : row.flag;
  const help = shown === row.flag ? row.help : `Do not ${row.help.charAt(0).toLowerCase()}${row.help.slice(1)}`;
  return [
    { name: shown, help, takesValue: false, ...base },
    { name: other, help: row.help, takesValue: false, hidden: true, group: row.group },
  ];
}

/** The flags of `mdp-broker` without a subcommand. */
export const RUN_FLAGS: readonly FlagSpec[] = [
  ...OPTIONS.flatMap(flagsOf),
  {
    name: 'config',
    letter: 'c',
    help: 'Read options from a YAML or JSON file',
    allowed: 'the path of a YAML or JSON file',
    group: PROCESS,
  },
  { name: 'verbose', letter: 'V', help: 'Log more: --log-level verbose', takesValue: false, group: PROCESS },
  { name: 'debug', letter: 'D', help: 'Log most: --log-level debug', takesValue: false, group: PROCESS },
];

/**
 * Read the flags of all options.
 *
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT`, {@link UsageError} when two flags contradict each other
 */
export function readRunFlags(values: FlagValues): Source {
  const source = new Map<string, Given>();
  for (const row of OPTIONS) {
    const given = row.rule.kind === 'boolean' ? readSwitch(row, values) : readValue(row, values);
    if (given !== undefined) source.set(row.key, given);
  }
  const level = shorthandLevel(values);
  if (level !== undefined) {
    const said = values.get('log-level')?.at(-1) ?? level.value;
    if (said !== level.value) throw new UsageError(`${level.name} and --log-level ${said} contradict each other`);
    source.set('log.level', level);
  }
  return source;
}

function readValue(row: OptionRow, values: FlagValues): Given | undefined {
  const texts = values.get(row.flag);
  const last = texts?.at(-1);
  if (texts === undefined || last === undefined) return undefined;
  const name = `--${row.flag}`;
  return { name, value: readRowText(row, name, texts, last) };
}

function readSwitch(row: OptionRow, values: FlagValues): Given | undefined {
  const on = values.has(row.flag);
  const off = values.has(`no-${row.flag}`);
  if (on && off) throw new UsageError(`--${row.flag} and --no-${row.flag} contradict each other`);
  if (!on && !off) return undefined;
  return { name: on ? `--${row.flag}` : `--no-${row.flag}`, value: on };
}

/** As in Majortomo, debug beats verbose. */
function shorthandLevel(values: FlagValues): (Given & { readonly value: LogLevel }) | undefined {
  if (values.has('debug')) return { name: '--debug', value: 'debug' };
  if (values.has('verbose')) return { name: '--verbose', value: 'verbose' };
  return undefined;
}
