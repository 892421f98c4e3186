// SPDX-License-Identifier: Apache-2.0
// security - what encrypts a broker's sockets and decides who may connect: its key, its lists, its ZeroMQ context

import type { CurveKeyPair } from '@mdp/protocol/node';
import type { Router, SocketOptions } from 'zeromq';
import { Context } from 'zeromq';
import type { SocketGroup } from '../endpoint-options.js';
import type { ListeningStats } from '../stats.js';
import { asError } from '../system-error.js';
import { AllowFiles } from './allow-files.js';
import type { ConnectionRefusal, Gate, GatekeeperHost, RefusalReason } from './gatekeeper.js';
import { Gatekeeper } from './gatekeeper.js';

/** How long keys that have got in are not looked at, at most, in milliseconds. */
const LONGEST_WITHOUT_A_LOOK_MS = 60_000;

/** What it tells. */
export interface SecurityHost extends Pick<GatekeeperHost, 'failed'> {
  accepted(): void;
  refused(refusal: ConnectionRefusal): void;
  /** These keys have got in by a socket and are not good any more: who is connected there must prove again who it is. */
  revoked(group: SocketGroup, keys: readonly string[]): void;
  /** The lists were read again, because they changed or because that was asked for. */
  reloaded(keys: number): void;
}

/** A socket, and the list of those who may pass. */
interface Guarded {
  readonly group: SocketGroup;
  readonly files: AllowFiles;
}

/** What came of those who wanted to connect to a socket. */
interface Tally {
  accepted: number;
  readonly refused: Partial<Record<RefusalReason, number>>;
}

/** Guards the encrypted sockets of a broker. */
export class Security {
  readonly #keys: CurveKeyPair;
  readonly #host: SecurityHost;
  readonly #handshakeTimeoutMs: number;
  readonly #domains: ReadonlyMap<SocketGroup, string>;
  /** The sockets that have lists, by domain. */
  readonly #guarded: ReadonlyMap<string, Guarded>;
  readonly #gates: ReadonlyMap<string, Gate>;
  #context: Context | undefined;
  #gatekeeper: Gatekeeper | undefined;
  readonly #tallies = new Map<string, Tally>();
  /** The keys that have got in, where a list says which may. */
  readonly #inside = new Map<Guarded, Set<string>>();
  /** The fault of a list that could not be read again, as it was told. */
  readonly #faults = new Map<AllowFiles, string>();
  #watches: (() => void)[] = [];
  /** Looks for keys that have expired, and when. */
  #expiry: NodeJS.Timeout | undefined;
  #expiryAt = Infinity;

