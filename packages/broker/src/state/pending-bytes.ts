// SPDX-License-Identifier: Apache-2.0
// pending-bytes - what requests that have not ended take, of one client and in all, and what they may take

/** The bytes of all requests of a broker that have not ended. */
export class PendingBytes {
  /** How many there are. */
  used = 0;

  /**
   * @param most - how many there may be
   * @param mostPerClient - how many there may be of one connection
   */
  constructor(
    readonly most = Infinity,
    readonly mostPerClient = Infinity,
  ) {}
}
