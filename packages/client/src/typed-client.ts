// SPDX-License-Identifier: Apache-2.0
// typed-client - requests and replies as values: a codec, types and schemas above a client of frames

import type { AnyServices, Codec, Contract, Frame, FrameLike, PartialOf, PayloadKind, ServicesOf } from '@mdp/protocol';
import { ArgumentError, PayloadError } from '@mdp/protocol';
import { checkCodec, checkContract, readPayload, reasonOf, schemaFor } from '@mdp/protocol/internal';
import type { ClientLike } from './client-like.js';
import type { RequestOptions } from './options.js';
import type { TypedReply } from './typed-reply.js';
import { DecodedReply } from './typed-reply.js';

/** What follows the name of the service: a request without a value may be left out. */
export type TypedArguments<Request> = undefined extends Request
  ? [value?: Request, options?: RequestOptions]
  : [value: Request, options?: RequestOptions];

/** A client of services that the compiler knows: made by `client.with()`, with its connections. */
export interface TypedClient<Services extends ServicesOf<Services>> {
  /**
   * Make a request, as {@link ClientLike.request} does.
   *
   * @param service - one of the services
   * @param rest - the value that it takes, for the codec to encode (it is not put before a schema: the worker does that), and
   * options as with frames. A service that takes `undefined` needs neither
   * @returns the reply, to be awaited or iterated. It fails as a {@link Reply} does, and with PayloadError `MDP_PAYLOAD` for a
   * body that the codec cannot read or the schema does not like
   * @throws ArgumentError `MDP_INVALID_ARGUMENT`, from within this call, for an argument that is not allowed, a service that
   * is not in the contract, and a value that the codec cannot encode: `cause` says why
   */
  request<Name extends keyof Services & string>(
    service: Name,
    ...rest: TypedArguments<Services[Name]['request']>
  ): TypedReply<Services[Name]['reply'], PartialOf<Services[Name]>>;
}

/** A {@link TypedClient} that asks through another client. */
export function typedClient(
  client: Pick<ClientLike, 'request'>,
  codec: Codec,
  contract?: Contract,
): TypedClient<AnyServices> {
  checkCodec(codec);
  if (contract !== undefined) checkContract(contract);
  return {
    request: (service, value, options) => {
      const schemas = {
        request: undefined,
        partial: schemaFor(contract, { service, kind: 'partial' }),
        reply: schemaFor(contract, { service, kind: 'reply' }),
      };
      const reply = client.request(service, encode(codec, service, value), options);
      return new DecodedReply(reply, async (kind: PayloadKind, frames: readonly Frame[]) => {
        try {
          return await readPayload(codec, schemas[kind], frames, { service, kind });
        } catch (error) {
          if (error instanceof PayloadError) throw error;
          throw new PayloadError(`the schema for the ${kind} failed: ${reasonOf(error)}`, service, [], {
            cause: error,
          });
        }
      });
    },
  };
}

function encode(codec: Codec, service: string, value: unknown): FrameLike | readonly FrameLike[] {
  try {
    return codec.encode(value, { service, kind: 'request' });
  } catch (cause) {
    throw new ArgumentError('value', value, `what the codec can encode: ${reasonOf(cause)}`, { cause });
  }
}
