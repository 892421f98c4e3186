// SPDX-License-Identifier: Apache-2.0
// link-fault-kinds - what can happen to the link between the host of a process and all other hosts, and be over again

import type { LinkFault } from '../link-faults.js';
import type { Network } from '../namespaces.js';
import type { Cluster, Member } from './cluster.js';
import type { FaultKind, Undo } from './faults.js';
import { CLIENT_VANISHES, crowdGone } from './faults.js';
import type { Role } from './ledger.js';

/** What goes wrong with packets to a host, and with those from it. */
interface BothWays {
  readonly to: LinkFault;
  readonly from: LinkFault;
}

/** What is lost in it is sent again by TCP at the earliest 200 ms after it was sent, and that must be before the expiry. */
const SHORT = [0.15, 0.25] as const;
const LONG = [1.8, 2.6] as const;
/** For what is only bad. */
const A_WHILE = [1.2, 1.6] as const;

/** @throws Error when it is on no host of its own */
function onHost({ network }: Cluster, { name, host }: Member): { readonly network: Network; readonly host: string } {
  if (network === undefined || host === undefined) throw new Error(`${name} is on no host of its own`);
  return { network, host };
}

function link(
  name: string,
  role: Role,
  lasts: readonly [number, number],
  inflict: (network: Network, host: string, cluster: Cluster) => Promise<Undo>,
): FaultKind {
  return {
    name,
    role,
    needs: [],
    lasts,
    inflict: (cluster, target) => {
      const { network, host } = onHost(cluster, target);
      return inflict(network, host, cluster);
    },
  };
}

/** Packets of one direction, or both, fare badly. */
function packets(name: string, role: Role, lasts: readonly [number, number], { to, from }: BothWays): FaultKind {
  return link(name, role, lasts, async (network, host, cluster) => {
    for (const other of cluster.hosts.filter((one) => one !== host)) {
      await network.fault(other, host, to);
      await network.fault(host, other, from);
    }
    return () => network.heal();
  });
}

const CUT: LinkFault = { cut: true };
const DELAY: LinkFault = { delayMs: 75, jitterMs: 25 };
const LOSS: LinkFault = { loss: 0.05 };
const DISORDER: LinkFault = { delayMs: 5, reorder: 0.25, reorderMs: 10 };

/** Its interface is gone, and with it all that is on its way; then it is there again, and knows all of its connections. */
function vanished(role: Role): FaultKind {
  return link(`machine of a ${role} gone for longer than the expiry`, role, LONG, async (network, host) => {
    await network.down(host);
    return () => network.up(host);
  });
}

/** Its connections are half open then: nothing comes from the old address any more, and nobody is told. */
function readdressed(role: Role): FaultKind {
  return link(`address of a ${role} changed`, role, SHORT, async (network, host) => {
    await network.readdress(host);
    return () => Promise.resolve();
  });
}

/** Its process ends, too, when nobody can hear of it any more: no connection is ever closed. */
export const CLIENT_MACHINE_VANISHES: FaultKind = {
  ...CLIENT_VANISHES,
  name: 'machine of a client with 10,000 requests queued gone for good',
  inflict: async (cluster, target) => {
    const { network, host } = onHost(cluster, target);
    await network.down(host);
    await cluster.kill(target);
    return () => crowdGone(cluster);
  },
};

/** Everything that can happen to the link of a process. Only who connects can have another address: others know a broker by its. */
export function linkFaults(role: Role): readonly FaultKind[] {
  return [
    packets(`nothing reaches a ${role} for longer than the expiry`, role, LONG, { to: CUT, from: {} }),
    packets(`nothing comes from a ${role} for longer than the expiry`, role, LONG, { to: {}, from: CUT }),
    packets(`${role} cut off for less than the expiry`, role, SHORT, { to: CUT, from: CUT }),
    packets(`${role} cut off for longer than the expiry`, role, LONG, { to: CUT, from: CUT }),
    packets(`150 to 200 ms of delay at a ${role}`, role, A_WHILE, { to: DELAY, from: DELAY }),
    packets(`5 % loss at a ${role}`, role, A_WHILE, { to: LOSS, from: LOSS }),
    packets(`a quarter of the packets out of order at a ${role}`, role, A_WHILE, { to: DISORDER, from: DISORDER }),
    vanished(role),
    ...(role === 'broker' ? [] : [readdressed(role)]),
  ];
}
