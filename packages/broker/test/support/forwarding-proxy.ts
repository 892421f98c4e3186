// SPDX-License-Identifier: Apache-2.0
// forwarding-proxy - a ROUTER-DEALER pair that hands every message on: what peers behind a proxy sit behind

import { Dealer, Router } from 'zeromq';

/** A proxy in front of a broker. */
export class ForwardingProxy {
  readonly #front = new Router({ linger: 0, mandatory: true, sendTimeout: 0 });
  readonly #back = new Dealer({ linger: 0 });
  #closed = false;

  private constructor() {}

  /** Start one in front of an endpoint. */
  static async start(broker: string): Promise<ForwardingProxy> {
    const proxy = new ForwardingProxy();
    await proxy.#front.bind('tcp://127.0.0.1:*');
    proxy.#back.connect(broker);
    void proxy.#forward(proxy.#front, (frames) => proxy.#back.send(frames));
    // A peer that has gone is no matter of the proxy's.
    void proxy.#forward(proxy.#back, (frames) => proxy.#front.send(frames).catch(() => undefined));
    return proxy;
  }

  /** Where peers connect. */
  get endpoint(): string {
    return this.#front.lastEndpoint ?? '';
  }

  async #forward(from: Router | Dealer, send: (frames: Buffer[]) => Promise<void>): Promise<void> {
    try {
      for await (const frames of from) await send(frames);
    } catch (error) {
      if (!this.#closed) throw error;
    }
  }

  close(): void {
    this.#closed = true;
    this.#front.close();
    this.#back.close();
  }
}
