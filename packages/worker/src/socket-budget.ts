// SPDX-License-Identifier: Apache-2.0
// socket-budget - how many sockets the workers of a process may take from a ZeroMQ context

import type { Context } from 'zeromq';

/** A DEALER, and two sockets that watch its transport. */
const SOCKETS_PER_LINK = 3;

/** What is left for everybody else in the process. */
const RESERVE = 64;

const taken = new WeakMap<Context, number>();

/**
 * Take the sockets of one link.
 *
 * libzmq must not run out of sockets between a DEALER and those that watch it: its threads would wait for ever for
 * somebody to listen. So the limit is kept here.
 *
 * @throws Error with the code `EMFILE` when the context has no room for them
 */
export function takeSockets(context: Context): void {
  const count = (taken.get(context) ?? 0) + SOCKETS_PER_LINK;
  if (count > context.maxSockets - RESERVE) {
    const message = `the ZeroMQ context has room for ${String(context.maxSockets)} sockets, and a connection takes ${String(SOCKETS_PER_LINK)}`;
    throw Object.assign(new Error(message), { code: 'EMFILE' });
  }
  taken.set(context, count);
}

/** The sockets of one link are gone. */
export function giveSocketsBack(context: Context): void {
  taken.set(context, (taken.get(context) ?? 0) - SOCKETS_PER_LINK);
}
