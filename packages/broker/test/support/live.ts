// SPDX-License-Identifier: Apache-2.0
// live - a broker on real sockets, and peers that say and hear frames

import { RawPeer, waitUntil } from '@mdp/testkit';
import type { BrokerOptions } from '@mdp/broker';
import { Broker } from '@mdp/broker';
import { ForwardingProxy } from './forwarding-proxy.js';
import type { Frames, Said, Tongue } from './wire.js';
import { REQUEST, readAtClient, readAtWorker, ready, splitMx, workerReply, workerSignal } from './wire.js';

/** How the peers reach the broker. */
export type Topology = 'one endpoint for all' | 'an endpoint for each side' | 'behind a proxy';

export const TOPOLOGIES: readonly Topology[] = ['one endpoint for all', 'an endpoint for each side', 'behind a proxy'];

const TCP = 'tcp://127.0.0.1:*';

/** A broker, the peers of one test, and where they connect. Close it after the test. */
export class Live {
  readonly broker: Broker;
  readonly #closers: (() => void)[] = [];
  clientEndpoint = '';
  workerEndpoint = '';

  private constructor(broker: Broker) {
    this.broker = broker;
  }

  /** Start a broker. */
  static async start(options: BrokerOptions = {}, topology: Topology = 'one endpoint for all'): Promise<Live> {
    const split = topology === 'an endpoint for each side';
    const endpoints = split
      ? [
          { endpoint: TCP, role: 'client' as const },
          { endpoint: TCP, role: 'worker' as const },
        ]
      : [TCP];
    const live = new Live(new Broker({ endpoints, ...options }));
    await live.broker.start();
    const [first = '', second = first] = live.broker.endpoints;
    live.clientEndpoint = first;
    live.workerEndpoint = split ? second : first;
    if (topology === 'behind a proxy') {
      const proxy = await ForwardingProxy.start(first);
      live.#closers.push(() => {
        proxy.close();
      });
      live.clientEndpoint = live.workerEndpoint = proxy.endpoint;
    }
    return live;
  }

  /** Close something with the test. */
  onClose(close: () => void): void {
    this.#closers.push(close);
  }

  client(dialect: Tongue = 'rfc18', options: ConstructorParameters<typeof RawPeer>[1] = {}): LiveClient {
    const client = new LiveClient(dialect, new RawPeer(this.clientEndpoint, options));
    this.#closers.push(() => {
      client.close();
    });
    return client;
  }

  worker(dialect: Tongue = 'rfc18', options: ConstructorParameters<typeof RawPeer>[1] = {}): LiveWorker {
    const worker = new LiveWorker(dialect, new RawPeer(this.workerEndpoint, options));
    this.#closers.push(() => {
      worker.close();
    });
    return worker;
  }

  /** A worker that is registered. */
  async registered(service: string, dialect: Tongue = 'rfc18'): Promise<LiveWorker> {
    const worker = this.worker(dialect);
    const before = this.broker.stats().counters.workersReady;
    await worker.ready(service);
    await waitUntil(`${service} to be registered`, () => this.broker.stats().counters.workersReady > before);
    return worker;
  }

  /** Wait until a counter, or whatever the statistics show, is as it should be. */
  async until(what: string, condition: (stats: ReturnType<Broker['stats']>) => boolean): Promise<void> {
    await waitUntil(what, () => condition(this.broker.stats()));
  }

  /** The answer of `mmi.service` about a name. */
  async knows(service: string): Promise<boolean> {
    const asker = this.client();
    await asker.request('mmi.service', service);
    const answer = await asker.hear();
    asker.close();
    return answer === 'final 200';
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0)) close();
    await this.broker.stop({ drainMs: 0 });
  }
}

/** What clients and workers have in common. */
abstract class LivePeer {
  readonly peer: RawPeer;
  /** What came in one message of MX and was not taken. */
  readonly #inbox: Buffer[][] = [];

  constructor(
    readonly dialect: Tongue,
    peer: RawPeer,
  ) {
    this.peer = peer;
  }

