// SPDX-License-Identifier: Apache-2.0
// endpoint-values - where to listen, as flags, the environment and config files say it

import type { EndpointOptions, Role } from '@mdp/broker';
import { ArgumentError } from '@mdp/protocol';
import { didYouMean, choiceOption, endpointOption } from '@mdp/protocol/internal';
import { splitAttributes } from './attributes.js';
import { UsageError } from './exit-codes.js';
import { pathsSchema, readPath, readPaths } from './path-values.js';
import { checkServiceName } from './service-values.js';
import type { JsonSchema, ValueRule } from './value-kinds.js';
import { listSchema, readConfig, readText, schemaOf } from './value-kinds.js';

const ROLES: readonly Role[] = ['any', 'client', 'worker'];

/** What an endpoint can have besides its address: in `ENDPOINT,name=value`, and as keys of its object in a config file. */
const FLAGS = ['role', 'curve', 'allow', 'service'];
const KEYS = ['endpoint', 'role', 'curve', 'allow', 'services'];
const FORM =
  'ENDPOINT, then as needed ,role=client|worker|any ,curve=yes|no ,allow=PATH ,service=NAME (allow and service may be repeated)';

const CURVE: ValueRule = { kind: 'boolean' };

/**
 * Read one `ENDPOINT` or `ENDPOINT,role=client,allow=clients.keys`.
 *
 * @param folder - where its paths start from. Default: the working directory
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` that names the flag, the value and what is allowed
 */
export function endpointFromText(name: string, text: string, folder = ''): EndpointOptions {
  const { name: endpoint, attributes } = splitAttributes(text.trim());
  let role: Role | undefined;
  let curve: boolean | undefined;
  const allow: string[] = [];
  const services: string[] = [];
  for (const [key, value] of attributes) {
    if (key === 'role') role = choiceOption(`${name} (role)`, value as Role, 'any', ROLES);
    else if (key === 'curve') curve = readText(CURVE, `${name} (curve)`, value) as boolean;
    else if (key === 'allow') allow.push(readPath(`${name} (allow)`, value, folder));
    else if (key === 'service') services.push(checkPattern(`${name} (service)`, value));
    else throw new ArgumentError(name, text, `${FORM}${didYouMean(key, FLAGS)}`);
  }
  return {
    endpoint: endpointOption(name, endpoint),
    ...(role === undefined ? {} : { role }),
    ...(curve === undefined ? {} : { curve }),
    ...(allow.length === 0 ? {} : { allow }),
    ...(services.length === 0 ? {} : { services }),
  };
}

/**
 * Read `endpoints` of a config file: an endpoint, an object with `endpoint` and what else it has, or a list of these.
 *
 * @param name - where it stands, for errors
 * @param folder - that of the file, which its paths start from
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT`, {@link UsageError}
 */
export function endpointsFromConfig(name: string, value: unknown, folder: string): EndpointOptions[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw new ArgumentError(name, value, 'one endpoint or more');
  return list.map((item, i) => endpointFromConfig(Array.isArray(value) ? `${name}[${String(i)}]` : name, item, folder));
}

function endpointFromConfig(name: string, item: unknown, folder: string): EndpointOptions {
  if (typeof item === 'string') return endpointFromText(name, item, folder);
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw new ArgumentError(name, item, `an endpoint, or an object with ${KEYS.join(', ')}`);
  }
  for (const key of Object.keys(item)) {
    if (!KEYS.includes(key)) {
      const guess = didYouMean(key, KEYS);
      throw new UsageError(`${name}.${key}: there is no such option; an endpoint has ${KEYS.join(', ')}${guess}`);
    }
  }
  const { endpoint, role, curve, allow, services } = item as Readonly<Record<string, unknown>>;
  return {
    endpoint: endpointOption(`${name}.endpoint`, endpoint as string),
    ...(role === undefined ? {} : { role: choiceOption(`${name}.role`, role as Role, 'any', ROLES) }),
    ...(curve === undefined ? {} : { curve: readConfig(CURVE, `${name}.curve`, curve) as boolean }),
    ...(allow === undefined ? {} : { allow: readPaths(`${name}.allow`, allow, folder) }),
    ...(services === undefined ? {} : { services: patternsFromConfig(`${name}.services`, services) }),
  };
}

function patternsFromConfig(name: string, value: unknown): string[] {
  const patterns: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (patterns.length === 0) throw new ArgumentError(name, value, PATTERN);
  return patterns.map((pattern) => checkPattern(name, pattern));
}

const PATTERN = 'the name of a service, with * at the end for whatever begins so, or * alone';

/** A `*` elsewhere would look as if it stood for anything, too. */
function checkPattern(name: string, pattern: unknown): string {
  if (typeof pattern !== 'string' || /\*./.test(pattern) || pattern === '')
    throw new ArgumentError(name, pattern, PATTERN);
  const begin = pattern.replace(/\*$/, '');
  if (begin !== '') checkServiceName(name, begin);
  return pattern;
}

/** The schema of `endpoints`. */
export function endpointsSchema(): JsonSchema {
  const address = '(tcp://.+:(\\d+|\\*)|ipc://.+|inproc://.+)';
  const attribute = `(,role=(${ROLES.join('|')})|,curve=[^,]+|,allow=[^,]+|,service=[^,]+)`;
  const text = { type: 'string', pattern: `^${address}${attribute}*$` };
  const properties = {
    endpoint: { type: 'string', pattern: `^${address}$` },
    role: { enum: ROLES },
    curve: schemaOf(CURVE),
    allow: pathsSchema(),
    services: listSchema({ type: 'string', pattern: '^([^*]+\\*?|\\*)$' }),
  };
  const one = {
    anyOf: [text, { type: 'object', properties, required: ['endpoint'], additionalProperties: false }],
  };
  return listSchema(one);
}
