// SPDX-License-Identifier: Apache-2.0
// place - where the processes of a cluster run: all on this machine, or each on a host of its own with a network between them

import { Network } from '../namespaces.js';
import { freePort } from '../ports.js';

/** Brokers on hosts of their own all listen on it. */
export const PORT = 5555;

/** Where processes run. */
export interface Place {
  /** Between the hosts; absent where all run on this machine. */
  readonly network?: Network;
  /** Where one more broker is to listen. */
  endpoint(): Promise<string>;
  /** What clients and workers are told of the brokers, which listen there. */
  told(endpoints: readonly string[]): readonly string[];
  /**
   * The host of a process; `undefined` is this machine.
   *
   * @param name - of the process
   * @param endpoint - where it listens, when it is a broker: one that takes the place of another runs on the same host
   */
  host(name: string, endpoint?: string): Promise<string | undefined>;
  /** What to run so that a program runs on a host. */
  command(
    host: string | undefined,
    program: string,
    args: readonly string[],
  ): [program: string, args: readonly string[]];
  /** Take it away, when no process runs there any more. */
  close(): Promise<void>;
}

/** All on this machine; brokers differ in their ports. */
export class OneMachine implements Place {
  async endpoint(): Promise<string> {
    return `tcp://127.0.0.1:${String(await freePort())}`;
  }

  told(endpoints: readonly string[]): readonly string[] {
    return endpoints;
  }

  host(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  command(_: undefined, program: string, args: readonly string[]): [string, readonly string[]] {
    return [program, args];
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Each on a host of its own; brokers differ in their addresses. It needs what `whyNoNetwork` asks for. */
export class OwnHosts implements Place {
  readonly network: Network;
  /** The hosts of brokers, by endpoint. */
  readonly #sites = new Map<string, string>();

  protected constructor(network: Network) {
    this.network = network;
  }

  /** A network without hosts. */
  static async open(): Promise<OwnHosts> {
    return new OwnHosts(await Network.open());
  }

  async endpoint(): Promise<string> {
    const site = `site${String(this.#sites.size + 1)}`;
    const { address } = await this.network.host(site);
    const endpoint = `tcp://${address}:${String(PORT)}`;
    this.#sites.set(endpoint, site);
    return endpoint;
  }

  told(endpoints: readonly string[]): readonly string[] {
    return endpoints;
  }

  async host(name: string, endpoint?: string): Promise<string> {
    if (endpoint === undefined) return (await this.network.host(name)).name;
    const site = this.#sites.get(endpoint);
    if (site === undefined) throw new Error(`there is no host for ${endpoint}`);
    return site;
  }

  command(host: string, program: string, args: readonly string[]): [string, readonly string[]] {
    return this.network.command(host, program, args);
  }

  async close(): Promise<void> {
    await this.network.close();
  }
}
