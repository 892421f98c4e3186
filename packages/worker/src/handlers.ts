// SPDX-License-Identifier: Apache-2.0
// handlers - handlers of values: a codec, types and schemas above handlers of frames

import type { AnyServices, Codec, Contract, PartialOf, ServiceTypes, ServicesOf, WorkerServices } from '@mdp/protocol';
import { ArgumentError } from '@mdp/protocol';
import { ServedPayloads, checkCodec, checkContract } from '@mdp/protocol/internal';
import type { Handler, WorkerRequest } from './request.js';
import { streamOf } from './run-handler.js';
import type { Handlers } from './services.js';

/** What may come out of a {@link TypedHandler}: what has no FINAL of its own suits a service whose reply may be `undefined`. */
export type TypedResult<Value, Partial> =
  | Value
  | PromiseLike<Value>
  | Generator<Partial, Value, undefined>
  | AsyncGenerator<Partial, Value, undefined>
  | (undefined extends Value ? AsyncIterable<Partial> : never);

/**
 * Serves one request. It returns the value of the FINAL; or it is a generator, whose every `yield` becomes a PARTIAL and
 * whose `return` becomes the FINAL; or it throws, and the request ends with an error reply.
 *
 * @param value - what the client asks, as the codec read it and the schema made it
 * @param request - everything else that is known of it, its frames among it
 */
export type TypedHandler<Service extends ServiceTypes> = (
  value: Service['request'],
  request: WorkerRequest,
) => TypedResult<Service['reply'], PartialOf<Service>>;

/** A handler for each service. */
export type TypedHandlers<Services extends ServicesOf<Services>> = {
  readonly [Name in keyof Services]: TypedHandler<Services[Name]>;
};

type AnyHandlers = Readonly<Record<string, TypedHandler<AnyServices[string]>>>;

/**
 * Handlers of values in place of frames, for a worker. Names, requests and replies have the types of `Services`; without it
 * they are `unknown`.
 *
 * ```ts
 * interface Services {
 *   resize: { request: { url: string }; reply: { width: number } };
 * }
 * const worker = new Worker(endpoint, handlers<Services>(json, { resize: async ({ url }) => ({ width: await widthOf(url) }) }));
 * ```
 *
 * A request that the codec cannot read ends with an error reply, status 400, and a reply that it cannot encode with 500.
 *
 * @param codec - turns values into frames and back: `json`, or one's own
 * @param functions - a handler for each service
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` when one of them is not what it should be
 */
export function handlers<Services extends ServicesOf<Services> = AnyServices>(
  codec: Codec,
  functions: TypedHandlers<Services>,
): Handlers;
/**
 * The same, with schemas: the types follow from them. A request that its schema does not like ends with 400 and the
 * issues, before the handler is called; a PARTIAL or a FINAL that its schema does not like ends the request with 500.
 * What a handler gets, and what is sent, is what the schema makes of it.
 *
 * @param codec - turns values into frames and back
 * @param contract - schemas of any library that follows Standard Schema, by the names of services
 * @param functions - a handler for each service
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` when one of them is not what it should be
 */
export function handlers<const C extends Contract>(
  codec: Codec,
  contract: C,
  functions: TypedHandlers<WorkerServices<C>>,
): Handlers;
export function handlers(codec: Codec, ...rest: [AnyHandlers] | [Contract, AnyHandlers]): Handlers {
  const [contract, functions] = rest.length === 1 ? [undefined, rest[0]] : rest;
  checkCodec(codec);
  if (contract !== undefined) checkContract(contract);
  if (typeof functions !== 'object' || (functions as unknown) === null) {
    throw new ArgumentError('handlers', functions, 'an object of functions by the names of services');
  }
  const made = Object.entries(functions).map(([service, handler]) => {
    if (typeof handler !== 'function') throw new ArgumentError(`handlers.${service}`, handler, 'a function');
    return [service, framesHandler(new ServedPayloads(codec, contract, service), handler)] as const;
  });
  return Object.fromEntries(made);
}

/** A handler of frames. */
function framesHandler(payloads: ServedPayloads, handler: AnyHandlers[string]): Handler {
  return async (request) => {
    const result: unknown = await handler(await payloads.read(request.body), request);
    const stream = streamOf(result);
    return stream === undefined ? payloads.write('reply', result) : payloads.stream(stream);
  };
}
