// SPDX-License-Identifier: Apache-2.0
// defaults - the values that broker, client, worker and command line agree upon

/** Where a broker listens, and where clients and workers look for it, unless told otherwise. */
export const DEFAULT_ENDPOINT = 'tcp://127.0.0.1:5555';

/** Time between two HEARTBEATs to a silent peer, in milliseconds (RFC 18 "Heartbeating"; Majortomo's 2.5 s). */
export const DEFAULT_HEARTBEAT_INTERVAL_MS = 2500;

/** After how many intervals of silence a peer is taken for disconnected (RFC 18: "usually 3-5"). */
export const DEFAULT_HEARTBEAT_LIVENESS = 4;
