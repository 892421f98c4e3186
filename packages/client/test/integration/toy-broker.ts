// SPDX-License-Identifier: Apache-2.0
// toy-broker - a broker played by a test: it sees every frame and answers what the test says

import { expect } from '@jest/globals';
import type { Dialect, Frame } from '@mdp/protocol';
import { bytes, decodeAtBroker, encodeClientReply, encodeErrorReply, text } from '@mdp/protocol';
import { freePort, waitUntil } from '@mdp/testkit';
import { Router } from 'zeromq';

/** A request as it arrived. */
export class ToyRequest {
  readonly dialect: Dialect;
  readonly service: string;
  /** The body as text, frame by frame. */
  readonly body: string[];
  /** Its connection: another one has another. */
  readonly peer: string;
  readonly #envelope: Frame[];

  constructor(
    readonly socket: Router,
    readonly frames: readonly Buffer[],
  ) {
    const request = decodeAtBroker(frames, 1);
    if (request.type !== 'request') throw new Error(`no request: ${JSON.stringify(request)}`);
    this.dialect = request.dialect;
    this.service = request.service;
    this.body = request.body.map((frame) => text(frame) ?? '(bytes)');
    this.peer = (frames[0] as Buffer).toString('latin1');
    this.#envelope = [frames[0] as Buffer, ...request.address];
  }

  async partial(...body: string[]): Promise<void> {
    await this.#send('partial', body.map(bytes));
  }

  async final(...body: string[]): Promise<void> {
    await this.#send('final', body.map(bytes));
  }

  async error(status: number, message: string): Promise<void> {
    await this.#send('final', encodeErrorReply(status, message));
  }

  /** Send these frames instead of a reply. */
  async raw(...frames: (Uint8Array | string)[]): Promise<void> {
    await this.socket.send([this.frames[0] as Buffer, ...frames]);
  }

  async #send(type: 'partial' | 'final', body: Frame[]): Promise<void> {
    await this.socket.send(encodeClientReply(this.dialect, this.#envelope, type, bytes(this.service), body));
  }
}

type Answer = (request: ToyRequest) => Promise<void>;

/** A broker that hands its requests to the test one by one, or answers by a function. */
export class ToyBroker {
  /** Every request so far. */
  readonly seen: ToyRequest[] = [];
  readonly socket = new Router({ linger: 0, mandatory: true, sendTimeout: 0, sendHighWaterMark: 0 });
  readonly #answer: Answer | undefined;
  #taken = 0;
  #serving = Promise.resolve();

  private constructor(answer: Answer | undefined) {
    this.#answer = answer;
  }

  /** @param endpoint - where to listen; without one on any free port */
  static async bind(answer?: Answer, endpoint = 'tcp://127.0.0.1:*'): Promise<ToyBroker> {
    const broker = new ToyBroker(answer);
    try {
      await broker.socket.bind(endpoint);
    } catch (error) {
      broker.socket.close();
      throw error;
    }
    broker.#serving = broker.#serve();
    // Whoever closes it meets the error.
    broker.#serving.catch(() => undefined);
    return broker;
  }

  /**
   * Bind one where it can die and come back: on a port that the system gives to nobody else meanwhile.
   *
   * @param endpoint - where it was before; a broker that just died may hold on to its port for a moment
   */
  static async mortal(answer?: Answer, endpoint?: string): Promise<ToyBroker> {
    const where = endpoint ?? `tcp://127.0.0.1:${String(await freePort())}`;
    return waitUntil(`a bind to ${where}`, () =>
      ToyBroker.bind(answer, where).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'EADDRINUSE' });
        return undefined;
      }),
    );
  }

  get endpoint(): string {
    return this.socket.lastEndpoint ?? '';
  }

  /** The connections that requests came on. */
  get peers(): Set<string> {
    return new Set(this.seen.map(({ peer }) => peer));
  }

  /** How many requests came that {@link next} has not given out. */
  get untaken(): number {
    return this.seen.length - this.#taken;
  }

  /** The next request that was not yet taken. */
  async next(): Promise<ToyRequest> {
    await waitUntil('a request at the toy broker', () => this.untaken > 0);
    return this.seen[this.#taken++] as ToyRequest;
  }

  async #serve(): Promise<void> {
    for await (const frames of this.socket) {
      const request = new ToyRequest(this.socket, frames);
      this.seen.push(request);
      await this.#answer?.(request).catch((error: unknown) => {
        // The client may be gone, or this broker closed in the middle: then there is nobody to answer.
        if ((error as { code?: unknown }).code !== 'EHOSTUNREACH' && !this.socket.closed) throw error;
      });
    }
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.#serving;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
