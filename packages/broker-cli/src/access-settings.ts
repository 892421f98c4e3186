// SPDX-License-Identifier: Apache-2.0
// access-settings - the broker's key, whose keys may connect, and which endpoints that is for, checked together

import type { EndpointOptions } from '@mdp/broker';
import { UsageError } from './exit-codes.js';
import { printable } from './printable.js';
import type { Given } from './settings.js';

/** How the user knows the places where files with keys are named, for errors: `--curve-key`, `broker.yaml:3: allow`. */
export interface KeyNames {
  readonly curveKey: string;
  readonly allow: string;
}

/** What was given of it. */
export interface GivenAccess {
  readonly curveKey: Given | undefined;
  readonly allow: Given | undefined;
  readonly endpoints: Given | undefined;
}

/**
 * Check that what was given of it fits together. The files are not read here.
 *
 * @returns the names; nothing when the broker has no key
 * @throws {@link UsageError} when keys are to be allowed where none are asked for, or an endpoint cannot be encrypted
 */
export function checkAccess({ curveKey, allow, endpoints }: GivenAccess): KeyNames | undefined {
  const list = (endpoints?.value ?? []) as readonly EndpointOptions[];
  for (const { endpoint, curve, allow: own } of list) {
    const where = `${endpoints?.name ?? ''} (${printable(endpoint)})`;
    const reason =
      curveKey === undefined
        ? 'the broker has no key: give it one with --curve-key'
        : endpoint.startsWith('inproc:')
          ? 'inproc is never encrypted'
          : curve === false
            ? 'it is not encrypted (curve)'
            : undefined;
    if (reason === undefined) continue;
    if (curve === true) throw new UsageError(`${where}: cannot be encrypted (curve), because ${reason}`);
    if (own !== undefined) throw new UsageError(`${where}: keys cannot be allowed (allow), because ${reason}`);
  }
  if (curveKey === undefined) {
    if (allow === undefined) return undefined;
    throw new UsageError(
      `${allow.name}: keys can be allowed only where connections are encrypted: give the broker a key with --curve-key`,
    );
  }
  const own = list.some((endpoint) => endpoint.allow !== undefined) ? [`${endpoints?.name ?? ''} (allow)`] : [];
  return { curveKey: curveKey.name, allow: [...(allow === undefined ? [] : [allow.name]), ...own].join(' or ') };
}
