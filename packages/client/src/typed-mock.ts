// SPDX-License-Identifier: Apache-2.0
// typed-mock - answers of a mock as values: what a worker of values would send

import type { AnyServices, Codec, Contract, PartialOf, ServiceTypes, ServicesOf } from '@mdp/protocol';
import { ArgumentError } from '@mdp/protocol';
import { ServedPayloads } from '@mdp/protocol/internal';
import type { MockCall, MockHandler, MockScript } from './mock-script.js';
import { checkScript, isGenerator } from './mock-script.js';
import type { MockClient } from './mock.js';
import type { TypedClient } from './typed-client.js';
import { typedClient } from './typed-client.js';

/** How a {@link TypedMockScript} ends. The FINAL may be left out where it may be `undefined`. */
export type TypedMockEnd<Value> =
  | { readonly fail: NonNullable<MockScript['fail']>; readonly final?: undefined }
  | (undefined extends Value
      ? { readonly final?: Value | undefined; readonly fail?: undefined }
      : { readonly final: Value; readonly fail?: undefined });

/** One answer, step by step, as a {@link MockScript}: `partials` and `final` are values. */
export type TypedMockScript<Service extends ServiceTypes> = TypedMockEnd<Service['reply']> & {
  /** How long to wait before the first part, in whole milliseconds. Default 0. */
  readonly delayMs?: number | undefined;
  /** PARTIALs, in order. Default none. */
  readonly partials?: readonly PartialOf<Service>[] | undefined;
};

/**
 * An answer in code, as a worker's handler: it gets the value that was asked and returns that of the FINAL; or it is a
 * generator of PARTIALs; or it throws, a RemoteError for a status of its own, anything else for 500.
 */
export type TypedMockHandler<Service extends ServiceTypes> = (
  value: Service['request'],
  call: MockCall,
) =>
  | Service['reply']
  | PromiseLike<Service['reply']>
  | Generator<PartialOf<Service>, Service['reply'], undefined>
  | AsyncGenerator<PartialOf<Service>, Service['reply'], undefined>;

/** One answer. */
export type TypedMockAnswer<Service extends ServiceTypes> = TypedMockScript<Service> | TypedMockHandler<Service>;

/**
 * A client of values whose answers are scripted: made by `mock.with()`. With a contract, `Served` are the services as their
 * worker sees them.
 */
export interface TypedMock<
  Services extends ServicesOf<Services>,
  Served extends ServicesOf<Served> = Services,
> extends TypedClient<Services> {
  /**
   * Say how a service answers, as {@link MockClient.reply} does, in values. All clients of the mock get these answers. What
   * happens to values is what happens at a worker: a request that the codec cannot read, or its schema does not like, ends
   * with status 400 whatever the answer; an answer that its schema does not like, or the codec cannot say, is status 500.
   *
   * @param service - one of the services
   * @param answers - one or more: `{ final: value }`, with PARTIALs, a delay or a failure where wanted, or a function
   * @throws ArgumentError `MDP_INVALID_ARGUMENT` for what is no answer, and a service that is not in the contract
   */
  reply<Name extends keyof Served & string>(
    service: Name,
    ...answers: [TypedMockAnswer<Served[Name]>, ...TypedMockAnswer<Served[Name]>[]]
  ): this;
}

type AnyAnswer = TypedMockAnswer<AnyServices[string]>;

/** A {@link TypedMock} over a mock of frames. */
export function typedMock(
  mock: Pick<MockClient, 'request' | 'reply'>,
  codec: Codec,
  contract?: Contract,
): TypedMock<AnyServices> {
  return {
    ...typedClient(mock, codec, contract),
    reply(service, ...answers) {
      const payloads = new ServedPayloads(codec, contract, service);
      const [first, ...rest] = answers.map((answer) => framesAnswer(payloads, answer));
      mock.reply(service, first as MockHandler, ...rest);
      return this;
    },
  };
}

/** The answer in frames. */
function framesAnswer(payloads: ServedPayloads, answer: AnyAnswer): MockHandler {
  if (typeof answer !== 'function') {
    if (typeof answer !== 'object' || (answer as unknown) === null) {
      throw new ArgumentError('answer', answer, 'a function or an object: { final: value }');
    }
    checkScript(answer);
  }
  return async function* (call) {
    const value = await payloads.read(call.body);
    if (typeof answer !== 'function') return framesScript(payloads, answer);
    const made: unknown = answer(value, call);
    return isGenerator(made) ? yield* payloads.stream(made) : payloads.write('reply', await made);
  };
}

async function framesScript(
  payloads: ServedPayloads,
  script: TypedMockScript<AnyServices[string]>,
): Promise<MockScript> {
  const { delayMs, partials = [], final, fail } = script;
  const parts = await Promise.all(partials.map((part) => payloads.write('partial', part)));
  if (fail !== undefined) return { delayMs, partials: parts, fail };
  return { delayMs, partials: parts, final: await payloads.write('reply', final) };
}
