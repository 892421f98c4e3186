// SPDX-License-Identifier: Apache-2.0
// config-template - a config file in which every option stands, explained and commented out

import { OPTIONS, OPTION_GROUPS } from './options-table.js';
import type { OptionRow } from './options-table.js';
import { isScalar, rangeOf } from './value-kinds.js';

const HEAD = `# The options of mdp-broker. What is commented out is the default, or an example where the default is none.
# A flag overrules a variable (MDP_...), a variable overrules this file. Check it: mdp-broker check-config FILE
# Times are in seconds (2.5), or have a unit (2500ms, 15m, 1h30m); sizes are in bytes, or have one (64k, 16MiB).
`;

const WIDTH = 110;

/** The text of the file: YAML that says nothing until something is uncommented. */
export function configTemplate(): string {
  const groups = OPTION_GROUPS.map((group) => {
    const rows = OPTIONS.filter((row) => row.group === group);
    return `\n# --- ${group}\n\n${rows.map((row, i) => entry(row, rows[i - 1])).join('\n')}`;
  });
  return `${HEAD}${groups.join('')}`;
}

function entry(row: OptionRow, before: OptionRow | undefined): string {
  const [outer = '', inner] = row.key.split('.');
  const comment = wrapped(
    `${row.help}. Allowed: ${row.rangeText ?? (isScalar(row.rule) ? rangeOf(row.rule) : '')}`,
  ).map((line) => `# ${line}\n`);
  const value = row.exampleText ?? row.defaultText;
  if (inner === undefined) return `${comment.join('')}#${outer}: ${value}\n`;
  // What is below a key stands under it once; the key alone says nothing.
  const head = before?.key.startsWith(`${outer}.`) === true ? '' : `${outer}:\n`;
  return `${head}${comment.map((line) => `  ${line}`).join('')}  #${inner}: ${value}\n`;
}

function wrapped(text: string): string[] {
  const lines = [''];
  for (const word of text.trim().split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + word.length >= WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