  /**
   * Read all lists.
   *
   * @param handshakeTimeoutMs - after so long a peer that was not let in is gone
   * @throws ArgumentError `MDP_INVALID_ARGUMENT` that names the file and what is wrong with it
   */
  constructor(keys: CurveKeyPair, groups: readonly SocketGroup[], host: SecurityHost, handshakeTimeoutMs: number) {
    this.#keys = keys;
    this.#host = host;
    this.#handshakeTimeoutMs = handshakeTimeoutMs;
    const encrypted = groups.filter(({ curve }) => curve);
    this.#domains = new Map(encrypted.map((group, i) => [group, `mdp-${String(i)}`]));
    for (const domain of this.#domains.values()) this.#tallies.set(domain, { accepted: 0, refused: {} });
    const files = new Map<string, Guarded>();
    const gates = new Map<string, Gate>();
    for (const [group, domain] of this.#domains) {
      const { allow } = group;
      if (typeof allow === 'function') gates.set(domain, { callback: allow });
      else if (allow === undefined) gates.set(domain, {});
      else {
        const list = new AllowFiles('allow', allow);
        files.set(domain, { group, files: list });
        gates.set(domain, { list: () => list.list });
      }
    }
    this.#guarded = files;
    this.#gates = gates;
  }

  /** Begin to answer ZeroMQ's questions, in a context of its own, and to look for changes of the lists. */
  async start(): Promise<void> {
    this.#context = new Context();
    const { failed } = this.#host;
    const refused = (domain: string, refusal: ConnectionRefusal): void => {
      const counts = this.#tallies.get(domain)?.refused;
      if (counts !== undefined) counts[refusal.reason] = (counts[refusal.reason] ?? 0) + 1;
      this.#host.refused(refusal);
    };
    const accepted = (domain: string, key: string): void => {
      this.#accepted(domain, key);
    };
    const host = { accepted, refused, failed };
    const gatekeeper = new Gatekeeper(this.#context, this.#gates, host, this.#handshakeTimeoutMs);
    this.#gatekeeper = gatekeeper;
    await gatekeeper.start();
    const onError = (error: unknown): void => {
      this.#host.failed(asError(error));
    };
    for (const { files } of this.#guarded.values()) {
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
    const context = this.#context;
    if (context === undefined) throw new Error('a guarded socket is wanted before its guard');
    return { context, curveServer: true, curveSecretKey: secretKey, zapDomain: domain, zapEnforceDomain: true };
  }

  /** Whom an encrypted socket has let in, and whom not; and how many keys its list has, if it has one. */
  keysOf(group: SocketGroup): Pick<ListeningStats, 'keysListed' | 'keysAccepted' | 'keysRefused'> {
    const domain = this.#domains.get(group) ?? '';
    const { accepted = 0, refused = {} } = this.#tallies.get(domain) ?? {};
    const guarded = this.#guarded.get(domain);
    const keysListed = guarded === undefined ? {} : { keysListed: guarded.files.list.size };
    return { ...keysListed, keysAccepted: accepted, keysRefused: { ...refused } };
  }

  /** Read all lists again. A list that has a fault stays as it was, and the fault is told; by itself not twice in a row. */
  reload(): void {
    for (const { files } of this.#guarded.values()) this.#reload(files, true);
  }

  #reload(files: AllowFiles, asked: boolean): void {
    let changed: boolean;
    try {
      changed = files.reload();
    } catch (error) {
      const fault = asError(error);
      // A log that is kept beside the list would otherwise change its folder with each line, for ever.
      if (asked || this.#faults.get(files) !== fault.message) this.#host.failed(fault);
      this.#faults.set(files, fault.message);
      return;
    }
    const mended = this.#faults.delete(files);
    if (changed || asked || mended) this.#host.reloaded(files.list.size);
    if (changed) this.#review();
  }

  #accepted(domain: string, key: string): void {
    const tally = this.#tallies.get(domain);
    if (tally !== undefined) tally.accepted++;
    this.#host.accepted();
    const guarded = this.#guarded.get(domain);
    if (guarded === undefined) return;
    const inside = this.#inside.get(guarded) ?? new Set();
    this.#inside.set(guarded, inside.add(key));
    this.#reviewAt(guarded.files.list.find(key)?.expiresAt ?? Infinity);
  }

  /** ZeroMQ asks once, and keeps who has got in. So keys that are not good any more have to be looked for. */
  #review(): void {
    const now = Date.now();
    clearTimeout(this.#expiry);
    this.#expiryAt = Infinity;
    for (const [{ group, files }, inside] of this.#inside) {
      const revoked: string[] = [];
      for (const key of inside) {
        if (files.list.verdict(key, now) === 'allowed') this.#reviewAt(files.list.find(key)?.expiresAt ?? Infinity);
        else revoked.push(key);
      }
      if (revoked.length === 0) continue;
      // Whose key is good comes in again.
      inside.clear();
      this.#host.revoked(group, revoked);
    }
  }

  /** A key that has got in expires then. */
  #reviewAt(at: number): void {
    if (at >= this.#expiryAt) return;
    clearTimeout(this.#expiry);
    this.#expiryAt = at;
    // Timers do not see that the system's clock was set: it is looked at again before long.
    const inMs = Math.min(LONGEST_WITHOUT_A_LOOK_MS, Math.max(1, at - Date.now()));
    this.#expiry = setTimeout(() => {
      this.#review();
    }, inMs).unref();
  }

  /** Let nobody in any more. */
  close(): void {
    clearTimeout(this.#expiry);
    for (const end of this.#watches) end();
    this.#watches = [];
    this.#gatekeeper?.close();
  }
}
