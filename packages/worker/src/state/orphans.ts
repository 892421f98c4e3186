// SPDX-License-Identifier: Apache-2.0
// orphans - handlers that still run although their request is lost, of all connections to one endpoint

/**
 * A lost handler may overlap with one successor. With more of them than the worker takes requests from the endpoint at
 * once, nothing new is asked for there: so there are never more than twice as many handlers.
 */
export class Orphans {
  count = 0;
  readonly #limit: number;

  /** @param limit - how many requests the worker takes from the endpoint at once */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether a registration has to wait until some of them have ended. */
  get tooMany(): boolean {
    return this.count > this.#limit;
  }
}
