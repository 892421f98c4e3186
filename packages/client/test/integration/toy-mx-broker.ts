// SPDX-License-Identifier: Apache-2.0
// toy-mx-broker - a broker played by a test that speaks MX, or does not: it sees every frame and says what it is told

import { expect } from '@jest/globals';
import type { Frame, MxRecord } from '@mdp/protocol';
import {
  MX_SERVICE,
  bytes,
  decodeAtBroker,
  decodeMx,
  encodeClientReply,
  encodeErrorReply,
  encodeMx,
  isMxFrame,
  text,
} from '@mdp/protocol';
import { freePort, waitUntil } from '@mdp/testkit';
import { Router } from 'zeromq';

/** How a broker answers the question whether it speaks MX. `foreign` ones do not speak it, whatever they answer. */
export type MxAnswer = 'yes' | '501' | '404' | 'silence' | 'garbage';

/** A request that came by MX. */
export class ToyMxRequest {
  /** The body as text, frame by frame. */
  readonly body: string[];

  constructor(
    readonly broker: ToyMxBroker,
    readonly peer: string,
    readonly id: number,
    readonly service: string,
    readonly deadlineMs: number,
    readonly frames: readonly Frame[],
  ) {
    this.body = frames.map((frame) => text(frame) ?? '(bytes)');
  }

  /** Say something about this request. */
  async reply(type: 'partial' | 'final', ...body: (string | Frame)[]): Promise<void> {
    await this.broker.say(this.peer, {
      type,
      id: this.id,
      body: body.map((frame) => (typeof frame === 'string' ? bytes(frame) : frame)),
    });
  }

  async final(...body: (string | Frame)[]): Promise<void> {
    await this.reply('final', ...body);
  }
}

type Turn = (requests: ToyMxRequest[], broker: ToyMxBroker) => Promise<void>;

/** Answer all requests of a message with one message. */
export async function echo(requests: ToyMxRequest[], broker: ToyMxBroker): Promise<void> {
  const [first] = requests;
  if (first === undefined) return;
  await broker.say(first.peer, ...requests.map(({ id, frames }) => ({ type: 'final', id, body: frames }) as const));
}

/** Strict requests get their body back, or a 404 for the service `missing`; those by MX go to the test. */
export class ToyMxBroker {
  readonly socket: Router;
  /** Every MX message so far, as its records. */
  readonly messages: MxRecord[][] = [];
  /** Every request that came by MX. */
  readonly seen: ToyMxRequest[] = [];
  /** The services of the strict requests. */
  readonly strict: string[] = [];
  /** Messages that came, those that were neither MX nor strict, too. */
  count = 0;
  readonly #answer: MxAnswer;
  readonly #turn: Turn | undefined;
  #taken = 0;
  #reading: Promise<void> = Promise.resolve();

  private constructor(answer: MxAnswer, turn: Turn | undefined, receiveHighWaterMark: number) {
    this.#answer = answer;
    this.#turn = turn;
    this.socket = new Router({
      linger: 0,
      mandatory: true,
      sendTimeout: 0,
      sendHighWaterMark: 0,
      receiveHighWaterMark,
    });
  }

  /** @param turn - what is done with the requests of each message; without it the test takes them one by one */
  static async bind(
    answer: MxAnswer,
    turn?: Turn,
    { endpoint = 'tcp://127.0.0.1:*', receiveHighWaterMark = 0, reading = true } = {},
  ): Promise<ToyMxBroker> {
    const broker = new ToyMxBroker(answer, turn, receiveHighWaterMark);
    try {
      await broker.socket.bind(endpoint);
    } catch (error) {
      broker.socket.close();
      throw error;
    }
    if (reading) broker.read();
    return broker;
  }

  /** Bind one where it can die and another one come in its place. */
  static async mortal(answer: MxAnswer, turn: Turn | undefined, endpoint?: string): Promise<ToyMxBroker> {
    const where = endpoint ?? `tcp://127.0.0.1:${String(await freePort())}`;
    return waitUntil(`a bind to ${where}`, () =>
      ToyMxBroker.bind(answer, turn, { endpoint: where }).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'EADDRINUSE' });
        return undefined;
      }),
    );
  }

  get endpoint(): string {
    return this.socket.lastEndpoint ?? '';
  }

  /** Whether requests by MX are answered without the test. */
  get answers(): boolean {
    return this.#turn !== undefined;
  }

  /** The next request by MX that was not yet taken. */
  async next(): Promise<ToyMxRequest> {
    await waitUntil('a request by MX', () => this.seen.length > this.#taken);
    return this.seen[this.#taken++] as ToyMxRequest;
  }

  /** The records of one kind that came. */
  of<T extends MxRecord['type']>(type: T): Extract<MxRecord, { type: T }>[] {
    return this.messages.flat().filter((record) => record.type === type) as Extract<MxRecord, { type: T }>[];
  }

  /** Send one message. */
  async say(peer: string, ...records: MxRecord<Frame>[]): Promise<void> {
    await this.raw(peer, ...encodeMx(records));
  }

  /** Send these frames. */
  async raw(peer: string, ...frames: (Uint8Array | string)[]): Promise<void> {
    await this.socket.send([Buffer.from(peer, 'latin1'), ...frames]);
  }

  /** Begin to read. */
  read(): void {
    this.#reading = this.#read();
    // Whoever closes it meets the error.
    this.#reading.catch(() => undefined);
  }

  async #read(): Promise<void> {
    for await (const frames of this.socket) {
      await this.#take(frames).catch((error: unknown) => {
        // The client may be gone, or this broker closed in the middle: then there is nobody to answer.
        if ((error as { code?: unknown }).code !== 'EHOSTUNREACH' && !this.socket.closed) throw error;
      });
    }
  }

  async #take(frames: readonly Buffer[]): Promise<void> {
    const [id, first] = frames as [Buffer, Buffer];
    const peer = id.toString('latin1');
    this.count += 1;
    if (isMxFrame(first)) {
      const message = decodeMx(frames, 1);
      if (message.type !== 'batch') throw new Error(`an invalid MX message came: ${message.reason}`);
      this.messages.push([...message.records]);
      // One that does not speak it drops it, as any strict broker would.
      if (this.#answer !== 'yes') return;
      const requests: ToyMxRequest[] = [];
      for (const record of message.records) {
        if (record.type !== 'request') continue;
        requests.push(new ToyMxRequest(this, peer, record.id, record.service, record.deadlineMs, record.body));
      }
      this.seen.push(...requests);
      await this.#turn?.(requests, this);
      return;
    }
    const request = decodeAtBroker(frames, 1);
    if (request.type !== 'request') throw new Error(`no request: ${JSON.stringify(request)}`);
    this.strict.push(request.service);
    const body = request.service === MX_SERVICE ? this.#said() : request.body;
    if (body === undefined) return;
    const reply = request.service === 'missing' ? encodeErrorReply(404, 'missing') : body;
    await this.socket.send(encodeClientReply('rfc18', [id], 'final', bytes(request.service), reply));
  }

  #said(): Frame[] | undefined {
    if (this.#answer === 'silence') return undefined;
    if (this.#answer === 'garbage') return ['200', '1', '-5'].map(bytes);
    if (this.#answer === 'yes') return ['200', '1', '1000'].map(bytes);
    return [bytes(this.#answer)];
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.#reading;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