  /** The next message; one of MX with many records is as many. */
  protected async receive(timeoutMs?: number): Promise<Buffer[]> {
    if (this.#inbox.length === 0) this.#inbox.push(...splitMx(await this.peer.receive(timeoutMs)));
    return this.#inbox.shift() as Buffer[];
  }

  /** What has arrived and was not taken. */
  protected get arrived(): Buffer[][] {
    return [...this.#inbox, ...this.peer.inbox.flatMap(splitMx)];
  }

  /** Say exactly these frames. */
  async say(...frames: Frames): Promise<void> {
    await this.peer.send(...frames);
  }

  close(): void {
    this.peer.close();
  }
}

function short({ type, body }: Said): string {
  return [type, ...body.map((frame) => frame.toString('latin1'))].join(' ');
}

/** A client that speaks by hand. */
export class LiveClient extends LivePeer {
  #id = 0;

  async request(service: string, ...body: Frames): Promise<void> {
    await this.say(...REQUEST[this.dialect](service, body.length === 0 ? ['x'] : body, ++this.#id));
  }

  /** The next message. */
  async next(timeoutMs?: number): Promise<Said> {
    return readAtClient(this.dialect, await this.receive(timeoutMs));
  }

  /** The next message, in short: `partial a b`, `final`, `error 404`. */
  async hear(timeoutMs?: number): Promise<string> {
    const said = await this.next(timeoutMs);
    const [first, status] = said.body;
    const error = said.type === 'final' && said.body.length === 3 && first?.toString() === 'MDPE01';
    return error ? `error ${String(status)}` : short(said);
  }

  /** Everything up to the end of a reply, in short. */
  async hearAll(): Promise<string[]> {
    const all: string[] = [];
    for (;;) {
      const heard = await this.hear();
      all.push(heard);
      if (!heard.startsWith('partial')) return all;
    }
  }

  /** What has arrived and was not taken. */
  get waiting(): string[] {
    return this.arrived.map((frames) => short(readAtClient(this.dialect, frames)));
  }
}

/** A worker that speaks by hand. */
export class LiveWorker extends LivePeer {
  /** The client address of the REQUEST that came last. */
  address: Buffer = Buffer.from('none');
  #beating: NodeJS.Timeout | undefined;

  async ready(service: string, credit = 1): Promise<void> {
    await this.say(...ready(this.dialect, service, credit));
  }

  async partial(...body: Frames): Promise<void> {
    await this.say(...workerReply(this.dialect, 'partial', this.address, body));
  }

  async final(...body: Frames): Promise<void> {
    await this.say(...workerReply(this.dialect, 'final', this.address, body));
  }

  async beat(): Promise<void> {
    await this.say(...workerSignal(this.dialect, 'heartbeat'));
  }

  async disconnect(): Promise<void> {
    await this.say(...workerSignal(this.dialect, 'disconnect'));
  }

  /** Send HEARTBEATs by itself from now on. */
  beatEvery(ms: number): this {
    this.#beating ??= setInterval(() => void this.beat(), ms);
    return this;
  }

  /** The next message, HEARTBEATs included. */
  async next(timeoutMs?: number): Promise<Said> {
    const said = readAtWorker(this.dialect, await this.receive(timeoutMs));
    if (said.address !== undefined) this.address = said.address;
    return said;
  }

  /** The next message that is no HEARTBEAT, in short: `request a b`, `disconnect`. */
  async hear(timeoutMs?: number): Promise<string> {
    for (;;) {
      const said = await this.next(timeoutMs);
      if (said.type !== 'heartbeat') return short(said);
    }
  }

  /** What has arrived and was not taken, in short. */
  get waiting(): string[] {
    return this.arrived.map((frames) => short(readAtWorker(this.dialect, frames)));
  }

  /** Answer each request with its own body until a test ends. */
  async echo(): Promise<void> {
    for (;;) {
      const said = await this.next(60_000);
      if (said.type === 'request') await this.final(...said.body);
    }
  }

  override close(): void {
    clearInterval(this.#beating);
    this.#beating = undefined;
    super.close();
  }
}
