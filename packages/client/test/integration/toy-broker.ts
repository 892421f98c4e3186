// SPDX-License-Identifier: Apache-2.0
// toy-broker - a broker played by a test: it sees every frame and answers what the test says

import { expect } from '@jest/globals';
import type { Dialect, Frame } from '@mdp/protocol';
import { bytes, decodeAtBroker, encodeClientReply, encodeErrorReply, text } from '@mdp/protocol';
import { RawBroker, freePort, waitUntil } from '@mdp/testkit';

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
    readonly broker: RawBroker,
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
    await this.broker.send(this.frames[0] as Buffer, ...frames);
  }

  async #send(type: 'partial' | 'final', body: Frame[]): Promise<void> {
    await this.broker.send(...encodeClientReply(this.dialect, this.#envelope, type, bytes(this.service), body));
  }
}

/** A broker that hands its requests to the test one by one, or answers by a function. */
export class ToyBroker {
  /** Every request so far. */
  readonly seen: ToyRequest[] = [];
  #taken = 0;
  #closed = false;
  readonly #answer: ((request: ToyRequest) => Promise<void>) | undefined;
  readonly #serving: Promise<void>;

  private constructor(
    readonly raw: RawBroker,
    answer?: (request: ToyRequest) => Promise<void>,
  ) {
    this.#answer = answer;
    this.#serving = this.#serve();
  }

  static async bind(answer?: (request: ToyRequest) => Promise<void>, endpoint?: string): Promise<ToyBroker> {
    return new ToyBroker(await RawBroker.bind(endpoint), answer);
  }

  /**
   * Bind one where it can die and come back: on a port that the system gives to nobody else meanwhile.
   *
   * @param endpoint - where it was before; a broker that just died may hold on to its port for a moment
   */
  static async mortal(answer?: (request: ToyRequest) => Promise<void>, endpoint?: string): Promise<ToyBroker> {
    const where = endpoint ?? `tcp://127.0.0.1:${String(await freePort())}`;
    return waitUntil(`a bind to ${where}`, () =>
      ToyBroker.bind(answer, where).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'EADDRINUSE' });
        return undefined;
      }),
    );
  }

  get endpoint(): string {
    return this.raw.endpoint;
  }

  /** The connections that requests came on. */
  get peers(): Set<string> {
    return new Set(this.seen.map(({ peer }) => peer));
  }

  /** The next request that was not yet taken. */
  async next(): Promise<ToyRequest> {
    const frames = this.#answer === undefined ? await this.raw.receive() : undefined;
    if (frames !== undefined) this.seen.push(new ToyRequest(this.raw, frames));
    return this.seen[this.#taken++] as ToyRequest;
  }

  async #serve(): Promise<void> {
    if (this.#answer === undefined) return;
    while (!this.#closed) {
      const frames = this.raw.inbox.shift();
      if (frames === undefined) await new Promise((resolve) => setImmediate(resolve));
      else {
        const request = new ToyRequest(this.raw, frames);
        this.seen.push(request);
        await this.#answer(request);
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#serving;
    this.raw.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
