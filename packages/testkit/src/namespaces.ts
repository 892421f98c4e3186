// SPDX-License-Identifier: Apache-2.0
// namespaces - hosts of their own on this machine (Linux network namespaces), and a network between them that can fail

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LinkFault } from './link-faults.js';
import { MAX_HOSTS, hardwareAddress } from './packet-router.js';
import { TestProcess, run } from './processes.js';
import type { RouterOrder } from './router-main.js';

/** What every namespace of ours is called, with the process that made it. */
const PREFIX = 'mdp';
const OURS = new RegExp(`^${PREFIX}-(\\d+)-\\d+-`);

/** Addresses that are set aside for tests of networks (RFC 2544); they exist in our namespaces only. */
const HOSTS_SIDE = '198.18.0.1';
const ROUTER_SIDE = '198.18.0.2';
const HOST_ADDRESS = '198.18.1.';
const VXLAN_PORT = 4789;
/** Smaller than usual: it must fit into a datagram between the namespaces. */
const MTU = 1400;

let networks = 0;

function whyNot(command: string, args: readonly string[]): string | undefined {
  const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return undefined;
  return `"${[command, ...args].join(' ')}" failed: ${(error?.message ?? stderr).trim()}`;
}

/**
 * Why hosts cannot be made here: `undefined` when they can. It needs Linux, root with its capabilities, `ip` (Debian's
 * iproute2) and `ethtool`, and VXLAN in the kernel.
 */
