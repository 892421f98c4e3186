// SPDX-License-Identifier: Apache-2.0
// gatekeeper - answers ZeroMQ's questions who may connect, for all encrypted sockets of a broker

import type { Frame } from '@mdp/protocol';
import type { Context } from 'zeromq';
import { Router } from 'zeromq';
import { asError } from '../system-error.js';
import type { AllowList } from './allow-list.js';
import type { ZapRequest, ZapStatus } from './zap.js';
import { ZAP_ENDPOINT, decodeZapRequest, encodeZapReply } from './zap.js';

/** A peer that wants to connect. */
export interface ConnectingPeer {
  /** Its public key, in Z85: it has proved that it has the secret one. */
  readonly key: string;
  /** Its IP address; empty over ipc. */
  readonly address: string;
}

/**
 * Decides whether a peer may connect: `true` lets it in. What is thrown, or rejected with, refuses the peer, and so does
 * taking longer than `handshakeTimeoutMs`.
 */
export type AllowCallback = (peer: ConnectingPeer) => boolean | Promise<boolean>;

/** Why a peer may not connect. */
export type RefusalReason =
  /** Its key is not on the list. */
  | 'unknownKey'
  /** Its key is on the list and has expired. */
  | 'expiredKey'
  /** The callback said no. */
  | 'denied'
  /** The callback failed, or took too long. */
  | 'failed'
  /** Too many wait for the callback; it may come again. */
  | 'busy'
  /** ZeroMQ's question was not understood. */
  | 'malformed';

/** A peer that was not let in. */
export interface ConnectionRefusal extends ConnectingPeer {
  readonly reason: RefusalReason;
  /** Whose key it is, as far as the list says; empty otherwise. */
  readonly name: string;
}

/** Who may pass to one socket: who is on the list, and whom the callback lets in; without either, everybody with a key. */
export interface Gate {
  /** The list as it is now. */
  readonly list?: () => AllowList;
  readonly callback?: AllowCallback;
}

/** What a gatekeeper tells. */
export interface GatekeeperHost {
  accepted(domain: string, key: string): void;
  /** @param domain - empty when the question was not understood */
  refused(domain: string, refusal: ConnectionRefusal): void;
  /** Something failed in a way that is not expected. Nobody is let in by it. */
  failed(error: Error): void;
}

/** The most peers that a callback is asked about at once. */
const ASKED_AT_MOST = 1000;

/** How long reading rests after a failure that was not expected, in milliseconds. */
const FAILURE_PAUSE_MS = 20;

const STATUS: Readonly<Record<RefusalReason, ZapStatus>> = {
  unknownKey: 400,
  expiredKey: 400,
  denied: 400,
  failed: 500,
  busy: 300,
  malformed: 500,
};

/** A callback has taken too long. */
class LateError extends Error {}

/**
 * The ZAP handler. It must be bound before any socket that it guards, in the same context, which is its broker's own: there
 * is one handler to a context.
 *
 * Whatever goes wrong, nobody gets in: a peer whose question is not answered waits until the time of the handshake is over.
 */
export class Gatekeeper {
  readonly #socket: Router;
  readonly #gates: ReadonlyMap<string, Gate>;
  readonly #host: GatekeeperHost;
  readonly #askAtMostMs: number;
  #asked = 0;
  #closed = false;

  /**
   * @param gates - by domain: the name that the socket has set
   * @param askAtMostMs - how long a callback is waited for: as long as a handshake may take
   */
  constructor(context: Context, gates: ReadonlyMap<string, Gate>, host: GatekeeperHost, askAtMostMs: number) {
    this.#socket = new Router({ context, linger: 0, sendTimeout: 0 });
    this.#gates = gates;
    this.#host = host;
    this.#askAtMostMs = askAtMostMs;
  }

  /** Begin to answer. */
  async start(): Promise<void> {
    await this.#socket.bind(ZAP_ENDPOINT);
    void this.#run();
  }

  /** Answer no more: nobody gets in. */
  close(): void {
    this.#closed = true;
    this.#socket.close();
  }

  async #run(): Promise<void> {
    while (!this.#isClosed()) {
      try {
        this.#answer(await this.#socket.receive());
      } catch (error) {
        if (this.#isClosed()) return;
        this.#host.failed(asError(error));
        await new Promise((resolve) => setTimeout(resolve, FAILURE_PAUSE_MS));
      }
    }
  }

  #answer(frames: readonly Frame[]): void {
    const request = decodeZapRequest(frames);
    if (request === undefined) {
      this.#host.refused('', { key: '', address: '', name: '', reason: 'malformed' });
      return;
    }
    const gate = this.#gates.get(request.domain);
    if (gate === undefined || request.key === undefined) {
      this.#refuse(request, 'malformed');
      return;
    }
    const list = gate.list?.();
    const verdict = list?.verdict(request.key, Date.now()) ?? 'allowed';
    if (verdict !== 'allowed') this.#refuse(request, verdict, list?.find(request.key)?.name);
    else if (gate.callback === undefined) this.#accept(request, request.key);
    else if (this.#asked >= ASKED_AT_MOST) this.#refuse(request, 'busy');
    else void this.#ask(request, request.key, gate.callback);
  }

  async #ask(request: ZapRequest, key: string, callback: AllowCallback): Promise<void> {
    this.#asked++;
    let timer: NodeJS.Timeout | undefined;
    // The peer has gone by then. Who is waited for longer would keep its place from others, for ever if it never answers.
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new LateError(`allow has not answered within handshakeTimeoutMs (${String(this.#askAtMostMs)} ms)`));
      }, this.#askAtMostMs).unref();
    });
    try {
      // Anything but true is a no: a callback that forgot to return has not decided.
      const allowed: unknown = await Promise.race([callback({ key, address: request.address }), late]);
      if (allowed === true) this.#accept(request, key);
      else this.#refuse(request, 'denied');
    } catch (error) {
      // Nobody waits for an answer that comes too late: ZeroMQ ends the handshake by itself.
      if (error instanceof LateError) this.#tell(request, 'failed');
      else this.#refuse(request, 'failed');
      this.#host.failed(asError(error));
    } finally {
      clearTimeout(timer);
      this.#asked--;
    }
  }

  #accept(request: ZapRequest, key: string): void {
    this.#host.accepted(request.domain, key);
    this.#send(request, 200);
  }

  #tell({ domain, key = '', address }: ZapRequest, reason: RefusalReason, name = ''): void {
    this.#host.refused(domain, { key, address, name, reason });
  }

  #refuse(request: ZapRequest, reason: RefusalReason, name?: string): void {
    this.#tell(request, reason, name);
    this.#send(request, STATUS[reason]);
  }

  #send(request: ZapRequest, status: ZapStatus): void {
    if (this.#isClosed()) return;
    // The one who asked may be gone: ZeroMQ drops what is said to it.
    this.#socket.send(encodeZapReply(request, status) as Buffer[]).catch((error: unknown) => {
      if (!this.#isClosed()) this.#host.failed(asError(error));
    });
  }

  #isClosed(): boolean {
    return this.#closed;
  }
}
