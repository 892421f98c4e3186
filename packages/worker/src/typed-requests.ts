// SPDX-License-Identifier: Apache-2.0
// typed-requests - requests taken by hand as values: a codec, types and schemas above those of frames

import type { PartialOf, ServiceTypes, ServicesOf } from '@mdp/protocol';
import type { ServedPayloads } from '@mdp/protocol/internal';
import { failureOf } from './failure.js';
import type { PulledRequest } from './pulled-request.js';

/** A request of one service, as {@link TypedRequest}. */
export interface TypedRequestOf<Name extends string, Service extends ServiceTypes> extends Omit<
  PulledRequest,
  'service' | 'partial' | 'final'
> {
  readonly service: Name;
  /** What the client asks, as the codec read it and the schema made it. */
  readonly value: Service['request'];
  /**
   * Send a PARTIAL, see {@link PulledRequest.partial}.
   *
   * @throws (rejects) as there; {@link PayloadError} `MDP_PAYLOAD` when the schema does not like the value or the codec cannot
   * say it: nothing was sent, and the request is still to be replied to
   */
  partial(value: PartialOf<Service>): Promise<boolean>;
  /**
   * Send the FINAL, see {@link PulledRequest.final}; a value that may be `undefined` may be left out. Await it before the next request is asked for.
   *
   * @throws (rejects) as {@link partial}
   */
  final(
    ...value: undefined extends Service['reply'] ? [value?: Service['reply']] : [value: Service['reply']]
  ): Promise<boolean>;
}

/** A request that is taken by hand, of one of the services: its `service` tells which. */
export type TypedRequest<Services extends ServicesOf<Services>> = {
  [Name in keyof Services & string]: TypedRequestOf<Name, Services[Name]>;
}[keyof Services & string];

/** A {@link TypedRequest} of a service of which nothing is known. */
export type AnyTypedRequest = TypedRequestOf<string, { request: unknown; partial: unknown; reply: unknown }>;

/**
 * Requests as values. One that cannot be read is ended with an error reply and given to nobody.
 *
 * @param refused - is told of such a one while its reply is still wanted
 */
export async function* typedRequests(
  requests: AsyncIterable<PulledRequest>,
  payloads: ServedPayloads,
  refused: (error: unknown, request: PulledRequest) => void,
): AsyncGenerator<AnyTypedRequest, undefined, undefined> {
  for await (const request of requests) {
    let value: unknown;
    try {
      value = await payloads.read(request.body);
    } catch (error) {
      const wanted = !request.ended;
      const { status, message } = failureOf(error);
      await request.error(status, message);
      if (wanted) refused(error, request);
      continue;
    }
    yield withValue(request, value, payloads);
  }
}

/** The request, which is nobody else's, with its value; and it sends values. */
function withValue(request: PulledRequest, value: unknown, payloads: ServedPayloads): AnyTypedRequest {
  const partial = request.partial.bind(request);
  const final = request.final.bind(request);
  let last: Promise<unknown> = Promise.resolve();
  // One after the other: a schema may take longer for one value than for the next, which must not overtake it.
  const body = (kind: 'partial' | 'reply', part: unknown): ReturnType<ServedPayloads['write']> => {
    const written = last.then(() => payloads.write(kind, part));
    last = written.catch(() => undefined);
    return written;
  };
  return Object.assign(request, {
    value,
    partial: async (part: unknown) => partial(await body('partial', part)),
    final: async (reply?: unknown) => final(await body('reply', reply)),
  });
}
