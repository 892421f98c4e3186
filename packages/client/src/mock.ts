// SPDX-License-Identifier: Apache-2.0
// mock - a client for users' own tests: scripted answers in place of a broker (@mdp/client/mock)

import type {
  AnyServices,
  ClientServices,
  Codec,
  Contract,
  Frame,
  FrameLike,
  ServicesOf,
  WorkerServices,
} from '@mdp/protocol';
import { DEFAULT_ENDPOINT, RemoteError, STATUS, encodeServiceName, text, toFrames } from '@mdp/protocol';
import { BaseClient } from './base-client.js';
import { MockLink } from './mock-link.js';
import type { MockAnswer, MockCall } from './mock-script.js';
import { checkAnswer } from './mock-script.js';
import type { ClientOptions, RequestOptions } from './options.js';
import type { Reply } from './reply.js';
import type { Exchange } from './state/exchange.js';
import type { TypedMock } from './typed-mock.js';
import { typedMock } from './typed-mock.js';

export type { MockAnswer, MockBody, MockCall, MockHandler, MockResult, MockScript } from './mock-script.js';
export type { TypedMock, TypedMockAnswer, TypedMockEnd, TypedMockHandler, TypedMockScript } from './typed-mock.js';

/** One request that a {@link MockClient} was asked for. */
export interface MockRequest {
  readonly service: string;
  /** One or more frames, as they were to be sent. */
  readonly body: readonly Frame[];
  /** The options that were given with it. */
  readonly options: RequestOptions | undefined;
  /** How often it was sent: more than 1 when it was repeated. */
  readonly attempts: number;
}

type Recorded = { -readonly [K in keyof MockRequest]: MockRequest[K] };

/**
 * A `ClientLike` without a broker. Deadlines, aborts, retries, back-pressure and counters are those of the real client,
 * for it is the same code over other connections; only the answers are scripted. The native part of ZeroMQ is not loaded.
 *
 * ```ts
 * const client = new MockClient();
 * client.reply('resize', 'thumbnail');
 * client.reply('report', { partials: ['a', 'b'], final: 'end' });
 * client.reply('flaky', { fail: 'timeout' }, 'second time lucky');
 * client.reply('sum', ({ body }) => String(body.length));
 * ```
 *
 * A service without an answer replies with an error: status 404.
 */
export class MockClient extends BaseClient {
  /** Every request so far, in order. */
  readonly requests: MockRequest[] = [];
  readonly #answers = new Map<string, MockAnswer[]>();
  readonly #recorded = new WeakMap<object, Recorded>();

  /**
   * @param options - as of the real client; those of connections make no difference, and neither do dialect and wire
   * @throws ArgumentError `MDP_INVALID_ARGUMENT` for an option that is not allowed
   */
  constructor(options: ClientOptions = {}) {
    super(
      DEFAULT_ENDPOINT,
      { ...options, dialect: 'rfc18', wire: 'rfc18' },
      (link, events) => {
        return new MockLink(link, events, (exchange, call) => this.#answer(exchange, call));
      },
      () => {
        throw new TypeError('a mock speaks the strict wire only');
      },
    );
  }

  /**
   * Say how a service answers. Each attempt of a request takes the next answer; the last one stays. Called again, it
   * replaces what was said before.
   *
   * @param service - the service's name; `mmi.service` and the like too
   * @param answers - one or more
   * @throws ArgumentError `MDP_INVALID_ARGUMENT` when the name or an answer is not allowed
   */
  reply(service: string, ...answers: [MockAnswer, ...MockAnswer[]]): this {
    encodeServiceName(service);
    for (const answer of answers) checkAnswer(answer);
    this.#answers.set(service, answers);
    return this;
  }

  /**
   * A client of values, as of the real client, with answers of values:
   *
   * ```ts
   * client.with<Services>(json).reply('resize', { final: { width: 200 } });
   * ```
   */
  override with<Services extends ServicesOf<Services> = AnyServices>(codec: Codec): TypedMock<Services>;
  override with<const C extends Contract>(codec: Codec, contract: C): TypedMock<ClientServices<C>, WorkerServices<C>>;
  override with(codec: Codec, contract?: Contract): TypedMock<AnyServices> {
    return typedMock(this, codec, contract);
  }

  /** Forget all answers and recorded requests. */
  reset(): void {
    this.#answers.clear();
    this.requests.length = 0;
  }

  override request(service: string, body: FrameLike | readonly FrameLike[], options?: RequestOptions): Reply {
    const record: Recorded = { service, body: toFrames(body, 'body'), options, attempts: 0 };
    // The first attempt happens within the call, before there is a reply to find the record by.
    this.#next = record;
    try {
      const reply = super.request(service, body, options);
      this.#recorded.set(reply, record);
      this.requests.push(record);
      return reply;
    } finally {
      this.#next = undefined;
    }
  }

  #next: Recorded | undefined;

  #answer(exchange: Exchange, call: MockCall): MockAnswer {
    const record = this.#recorded.get(exchange.sink) ?? this.#next;
    if (record !== undefined) record.attempts = call.attempt;
    const answers = this.#answers.get(call.service);
    if (answers !== undefined) return (answers.length > 1 ? answers.shift() : answers[0]) as MockAnswer;
    if (call.service === 'mmi.service') return this.#answers.has(text(call.body[0] as Frame) ?? '') ? '200' : '404';
    if (call.service.startsWith('mmi.')) return '501';
    return { fail: new RemoteError(STATUS.NO_WORKER, `the mock has no answer for "${call.service}"`) };
  }
}
