// SPDX-License-Identifier: Apache-2.0
// addresses - what a name stands for: endpoints that come, and endpoints that finish what they have and go

import { Endpoint } from './endpoint.js';
import type { Links } from './links.js';
import type { MxLinks } from './mx-links.js';

/** The endpoints of a client whose addresses come from names. */
export class Addresses {
  readonly #links: Links;
  readonly #mxLinks: MxLinks;

  constructor(links: Links, mxLinks: MxLinks) {
    this.#links = links;
    this.#mxLinks = mxLinks;
  }

  /**
   * A name stands for these addresses, one or more: requests go there from now on. The others that it stood for finish
   * what they have.
   */
  set(name: string, addresses: readonly string[]): void {
    const { endpoints, leaving } = this.#links;
    const before = endpoints.filter((endpoint) => endpoint.name === name);
    const returning = [...leaving].filter((endpoint) => endpoint.name === name);
    const wanted = new Set(addresses);
    // Who stays keeps the place: nobody's turn changes for a name that says the same in another order.
    const after = before.filter(({ address }) => wanted.delete(address));
    for (const endpoint of before) if (!after.includes(endpoint)) this.#leave(endpoint);
    for (const address of wanted) {
      const known = returning.find((endpoint) => endpoint.address === address);
      after.push(known === undefined ? this.#come(address, name) : this.#stay(known));
    }
    endpoints.splice(endpoints.indexOf(before[0] as Endpoint), before.length, ...after);
  }

  /** A name could not be looked up. What it stood for is still the best guess. */
  failed(name: string, reason: string): void {
    const endpoint = this.#links.endpoints.find((each) => each.name === name && each.unknownAddress);
    if (endpoint !== undefined) endpoint.reason = reason;
  }

  /** Forget those that have finished. */
  sweep(): void {
    const { leaving } = this.#links;
    for (const endpoint of leaving)
      if (endpoint.links.size === 0 && endpoint.mx === undefined) leaving.delete(endpoint);
  }

  #come(address: string, name: string): Endpoint {
    const endpoint = new Endpoint(address, name);
    this.#mxLinks.adopt(endpoint);
    return endpoint;
  }

  #stay(endpoint: Endpoint): Endpoint {
    this.#links.leaving.delete(endpoint);
    endpoint.leaving = false;
    return endpoint;
  }

  #leave(endpoint: Endpoint): void {
    endpoint.leaving = true;
    this.#links.leaving.add(endpoint);
    this.#links.retire(endpoint);
    const { mx } = endpoint;
    if (mx?.inFlight === 0) this.#mxLinks.close(mx);
    this.sweep();
  }
}
