// SPDX-License-Identifier: Apache-2.0
// security - what encrypts a broker's sockets and decides who may connect: its key, its lists, its ZeroMQ context

import type { CurveKeyPair } from '@mdp/protocol/node';
import type { Router, SocketOptions } from 'zeromq';
import { Context } from 'zeromq';
import type { SocketGroup } from '../endpoint-options.js';
import { asError } from '../system-error.js';
import { AllowFiles } from './allow-files.js';
import type { Gate, GatekeeperHost } from './gatekeeper.js';
import { Gatekeeper } from './gatekeeper.js';

/** What it tells. */
export interface SecurityHost extends GatekeeperHost {
  /** The lists were read again, because they changed or because that was asked for. */
  reloaded(keys: number): void;
}

/** Guards the encrypted sockets of a broker. */
export class Security {
  readonly #keys: CurveKeyPair;
  readonly #host: SecurityHost;
  readonly #domains: ReadonlyMap<SocketGroup, string>;
  readonly #files: readonly AllowFiles[];
  readonly #gates: ReadonlyMap<string, Gate>;
  #context: Context | undefined;
  #gatekeeper: Gatekeeper | undefined;
  #watches: (() => void)[] = [];

  /**
   * Read all lists.
   *
   * @throws ArgumentError `MDP_INVALID_ARGUMENT` that names the file and what is wrong with it
   */
  constructor(keys: CurveKeyPair, groups: readonly SocketGroup[], host: SecurityHost) {
    this.#keys = keys;
    this.#host = host;
    const encrypted = groups.filter(({ curve }) => curve);
    this.#domains = new Map(encrypted.map((group, i) => [group, `mdp-${String(i)}`]));
    const files: AllowFiles[] = [];
    const gates = new Map<string, Gate>();
    for (const [{ allow }, domain] of this.#domains) {
      if (typeof allow === 'function') gates.set(domain, { callback: allow });
      else if (allow === undefined) gates.set(domain, {});
      else {
        const list = new AllowFiles('allow', allow);
        files.push(list);
        gates.set(domain, { list: () => list.list });
      }
    }
    this.#files = files;
    this.#gates = gates;
  }

  /** Begin to answer ZeroMQ's questions, in a context of its own, and to look for changes of the lists. */
  async start(): Promise<void> {
    this.#context = new Context();
    const gatekeeper = new Gatekeeper(this.#context, this.#gates, this.#host);
    this.#gatekeeper = gatekeeper;
    await gatekeeper.start();
    const onError = (error: unknown): void => {
      this.#host.failed(asError(error));
    };
    for (const files of this.#files) {
      try {
        const onChange = (): void => {
          this.#reload(files, false);
        };
        this.#watches.push(files.watch(onChange, onError));
      } catch (error) {
        // Where files cannot be watched, they are read again when that is asked for.
        onError(error);
      }
    }
  }

  /**
   * What a socket must be set to, to be encrypted and guarded. That the domain is enforced makes ZeroMQ refuse everybody
   * when nobody answers its questions; without it, it would let everybody in.
   */
  optionsFor(group: SocketGroup): SocketOptions<Router> {
    const domain = this.#domains.get(group);
    if (domain === undefined) return {};
    const { secretKey } = this.#keys;
    const context = this.#context ?? new Context();
    return { context, curveServer: true, curveSecretKey: secretKey, zapDomain: domain, zapEnforceDomain: true };
  }

  /** Read all lists again. A list that has a fault stays as it was, and the fault is told. */
  reload(): void {
    for (const files of this.#files) this.#reload(files, true);
  }

  #reload(files: AllowFiles, asked: boolean): void {
    let changed: boolean;
    try {
      changed = files.reload();
    } catch (error) {
      this.#host.failed(asError(error));
      return;
    }
    if (changed || asked) this.#host.reloaded(files.list.size);
  }

  /** Let nobody in any more. */
  close(): void {
    for (const end of this.#watches) end();
    this.#watches = [];
    this.#gatekeeper?.close();
  }
}
