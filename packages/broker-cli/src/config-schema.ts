// SPDX-License-Identifier: Apache-2.0
// config-schema - the JSON schema of config files, made from the table of options

import { endpointsSchema } from './endpoint-values.js';
import type { OptionRow } from './options-table.js';
import { OPTIONS } from './options-table.js';
import { pathSchema, pathsSchema } from './path-values.js';
import { servicesSchema } from './service-values.js';
import type { JsonSchema } from './value-kinds.js';
import { schemaOf } from './value-kinds.js';

/** The schema (draft-07) that the package ships as `config.schema.json`. */
export function configSchema(): JsonSchema {
  const top: Record<string, unknown> = { $schema: { type: 'string' } };
  const nested: Record<string, Record<string, unknown>> = {};
  for (const row of OPTIONS) {
    const [outer = row.key, inner] = row.key.split('.');
    const schema = { description: `${row.help}. Default: ${row.defaultText}.`, ...rowSchema(row) };
    if (inner === undefined) top[outer] = schema;
    else (nested[outer] ??= {})[inner] = schema;
  }
  for (const [key, properties] of Object.entries(nested)) {
    top[key] = { type: ['object', 'null'], properties, additionalProperties: false };
  }
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'mdp-broker configuration',
    description: 'Plain numbers are seconds where a duration is meant, and bytes where a size is.',
    type: ['object', 'null'],
    properties: top,
    additionalProperties: false,
  };
}

function rowSchema(row: OptionRow): JsonSchema {
  const { rule } = row;
  if (rule.kind === 'endpoints') return endpointsSchema();
  if (rule.kind === 'services') return servicesSchema();
  if (rule.kind === 'path') return pathSchema();
  if (rule.kind === 'paths') return pathsSchema();
  return schemaOf(rule);
}
