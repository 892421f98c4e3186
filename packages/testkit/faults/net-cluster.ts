// SPDX-License-Identifier: Apache-2.0
// net-cluster - a cluster whose processes each run on a host of their own, with a network between them that can fail

import { describe } from '@jest/globals';
import { TestProcess } from '@mdp/testkit';
import { Network, whyNoNetwork } from '@mdp/testkit/namespaces';
import type { Wires } from './cluster.js';
import { Cluster, note } from './cluster.js';

const PORT = 5555;

const missing = whyNoNetwork();
if (missing !== undefined) note(`tests with a network between hosts are skipped: ${missing}`);

/** Describe what needs hosts of their own; it is skipped, and the reason told, where they cannot be made. */
export const describeNetwork: typeof describe | typeof describe.skip = missing === undefined ? describe : describe.skip;

/** Every process of it runs on the host of its name. */
export class NetCluster extends Cluster {
  readonly network: Network;
  /** The host that the next broker runs on. */
  brokerHost = 'broker';

  private constructor(endpoint: string, wires: Wires, network: Network) {
    super(endpoint, wires);
    this.network = network;
  }

  /**
   * Hosts without any process.
   *
   * @param names - of the hosts beside the one of the broker
   */
  static async on(wires: Wires, names: readonly string[]): Promise<NetCluster> {
    const network = await Network.open();
    try {
      const { address } = await network.host('broker');
      for (const name of names) await network.host(name);
      return new NetCluster(`tcp://${address}:${String(PORT)}`, wires, network);
    } catch (error) {
      await network.close();
      throw error;
    }
  }

  protected override launch(name: string, script: string, args: readonly string[]): TestProcess {
    const host = name === 'broker' ? this.brokerHost : name;
    return new TestProcess(...this.network.command(host, process.execPath, [script, ...args]));
  }

  override async close(): Promise<void> {
    await super.close();
    await this.network.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
