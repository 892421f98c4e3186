// SPDX-License-Identifier: Apache-2.0
// curve-peer - a client with a key, frame by frame

import { RawPeer } from '@mdp/testkit';
import type { CurveKeyPair } from '@mdp/protocol/node';

/** A client of an encrypted broker. It connects at once; only who is let in may ask: to others nothing can be sent. */
export class CurvePeer implements Disposable {
  readonly #peer: RawPeer;

  constructor(endpoint: string, serverKey: string, { publicKey, secretKey }: CurveKeyPair) {
    const keys = { curveServerKey: serverKey, curvePublicKey: publicKey, curveSecretKey: secretKey };
    this.#peer = new RawPeer(endpoint, keys);
  }

  /** Ask for a service, and get the body of the reply as text. */
  async ask(service: string, body = ''): Promise<string[]> {
    await this.#peer.send('MDPC02', '\x01', service, body);
    const [, , , ...reply] = await this.#peer.receive();
    return reply.map(String);
  }

  [Symbol.dispose](): void {
    this.#peer.close();
  }
}

/** What a broker answers who is let in and asks whether a service is there that is not. */
export const LET_IN = ['404'];

/** Ask whether a service is there that is not: only who is let in is answered. */
export async function enter(endpoint: string, serverKey: string, keys: CurveKeyPair): Promise<string[]> {
  using peer = new CurvePeer(endpoint, serverKey, keys);
  // Not before the answer has come may it be closed.
  return await peer.ask('mmi.service', 'none');
}

/** Connect, and stay until something has come true: who is not let in is refused without having asked anything. */
export async function knock<T>(
  endpoint: string,
  serverKey: string,
  keys: CurveKeyPair,
  until: () => Promise<T>,
): Promise<T> {
  const peer = new CurvePeer(endpoint, serverKey, keys);
  try {
    return await until();
  } finally {
    peer[Symbol.dispose]();
  }
}
