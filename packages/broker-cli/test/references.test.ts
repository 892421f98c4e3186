// SPDX-License-Identifier: Apache-2.0
// references.test - the shipped schema and the documented options are those of the code
//
// UPDATE_REFERENCES=1 npm test -- packages/broker-cli/test/references.test.ts writes them anew.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { BROKER_DEFAULTS } from '@mdp/broker';
import { OPTIONS, shownFlag } from '../src/options-table.js';
import { ROOT } from './support/cli.js';
import { schemaText, withTables } from './support/references.js';

const SCHEMA = join(ROOT, 'packages/broker-cli/config.schema.json');
const DOCUMENT = join(ROOT, 'docs/options.md');
const update = (process.env['UPDATE_REFERENCES'] ?? '') !== '';

test('config.schema.json agrees with the table of options', () => {
  if (update) writeFileSync(SCHEMA, schemaText());
  expect(readFileSync(SCHEMA, 'utf8')).toBe(schemaText());
});

test('docs/options.md agrees with the table of options', () => {
  const document = readFileSync(DOCUMENT, 'utf8').replaceAll('\r\n', '\n');
  if (update) writeFileSync(DOCUMENT, withTables(document));
  else expect(document).toBe(withTables(document));
});

test('docs/options.md has a row for every option, with flag, variable, key and name in the API', () => {
  const rows = readFileSync(DOCUMENT, 'utf8').split('\n');
  for (const row of OPTIONS) {
    const found = rows.filter((line) => line.includes(`| \`${row.env}\` `));
    expect(found).toHaveLength(1);
    for (const name of [`--${shownFlag(row)}`, row.key, row.api ?? row.key]) expect(found[0]).toContain(`\`${name}\``);
  }
  for (const name of Object.keys(BROKER_DEFAULTS)) expect(rows.join('\n')).toContain(`\`${name}\``);
});
