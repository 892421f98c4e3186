// SPDX-License-Identifier: Apache-2.0
// endpoint - one broker as the client sees it, and the connections to it

import type { Link } from './link.js';

/**
 * What is believed of an endpoint: `unknown` before the first try, `up` after a handshake, `down` after a connection
 * could not be made. One that is down keeps a single connection trying; requests go elsewhere meanwhile.
 */
export type EndpointState = 'unknown' | 'up' | 'down';

/** One broker and the connections to it. {@link Connections} alone writes it. */
export class Endpoint {
  state: EndpointState = 'unknown';
  /** Why the last connection could not be made. */
  reason = '';
  busy = 0;
  connecting = 0;
  /** Free connections, the most recently used last. */
  readonly idle: Link[] = [];
  /** All of its connections. */
  readonly links = new Set<Link>();

  constructor(readonly address: string) {}
}
