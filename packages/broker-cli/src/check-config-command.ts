// SPDX-License-Identifier: Apache-2.0
// check-config-command - says whether a broker would take its options, which they are, and where each comes from

import type { EndpointOptions, ServiceOptions } from '@mdp/broker';
import { Broker } from '@mdp/broker';
import { readToken } from './admin-token.js';
import { UsageError } from './exit-codes.js';
import type { ExitCode } from './exit-codes.js';
import { EXIT_CODES } from './exit-codes.js';
import type { FlagValues } from './flags.js';
import type { OptionRow } from './options-table.js';
import { OPTIONS } from './options-table.js';
import { printable, quoted } from './printable.js';
import { asTyped, readPublicKey, readSources } from './run-command.js';
import { SERVICE_OPTIONS } from './service-values.js';
import type { ServiceSettings } from './service-values.js';
import type { Given, Source } from './settings.js';
import { mergeSources, resolveSettings } from './settings.js';
import { textTable } from './text-table.js';
import type { Scalar } from './value-kinds.js';
import { isScalar, showValue } from './value-kinds.js';
import { unknownVariables } from './environment.js';
import type { Environment } from './variables.js';

/**
 * Run `mdp-broker check-config`: everything is read as a broker reads it, with the files of keys, but nothing is listened to.
 *
 * @param words - the config file; none is that of `--config` or `MDP_CONFIG`
 * @returns 0 when a broker would take it
 * @throws {@link UsageError}, {@link ArgumentError} `MDP_INVALID_ARGUMENT` for what is wrong
 */
export async function runCheckConfig(flags: FlagValues, env: Environment, words: readonly string[]): Promise<ExitCode> {
  const sources = await readSources(withFile(flags, words), env);
  const settings = resolveSettings(...sources);
  readPublicKey(settings);
  if (settings.admin !== undefined) readToken(settings.admin);
  try {
    // It reads the lists of keys; only when it is started it opens something.
    for (const endpoints of settings.threads ?? [settings.broker.endpoints]) {
      new Broker({ ...settings.broker, ...(endpoints === undefined ? {} : { endpoints }) });
    }
  } catch (error) {
    throw asTyped(error, settings);
  }
  for (const warning of unknownVariables(env)) process.stderr.write(`mdp-broker: ${warning}\n`);
  process.stdout.write(report(mergeSources(sources)));
  return EXIT_CODES.OK;
}

function withFile(flags: FlagValues, words: readonly string[]): FlagValues {
  const [file, more] = words;
  if (file === undefined) return flags;
  if (more !== undefined) throw new UsageError(`unexpected argument ${quoted(more)}: check-config takes one FILE`);
  if (flags.has('config')) throw new UsageError('check-config: allowed is FILE or --config, not both');
  return new Map([...flags, ['config', [file]]]);
}

function report(given: Source): string {
  const rows = OPTIONS.flatMap((row) => {
    const item = given.get(row.key);
    return item === undefined ? [] : [[row.key, printable(shown(row, item.value)), printable(item.name)]];
  });
  if (rows.length === 0) return 'all is right; every option has its default\n';
  return `all is right; these differ from the defaults, or say the same:\n\n${textTable(['OPTION', 'VALUE', 'FROM'], rows, new Set())}`;
}

function shown(row: OptionRow, value: Given['value']): string {
  const { rule } = row;
  if (isScalar(rule)) return showValue(rule, value as Scalar);
  switch (rule.kind) {
    case 'endpoints':
      return (value as readonly EndpointOptions[]).map(({ endpoint }) => endpoint).join(' ');
    case 'services':
      return [...(value as ServiceSettings)].map(([name, options]) => `${name}: ${showService(options)}`).join('; ');
    default:
      return [value as string | readonly string[]].flat().join(' ');
  }
}

function showService(options: ServiceOptions): string {
  return SERVICE_OPTIONS.flatMap(({ key, api, rule }) => {
    const value = options[api];
    return value === undefined ? [] : [`${key} ${showValue(rule, value)}`];
  }).join(', ');
}
