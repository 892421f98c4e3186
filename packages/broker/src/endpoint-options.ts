// SPDX-License-Identifier: Apache-2.0
// endpoint-options - where a broker listens, to whom, and which endpoints share a socket

import { ArgumentError, DEFAULT_ENDPOINT, MAX_SERVICE_NAME_BYTES, bytes, decodeServiceName } from '@mdp/protocol';
import { booleanOption, choiceOption, endpointOption, refuseUnknownOptions } from '@mdp/protocol/internal';
import type { AllowCallback } from './security/gatekeeper.js';

/** Who may talk to an endpoint. What comes from anybody else is dropped and counted. */
export type Role = 'any' | 'client' | 'worker';

/** All roles, in the order of the broker's sockets. */
export const ROLES: readonly Role[] = ['any', 'client', 'worker'];

/**
 * Whose keys may connect: paths of allow-lists, of key files, and of folders whose `*.key` files count; or a function that
 * decides.
 */
export type Allow = string | readonly string[] | AllowCallback;

/** One place to listen. Endpoints that differ in nothing else share a ROUTER socket (RFC 18 "Overall Topology": one or two). */
export interface EndpointOptions {
  /** `tcp://host:port` (port `*` is any free one), `ipc://path` or `inproc://name`. */
  readonly endpoint: string;
  /** Who may talk to it. Default `any`. */
  readonly role?: Role;
  /** Whether it is encrypted. Default: whether the broker has a key (`curve`); inproc never is. */
  readonly curve?: boolean;
  /** Whose keys may connect; it must be encrypted. Default: the broker's `allow`. */
  readonly allow?: Allow;
  /**
   * What its clients may call and its workers may register: names of services; a `*` at the end stands for anything. What
   * is not named is not seen either: MMI does not tell of it, and `mmi.broker` must be named like any other. Default: all.
   */
  readonly services?: string | readonly string[];
}

/** {@link EndpointOptions}, checked and with every value filled in. */
export interface ResolvedEndpoint {
  readonly endpoint: string;
  readonly role: Role;
  readonly curve: boolean;
  /** `undefined`: anybody who has a key. */
  readonly allow: readonly string[] | AllowCallback | undefined;
  /** `undefined`: all. */
  readonly services: readonly string[] | undefined;
}

/** Endpoints that share a socket. */
export interface SocketGroup extends Omit<ResolvedEndpoint, 'endpoint'> {
  readonly endpoints: readonly string[];
}

const NAMES = ['endpoint', 'role', 'curve', 'allow', 'services'];

/**
 * Check where a broker is to listen.
 *
 * @param given - the option `endpoints`
 * @param encrypted - whether the broker has a key
 * @param allow - the option `allow`, for endpoints without one of their own
 * @throws ArgumentError `MDP_INVALID_ARGUMENT` that names the option, the value and what is allowed
 */
export function resolveEndpoints(
  given: string | EndpointOptions | readonly (string | EndpointOptions)[] = DEFAULT_ENDPOINT,
  encrypted = false,
  allow?: Allow,
): ResolvedEndpoint[] {
  const everywhere = allowOption('allow', allow);
  if (everywhere !== undefined && !encrypted) throw new ArgumentError('allow', allow, 'none without curve');
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (list.length === 0) throw new ArgumentError('endpoints', list, 'one endpoint or more');
  const taken = new Set<string>();
  return list.map((item, i) => {
    const name = list.length === 1 ? 'endpoints' : `endpoints[${String(i)}]`;
    const resolved = resolveEndpoint(name, item, encrypted, everywhere);
    const { endpoint } = resolved;
    // A port that the system chooses is another one each time.
    if (taken.has(endpoint) && !endpoint.endsWith('*')) {
      throw new ArgumentError(name, endpoint, 'an endpoint that is not given twice');
    }
    taken.add(endpoint);
    return resolved;
  });
}

function resolveEndpoint(
  name: string,
  item: unknown,
  encrypted: boolean,
  everywhere: ResolvedEndpoint['allow'],
): ResolvedEndpoint {
  if (typeof item !== 'string' && (typeof item !== 'object' || item === null || Array.isArray(item))) {
    throw new ArgumentError(name, item, `a string or an object with ${NAMES.join(', ')}`);
  }
  const options = typeof item === 'string' ? { endpoint: item } : (item as EndpointOptions);
  refuseUnknownOptions(options, NAMES, name);
  const endpoint = endpointOption(typeof item === 'string' ? name : `${name}.endpoint`, options.endpoint);
  // ZeroMQ encrypts nothing that does not leave the process.
  const possible = !endpoint.startsWith('inproc:');
  const curve = booleanOption(`${name}.curve`, options.curve, encrypted && possible);
  if (curve && !encrypted) throw new ArgumentError(`${name}.curve`, curve, 'false: the broker has no key (curve)');
  if (curve && !possible) throw new ArgumentError(`${name}.curve`, curve, 'false for an inproc endpoint');
  const allow = allowOption(`${name}.allow`, options.allow);
  if (allow !== undefined && !curve) {
    throw new ArgumentError(`${name}.allow`, options.allow, 'none for an endpoint that is not encrypted (curve)');
  }
  return {
    endpoint,
    role: choiceOption(`${name}.role`, options.role, 'any', ROLES),
    curve,
    allow: curve ? (allow ?? everywhere) : undefined,
    services: servicesOption(`${name}.services`, options.services),
  };
}

function allowOption(name: string, value: Allow | undefined): ResolvedEndpoint['allow'] {
  if (value === undefined || typeof value === 'function') return value;
  const paths: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (paths.length === 0 || paths.some((path) => typeof path !== 'string' || path === '')) {
    throw new ArgumentError(name, value, 'the path of a list of keys, several of them, or a function');
  }
  return paths as readonly string[];
}

function servicesOption(name: string, value: string | readonly string[] | undefined): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const patterns: readonly unknown[] = Array.isArray(value) ? value : [value];
  for (const pattern of patterns) {
    // A * that stands elsewhere would look as if it stood for anything, too.
    const text = typeof pattern === 'string' ? pattern.replace(/\*$/, '') : '*';
    const isName = text === '' ? pattern === '*' : decodeServiceName(bytes(text)) === text && !text.includes('*');
    if (isName) continue;
    const allowed = `names of services of 1 to ${String(MAX_SERVICE_NAME_BYTES)} bytes, * at the end for anything`;
    throw new ArgumentError(name, pattern, allowed);
  }
  if (patterns.length === 0) throw new ArgumentError(name, value, 'one service or more');
  return patterns as readonly string[];
}

/** Put those together that differ in nothing but the place. */
export function groupEndpoints(endpoints: readonly ResolvedEndpoint[]): SocketGroup[] {
  const groups: (SocketGroup & { endpoints: string[] })[] = [];
  for (const role of ROLES) {
    for (const { endpoint, ...rights } of endpoints.filter((resolved) => resolved.role === role)) {
      const known = groups.find((group) => sameRights(group, { ...rights, role }));
      if (known === undefined) groups.push({ ...rights, endpoints: [endpoint] });
      else known.endpoints.push(endpoint);
    }
  }
  return groups;
}

type Rights = Omit<ResolvedEndpoint, 'endpoint'>;

function sameRights(a: Rights, b: Rights): boolean {
  return a.role === b.role && a.curve === b.curve && sameList(a.allow, b.allow) && sameList(a.services, b.services);
}

/** Lists with the same texts in the same order, or the same function. */
function sameList(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
