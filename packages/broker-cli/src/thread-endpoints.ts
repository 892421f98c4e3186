// SPDX-License-Identifier: Apache-2.0
// thread-endpoints - the endpoints of each thread: every one that was asked for, once in each of them

import type { EndpointOptions } from '@mdp/broker';
import { ArgumentError } from '@mdp/protocol';

/** Where the endpoints and the number of threads come from, as the user knows it: `--bind-url`, `MDP_THREADS`. */
export interface Names {
  readonly endpoints: string;
  readonly threads: string;
}

const TCP = /^tcp:\/\/(.+):(\d+|\*)$/;
const HIGHEST_PORT = 65_535;

/** What an endpoint takes on this machine, over all threads. */
interface Taken {
  readonly endpoint: string;
  /** The host of `tcp`, or the path of `ipc`. */
  readonly place: string;
  readonly firstPort: number;
}

/**
 * Expand endpoints for several threads: `tcp://host:5555` is port 5555 in the first one, 5556 in the second;
 * `ipc:///path` is `/path` in the first one, `/path-2` in the second. A free port or path of the system's choice (`*`) is
 * another one in each. Roles stay.
 *
 * @param threads - how many, 2 or more
 * @param names - for errors
 * @returns a list for each thread, in the order given
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` for what cannot be had once in each thread: `inproc`, ports beyond
 * 65535, endpoints that would meet
 */
export function threadEndpoints(
  endpoints: readonly EndpointOptions[],
  threads: number,
  names: Names,
): EndpointOptions[][] {
  const taken: Taken[] = [];
  for (const { endpoint } of endpoints) {
    const wanted = takenBy(endpoint, threads, names);
    if (wanted === undefined) continue;
    const other = taken.find((before) => meet(before, wanted, threads));
    if (other !== undefined) throw new ArgumentError(names.endpoints, endpoint, apart(other, wanted, threads, names));
    taken.push(wanted);
  }
  return Array.from({ length: threads }, (_, i) =>
    endpoints.map((wanted) => ({ ...wanted, endpoint: nthEndpoint(wanted.endpoint, i) })),
  );
}

function nthEndpoint(endpoint: string, i: number): string {
  const [, host, port = ''] = TCP.exec(endpoint) ?? [];
  if (i === 0 || isChosen(endpoint)) return endpoint;
  if (host === undefined) return `${endpoint}-${String(i + 1)}`;
  return `tcp://${host}:${String(Number(port) + i)}`;
}

/** Whether the system chooses; ZeroMQ takes port 0 for `*`. */
function isChosen(endpoint: string): boolean {
  return /^tcp:\/\/.+:(?:\*|0+)$|^ipc:\/\/\*$/.test(endpoint);
}

/** @returns nothing where the system chooses */
function takenBy(endpoint: string, threads: number, names: Names): Taken | undefined {
  const several = `${names.threads} ${String(threads)}`;
  if (endpoint.startsWith('inproc:')) {
    const allowed = `tcp://host:port or ipc://path with ${several}: what is in the thread of one broker reaches no other`;
    throw new ArgumentError(names.endpoints, endpoint, allowed);
  }
  if (isChosen(endpoint)) return undefined;
  const [, host, port] = TCP.exec(endpoint) ?? [];
  if (host === undefined) return { endpoint, place: endpoint, firstPort: 0 };
  const firstPort = Number(port);
  const highest = HIGHEST_PORT - threads + 1;
  if (firstPort > highest) {
    const allowed = `a port up to ${String(highest)} with ${several}, because each thread takes the next one`;
    throw new ArgumentError(names.endpoints, endpoint, allowed);
  }
  return { endpoint, place: host, firstPort };
}

function meet(one: Taken, other: Taken, threads: number): boolean {
  if (one.firstPort === 0 || other.firstPort === 0) {
    if (one.firstPort !== other.firstPort) return false;
    const paths = (taken: Taken): string[] => Array.from({ length: threads }, (_, i) => nthEndpoint(taken.endpoint, i));
    return paths(one).some((path) => paths(other).includes(path));
  }
  const near = Math.abs(one.firstPort - other.firstPort) < threads;
  return near && (covers(one.place, other.place) || covers(other.place, one.place));
}

/** Whether all of what listens on a host takes another host's port too. */
function covers(host: string, other: string): boolean {
  return host === other || host === '[::]' || ((host === '*' || host === '0.0.0.0') && !other.startsWith('['));
}

function apart(other: Taken, wanted: Taken, threads: number, names: Names): string {
  const several = `${names.threads} ${String(threads)}`;
  const last = nthEndpoint(other.endpoint, threads - 1);
  const what = wanted.firstPort === 0 ? 'a path' : 'a port';
  return `${what} that leaves room for ${several}: ${other.endpoint} takes all up to ${last}`;
}
