// SPDX-License-Identifier: Apache-2.0
// describe-listening - where a broker listens, and what is known of the keys there, for people

import type { SocketGroup } from '../endpoint-options.js';
import type { ListeningStats } from '../stats.js';
import type { Security } from './security.js';

function whoMayConnect({ curve, allow }: SocketGroup): ListeningStats['allow'] {
  if (!curve) return 'anybody';
  if (allow === undefined) return 'anyKey';
  return typeof allow === 'function' ? 'function' : 'list';
}

/**
 * Each socket.
 *
 * @param security - `undefined` where nothing is encrypted
 */
export function describeListening(
  sockets: readonly { readonly group: SocketGroup; readonly endpoints: readonly string[] }[],
  security: Security | undefined,
): ListeningStats[] {
  return sockets.map(({ group, endpoints }) => ({
    ...{ endpoints, role: group.role, curve: group.curve, allow: whoMayConnect(group) },
    ...(group.services === undefined ? {} : { services: group.services }),
    ...(security?.keysOf(group) ?? { keysAccepted: 0, keysRefused: {} }),
  }));
}
