// SPDX-License-Identifier: Apache-2.0
// endpoint-values - where to listen, as flags, the environment and config files say it

import type { EndpointOptions, Role } from '@mdp/broker';
import { ArgumentError } from '@mdp/protocol';
import { didYouMean, choiceOption, endpointOption } from '@mdp/protocol/internal';
import { UsageError } from './exit-codes.js';
import type { JsonSchema } from './value-kinds.js';

const ROLES: readonly Role[] = ['any', 'client', 'worker'];
const ATTRIBUTE = /,([A-Za-z-]+)=([^,]*)$/;

/**
 * Split `NAME,key=value,key=value` from the end, so that the name may have commas of its own.
 *
 * @returns the name, and the attributes in the order they were written
 */
export function splitAttributes(text: string): { name: string; attributes: [key: string, value: string][] } {
  const attributes: [string, string][] = [];
  let name = text;
  for (let match = ATTRIBUTE.exec(name); match !== null; match = ATTRIBUTE.exec(name)) {
    attributes.unshift([match[1] ?? '', match[2] ?? '']);
    name = name.slice(0, match.index);
  }
  return { name, attributes };
}

/**
 * Read one `ENDPOINT` or `ENDPOINT,role=client`.
 *
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` that names the flag, the value and what is allowed
 */
export function endpointFromText(name: string, text: string): EndpointOptions {
  const { name: endpoint, attributes } = splitAttributes(text.trim());
  let role: Role | undefined;
  for (const [key, value] of attributes) {
    if (key !== 'role') throw new ArgumentError(name, text, 'ENDPOINT or ENDPOINT,role=client|worker|any');
    role = choiceOption(`${name} (role)`, value as Role, 'any', ROLES);
  }
  return { endpoint: endpointOption(name, endpoint), ...(role === undefined ? {} : { role }) };
}

/**
 * Read `endpoints` of a config file: an endpoint, an object with `endpoint` and `role`, or a list of these.
 *
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT`, {@link UsageError}
 */
export function endpointsFromConfig(name: string, value: unknown): EndpointOptions[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw new ArgumentError(name, value, 'one endpoint or more');
  return list.map((item, i) => endpointFromConfig(Array.isArray(value) ? `${name}[${String(i)}]` : name, item));
}

function endpointFromConfig(name: string, item: unknown): EndpointOptions {
  if (typeof item === 'string') return endpointFromText(name, item);
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw new ArgumentError(name, item, 'an endpoint, or an object with endpoint and role');
  }
  for (const key of Object.keys(item)) {
    if (key !== 'endpoint' && key !== 'role') {
      const guess = didYouMean(key, ['endpoint', 'role']);
      throw new UsageError(`${name}.${key}: there is no such option; an endpoint has endpoint and role${guess}`);
    }
  }
  const { endpoint, role } = item as { endpoint?: unknown; role?: unknown };
  return {
    endpoint: endpointOption(`${name}.endpoint`, endpoint as string),
    ...(role === undefined ? {} : { role: choiceOption(`${name}.role`, role as Role, 'any', ROLES) }),
  };
}

/** The schema of `endpoints`. */
export function endpointsSchema(): JsonSchema {
  const address = '(tcp://.+:(\\d+|\\*)|ipc://.+|inproc://.+)';
  const text = { type: 'string', pattern: `^${address}(,role=(${ROLES.join('|')}))?$` };
  const one = {
    anyOf: [
      text,
      {
        type: 'object',
        properties: { endpoint: { type: 'string', pattern: `^${address}$` }, role: { enum: ROLES } },
        required: ['endpoint'],
        additionalProperties: false,
      },
    ],
  };
  return { anyOf: [...one.anyOf, { type: 'array', items: one, minItems: 1 }] };
}
