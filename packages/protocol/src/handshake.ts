// SPDX-License-Identifier: Apache-2.0
// handshake - what the monitor of a connecting socket tells of handshakes that fail, read into plain words

/** Why a connection could not be made. */
export interface Refusal {
  /**
   * - `final`: the other side said no, or speaks another mechanism. ZeroMQ never tries again on this socket
   * - `closed`: it hung up on an encrypted handshake, which ZeroMQ tries again. {@link MOST_CLOSINGS} of them mean no
   * - `unreachable`: nobody was there, or did not say why not. ZeroMQ tries again
   */
  readonly verdict: 'final' | 'closed' | 'unreachable';
  /** What stands in its way: `this key is not allowed (curve)`. */
  readonly reason: string;
}

/** An event of a monitor, as far as it matters here. */
export interface ConnectEvent {
  readonly type: string;
  readonly error?: { readonly message: string; readonly code?: unknown; readonly status?: unknown };
}

/**
 * Who takes another key for the broker's sees nothing but closed handshakes, and who encrypts where the broker does not often
 * sees the same: so many in a row are taken for a no.
 */
export const MOST_CLOSINGS = 5;

/** What the operating system says of a connection that the other side has closed. */
const CLOSED: readonly unknown[] = ['EPIPE', 'ECONNRESET'];

/** What is said of a broker that has closed so many handshakes in a row. */
export function closedInARow(times: number): string {
  return `it closed the handshake ${String(times)} times: is serverKey its key, and does it encrypt?`;
}

/**
 * Reads the events of one socket, in order. libzmq tells of one failed try in two or three of them, the most telling first:
 *
 * ```text
 * nobody listens               connect:delay, close, connect:retry
 * it was closed, or too slow   connect, handshake:error:other, disconnect, connect:retry
 * it was refused, or cannot be connect, handshake:error:auth or :protocol, disconnect, and then nothing, ever
 * ```
 */
export class HandshakeReader {
  readonly #encrypted: boolean;
  /** Something was said of this try already. */
  #told = false;

  /** @param encrypted - whether the socket has a key */
  constructor(encrypted: boolean) {
    this.#encrypted = encrypted;
  }

  /**
   * Read an event that came before a handshake was done.
   *
   * @returns what it says about the connection; `undefined` when nothing, or nothing new
   */
  read({ type, error }: ConnectEvent): Refusal | undefined {
    switch (type) {
      case 'connect:delay':
      case 'connect':
        this.#told = false;
        return undefined;
      case 'handshake:error:auth':
        return { verdict: 'final', reason: this.#notAllowed(error?.status) };
      case 'handshake:error:protocol':
        return { verdict: 'final', reason: this.#failed(error) };
      case 'handshake:error:other':
        this.#told = true;
        return this.#closed(error);
      case 'disconnect':
        return this.#tell('the connection was closed during the handshake');
      case 'close':
        return this.#tell('refused or unreachable');
      case 'connect:retry': {
        const refusal = this.#tell('refused or unreachable');
        this.#told = false;
        return refusal;
      }
      default:
        return undefined;
    }
  }

  #tell(reason: string): Refusal | undefined {
    if (this.#told) return undefined;
    this.#told = true;
    return { verdict: 'unreachable', reason };
  }

  /** The statuses are those of ZAP (RFC 27). */
  #notAllowed(status: unknown): string {
    if (status === 300) return 'it cannot check who connects now: it may be tried again (status 300)';
    if (status === 500) return 'it failed to check who connects (status 500)';
    return this.#encrypted ? 'this key is not allowed (curve)' : 'this peer is not allowed';
  }

  #failed(error: ConnectEvent['error']): string {
    const code = typeof error?.code === 'string' ? error.code : error?.message;
    if (code === 'ERR_ZMTP_MECHANISM_MISMATCH') {
      return this.#encrypted
        ? 'it is not encrypted, and this side has keys (curve)'
        : 'it expects an encrypted connection (curve)';
    }
    return `the handshake failed (${code ?? 'unknown'})`;
  }

  #closed(error: ConnectEvent['error']): Refusal {
    if (!CLOSED.includes(error?.code)) {
      return { verdict: 'unreachable', reason: 'the handshake was not answered in time' };
    }
    return this.#encrypted
      ? { verdict: 'closed', reason: 'it closed the handshake (is serverKey its key, and does it encrypt?)' }
      : {
          verdict: 'unreachable',
          reason: 'it closed the handshake: perhaps it expects an encrypted connection (curve)',
        };
  }
}
