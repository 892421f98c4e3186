// SPDX-License-Identifier: Apache-2.0
// served-payloads - the bodies of one service at whoever serves it: requests are read, parts of replies are written

import type { Contract } from './contract.js';
import { schemaFor } from './contract.js';
import { STATUS } from './error-reply.js';
import { PayloadError, RemoteError } from './errors.js';
import type { Frame, FrameLike } from './frame.js';
import type { Codec, PayloadKind } from './payload-codec.js';
import { readPayload, validate, writePayload } from './payload.js';

/** A stream of values, step by step. */
export interface ValueSteps {
  next(): IteratorResult<unknown, unknown> | PromiseLike<IteratorResult<unknown, unknown>>;
  return?(value: undefined): unknown;
}

/** What one frame or several are made of. */
type Body = FrameLike | readonly FrameLike[];

/** Values of one service: the codec, and the schemas of its contract. */
export class ServedPayloads {
  readonly #codec: Codec;
  readonly #service: string;
  readonly #schemas: Record<PayloadKind, ReturnType<typeof schemaFor>>;

  /**
   * @param codec - one that was checked, and so was the contract
   * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` when there is a contract, but without the service
   */
  constructor(codec: Codec, contract: Contract | undefined, service: string) {
    const schema = (kind: PayloadKind): ReturnType<typeof schemaFor> => schemaFor(contract, { service, kind });
    this.#codec = codec;
    this.#service = service;
    this.#schemas = { request: schema('request'), partial: schema('partial'), reply: schema('reply') };
  }

  /**
   * The value of a request.
   *
   * @throws (rejects) {@link RemoteError} with status 400 when the codec cannot read it or the schema does not like it: the
   * `cause` is the PayloadError; what the schema throws, if it throws
   */
  async read(body: readonly Frame[]): Promise<unknown> {
    try {
      return await readPayload(this.#codec, this.#schemas.request, body, { service: this.#service, kind: 'request' });
    } catch (error) {
      // What a schema throws is a fault of this side, and so is its status: 500.
      if (!(error instanceof PayloadError)) throw error;
      throw new RemoteError(STATUS.MALFORMED, error.message, undefined, { cause: error });
    }
  }

  /**
   * The body of a PARTIAL or a FINAL.
   *
   * @throws (rejects) {@link PayloadError} `MDP_PAYLOAD` when the schema does not like it or the codec cannot say it; what the
   * schema throws, if it throws
   */
  async write(kind: 'partial' | 'reply', value: unknown): Promise<Body> {
    const context = { service: this.#service, kind };
    const schema = this.#schemas[kind];
    return writePayload(this.#codec, schema === undefined ? value : await validate(schema, value, context), context);
  }

  /** Each part when it is asked for. Whoever breaks it off, or a part that cannot be sent, lets the stream run its `finally`. */
  async *stream(steps: ValueSteps): AsyncGenerator<Body, Body, undefined> {
    let open = false;
    try {
      for (;;) {
        const step = await steps.next();
        if (step.done === true) return await this.write('reply', step.value);
        open = true;
        yield await this.write('partial', step.value);
        open = false;
      }
    } finally {
      if (open) await steps.return?.(undefined);
    }
  }
}
