// SPDX-License-Identifier: Apache-2.0
// references - what is made from tables of the code: the JSON schema, and tables of docs/options.md and docs/operations.md

import { METRICS } from '../../src/metric-table.js';
import { configSchema } from '../../src/config-schema.js';
import { OPTIONS, OPTION_GROUPS, shownFlag } from '../../src/options-table.js';
import type { OptionRow } from '../../src/options-table.js';
import { SERVICE_OPTIONS } from '../../src/service-values.js';
import type { ValueRule } from '../../src/value-kinds.js';
import { isScalar, rangeOf } from '../../src/value-kinds.js';

/** The text of `config.schema.json`. */
export function schemaText(): string {
  // Short lists on one line, as prettier has them.
  return `${JSON.stringify(configSchema(), null, 2).replaceAll(/\[\s+([^[\]{}]*?)\s+\]/g, (_, items: string) => `[${items.replaceAll(/\s+/g, ' ')}]`)}\n`;
}

const code = (text: string): string => `\`${text}\``;

/** A Markdown table with aligned columns. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [header, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = header.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[], fill: string): string =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0, fill)).join(' | ')} |`;
  const [head = [], ...body] = cells;
  return [
    line(head, ' '),
    line(
      widths.map(() => ''),
      '-',
    ),
    ...body.map((row) => line(row, ' ')),
  ].join('\n');
}

function range(rule: ValueRule): string {
  return rangeOf(rule).split(' to ').map(readable).join(' to ');
}

/** `10000000` is easily misread. */
function readable(text: string): string {
  return /^\d+$/.test(text) ? Number(text).toLocaleString('en-US') : text;
}

function flag(row: OptionRow): string {
  const long = code(`--${shownFlag(row)}`);
  return row.letter === undefined ? long : `${code(`-${row.letter}`)}, ${long}`;
}

function optionCells(row: OptionRow): string[] {
  const { rule, rangeText } = row;
  return [
    flag(row),
    code(row.env),
    code(row.key),
    row.api === undefined ? '' : code(row.api),
    readable(row.defaultText),
    rangeText ?? (isScalar(rule) ? range(rule) : ''),
    row.help,
  ];
}

/** The tables of options, one for each group, and the one of services. */
export function optionTables(): string {
  const header = ['Flag', 'Variable', 'Key in the file', '`new Broker()`', 'Default', 'Allowed', 'Meaning'];
  const groups = OPTION_GROUPS.map((group) => {
    const rows = OPTIONS.filter((row) => row.group === group).map(optionCells);
    return `## ${group}\n\n${table(header, rows)}\n`;
  });
  const services = SERVICE_OPTIONS.map((row) => [
    code(row.flag),
    code(row.key),
    code(row.api),
    range(row.rule),
    row.help,
  ]);
  const serviceTable = table(['In `--service`', 'Key in the file', '`services: {}`', 'Allowed', 'Meaning'], services);
  return `${groups.join('\n')}\n## Options of a service\n\n${serviceTable}\n`;
}

const BEGIN = '<!-- options: made from the table in packages/broker-cli/src/options-table.ts -->';
const END = '<!-- end of options -->';

/** Put a text into a document, between two marks. */
function between(beginMark: string, endMark: string, document: string, text: string): string {
  const begin = document.indexOf(beginMark);
  const end = document.indexOf(endMark);
  if (begin < 0 || end < begin) throw new Error(`there are no marks "${beginMark}" and "${endMark}"`);
  return `${document.slice(0, begin + beginMark.length)}\n\n${text}\n${document.slice(end)}`;
}

/** Put the tables into the document, between its two marks. */
export function withTables(document: string): string {
  return between(BEGIN, END, document, optionTables());
}

const METRICS_BEGIN = '<!-- metrics: made from the table in packages/broker-cli/src/metric-table.ts -->';
const METRICS_END = '<!-- end of metrics -->';

/** Put the table of metrics into the document, between its two marks. */
export function withMetrics(document: string): string {
  const rows = METRICS.map(({ name, type, labels, help }) => [code(name), type, labels.map(code).join(', '), help]);
  return between(METRICS_BEGIN, METRICS_END, document, `${table(['Metric', 'Type', 'Labels', 'Meaning'], rows)}\n`);
}