export function whyNoNetwork(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces are there on Linux only';
  if (process.getuid?.() !== 0) return 'only root can make network namespaces';
  const name = `${PREFIX}-${String(process.pid)}-0-try`;
  const made = whyNot('ip', ['netns', 'add', name]);
  if (made !== undefined) return made;
  try {
    const vxlan = ['type', 'vxlan', 'id', '1', 'remote', ROUTER_SIDE, 'dstport', String(VXLAN_PORT)];
    return whyNot('ip', ['-n', name, 'link', 'add', 'eth0', ...vxlan]) ?? whyNot('ethtool', ['--version']);
  } finally {
    spawnSync('ip', ['netns', 'del', name]);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Which of these namespaces were left behind by processes that are gone. */
export function leftBehind(names: readonly string[], alive: (pid: number) => boolean): string[] {
  return names.filter((name) => {
    const pid = OURS.exec(name)?.[1];
    return pid !== undefined && !alive(Number(pid));
  });
}

async function namespaces(): Promise<string[]> {
  const { stdout } = await run('ip', ['netns', 'list']);
  return stdout.split('\n').flatMap((line) => line.split(' ')[0] ?? []);
}

/** Run several commands in one shell: each `ip` alone takes longer to start than to do its work. */
async function shell(...lines: readonly string[]): Promise<void> {
  await run('sh', ['-ec', lines.join('\n')]);
}

/** Removes a namespace, unless somebody else has, or does just now. */
function removal(namespace: string): string {
  return `ip netns del ${namespace} 2>/dev/null || [ ! -e /run/netns/${namespace} ]`;
}

/** One host: a namespace with one interface, eth0. */
export interface Host {
  readonly name: string;
  /** Its IPv4 address; {@link Network.readdress} changes it. */
  readonly address: string;
}

interface HostState {
  readonly number: number;
  readonly namespace: string;
  address: string;
}

/**
 * Hosts and the network between them. Packets do not reach beyond it: the namespaces have no way out.
 *
 * The interface of each host is one end of a VXLAN; all others end at one process in user space, the router, which drops,
 * delays and reorders what it is told to, in each direction apart. (The kernel's own `netem` is not in every kernel.)
 */
export class Network implements AsyncDisposable {
  readonly #name: string;
  readonly #hosts = new Map<string, HostState>();
  readonly #faults = new Map<string, readonly [from: string, to: string]>();
  readonly #router: TestProcess;
  #orders = 0;
  #made = 0;

  private constructor(name: string, router: TestProcess) {
    this.#name = name;
    this.#router = router;
  }

  /**
   * Make a network without hosts. What earlier runs have left behind is removed.
   *
   * @param seed - of the chance by which packets are lost and overtaken
   */
  static async open(seed = 1): Promise<Network> {
    const name = `${PREFIX}-${String(process.pid)}-${String(++networks)}`;
    const stale = leftBehind(await namespaces(), isAlive).map(removal);
    const hosts = `${name}-hosts`;
    const router = `${name}-router`;
    await shell(
      ...stale,
      `ip netns add ${hosts}`,
      `ip netns add ${router}`,
      `ip -n ${hosts} link add up0 type veth peer name down0 netns ${router}`,
      `ip -n ${hosts} addr add ${HOSTS_SIDE}/30 dev up0`,
      `ip -n ${router} addr add ${ROUTER_SIDE}/30 dev down0`,
      `ip -n ${hosts} link set up0 up`,
      `ip -n ${router} link set down0 up`,
    );
    const script = fileURLToPath(new URL('../dist/router-main.js', import.meta.url));
    const args = [script, ROUTER_SIDE, String(VXLAN_PORT), HOSTS_SIDE, String(seed)];
    const child = new TestProcess('ip', ['netns', 'exec', router, process.execPath, ...args]);
    const network = new Network(name, child);
    try {
      await child.event('started');
    } catch (error) {
      await network.close();
      throw error;
    }
    return network;
  }

  async #tell(order: RouterOrder): Promise<unknown> {
    const nth = ++this.#orders;
    this.#router.tell({ ...order });
    return (await this.#router.event('done', undefined, nth))['counts'];
  }

  #host(name: string): HostState {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Error(`there is no host ${name}`);
    return host;
  }

  /** The host of a name; it is made when it is new. */
  async host(name: string): Promise<Host> {
    const known = this.#hosts.get(name);
    if (known !== undefined) return { name, address: known.address };
    if (!/^[a-z0-9]{1,16}$/.test(name)) throw new Error(`"${name}" is no name for a host`);
    const number = ++this.#made;
    if (number > MAX_HOSTS) throw new Error(`a network has ${String(MAX_HOSTS)} hosts at most`);
    const namespace = `${this.#name}-h-${name}`;
    const address = HOST_ADDRESS + String(number);
    this.#hosts.set(name, { number, namespace, address });
    const id = String(number);
    await shell(
      `ip netns add ${namespace}`,
      `ip -n ${this.#name}-hosts link add e${id} type vxlan id ${id} remote ${ROUTER_SIDE} dstport ${String(VXLAN_PORT)}`,
      `ip -n ${this.#name}-hosts link set e${id} netns ${namespace} name eth0`,
      // Checksums and segments must be whole where the router sees them: no hardware will come to finish them.
      `ip netns exec ${namespace} ethtool -K eth0 tx off gso off tso off >/dev/null`,
      `ip -n ${namespace} link set eth0 address ${hardwareAddress(number)} mtu ${String(MTU)} arp off`,
      `ip -n ${namespace} link set lo up`,
      `ip -n ${namespace} link set eth0 up`,
      `ip -n ${namespace} addr add ${address}/24 dev eth0`,
    );
    await this.#tell({ order: 'attach', host: number, address });
    return { name, address };
  }

  /** What to run so that a program runs on a host. */
  command(host: string, program: string, args: readonly string[]): [program: string, args: string[]] {
    return ['ip', ['netns', 'exec', this.#host(host).namespace, program, ...args]];
  }

  /** Change what goes wrong from one host to another; in the other direction nothing changes. */
  async fault(from: string, to: string, fault: LinkFault): Promise<void> {
    this.#faults.set(`${from} ${to}`, [from, to]);
    await this.#tell({ order: 'fault', from: this.#host(from).number, to: this.#host(to).number, fault });
  }

  /** The same in both directions. */
  async between(one: string, other: string, fault: LinkFault): Promise<void> {
    await this.fault(one, other, fault);
    await this.fault(other, one, fault);
  }

  /** The same between every two hosts. */
  async everywhere(fault: LinkFault): Promise<void> {
    const names = [...this.#hosts.keys()];
    for (const from of names) for (const to of names) if (from !== to) await this.fault(from, to, fault);
  }

  /** From now on nothing goes wrong on any link that is up. */
  async heal(): Promise<void> {
    for (const [from, to] of this.#faults.values()) await this.fault(from, to, {});
    this.#faults.clear();
  }

  /** Take the interface of a host down: to all others the machine has vanished. */
  async down(host: string): Promise<void> {
    await shell(`ip -n ${this.#host(host).namespace} link set eth0 down`);
  }

  /** Take it up again. */
  async up(host: string): Promise<void> {
    await shell(`ip -n ${this.#host(host).namespace} link set eth0 up`);
  }

  /**
   * Give a host another address. Connections of the old one are half open: nothing comes from there any more, and nobody is told.
   *
   * @param address - which; one that was never used, if not given. One of another host is taken away from it.
   */
  async readdress(host: string, address?: string): Promise<Host> {
    const state = this.#host(host);
    const taken = address ?? HOST_ADDRESS + String(++this.#made);
    await this.#tell({ order: 'detach', address: state.address });
    await shell(
      `ip -n ${state.namespace} addr del ${state.address}/24 dev eth0`,
      `ip -n ${state.namespace} addr add ${taken}/24 dev eth0`,
    );
    state.address = taken;
    await this.#tell({ order: 'attach', host: state.number, address: taken });
    return { name: host, address: taken };
  }

  /** How many packets have passed, were dropped, or went to nobody. */
  async counts(): Promise<{ passed: number; dropped: number; strays: number }> {
    return (await this.#tell({ order: 'counts' })) as { passed: number; dropped: number; strays: number };
  }

  /** Remove it all; a second time does nothing. Processes on its hosts are for whoever started them. */
  async close(): Promise<void> {
    await this.#router.kill();
    const hosts = [...this.#hosts.values()].map(({ namespace }) => namespace);
    const names = [...hosts, `${this.#name}-router`, `${this.#name}-hosts`];
    await shell(...names.map(removal));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
