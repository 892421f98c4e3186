// SPDX-License-Identifier: Apache-2.0
// services - what a worker serves and where: the first arguments of its constructor, checked

import { ArgumentError, MMI_PREFIX, encodeServiceName } from '@mdp/protocol';
import { endpointsOption } from '@mdp/protocol/internal';
import type { Handler } from './request.js';
import type { Service } from './wire.js';

/** Handlers by the names of their services. */
export type Handlers = Readonly<Record<string, Handler>>;

/** A worker is never told to connect to any port: `*`, or 0, is for those who listen. */
export function brokerEndpoints(value: string | readonly string[]): string[] {
  const endpoints = endpointsOption('endpoint', value);
  for (const endpoint of endpoints) {
    if (/^tcp:.*:(?:\*|0+)$/.test(endpoint)) throw new ArgumentError('endpoint', endpoint, 'a port from 1 to 65535');
  }
  return endpoints;
}

/** @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` when a worker cannot serve what is called so */
export function serviceOf(name: string, handler: Handler | undefined): Service {
  const frame = encodeServiceName(name);
  if (name.startsWith(MMI_PREFIX)) {
    throw new ArgumentError('service', name, `a name that does not start with ${MMI_PREFIX}`);
  }
  return { name, frame, handler };
}

/** The services of a worker with several. */
export function servicesOf(handlers: Handlers): Service[] {
  const entries = Object.entries(handlers) as [string, unknown][];
  if (entries.length === 0)
    throw new ArgumentError('handlers', handlers, 'one handler or more, by the names of services');
  return entries.map(([name, handler]) => {
    if (typeof handler !== 'function') throw new ArgumentError(`handlers.${name}`, handler, 'a function');
    return serviceOf(name, handler as Handler);
  });
}
