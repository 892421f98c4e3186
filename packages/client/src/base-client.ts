// SPDX-License-Identifier: Apache-2.0
// base-client - what Client and MockClient have in common: everything but where their connections lead

import type { LookUp } from '@mdp/protocol/node';
import type { AnyServices, ClientServices, Codec, Contract, FrameLike, ServicesOf } from '@mdp/protocol';
import { encodeServiceName } from '@mdp/protocol';
import { durationOption, refuseUnknownOptions } from '@mdp/protocol/internal';
import type { ClientLike, CloseOptions } from './client-like.js';
import type { OpenLink, OpenMxLink } from './engine.js';
import { Engine } from './engine.js';
import type { BrokerInfo, ServiceInfo } from './management.js';
import { readFound, readJson } from './management.js';
import type { ClientOptions, RequestOptions } from './options.js';
import { resolveClientOptions } from './options.js';
import type { Reply } from './reply.js';
import type { ClientStats } from './stats.js';
import type { TypedClient } from './typed-client.js';
import { typedClient } from './typed-client.js';

/** A client over connections of some kind. */
export abstract class BaseClient implements ClientLike {
  readonly #engine: Engine;

  protected constructor(
    endpoints: string | readonly string[],
    options: ClientOptions,
    open: OpenLink,
    openMx: OpenMxLink,
    lookUp?: LookUp,
  ) {
    this.#engine = new Engine(resolveClientOptions(endpoints, options), open, openMx, lookUp);
  }

  /** The brokers' endpoints, each once, in the order that they were given. */
  get endpoints(): readonly string[] {
    return this.#engine.options.endpoints;
  }

  request(service: string, body: FrameLike | readonly FrameLike[], options?: RequestOptions): Reply {
    return this.#engine.request(service, body, options);
  }

  with<Services extends ServicesOf<Services> = AnyServices>(codec: Codec): TypedClient<Services>;
  with<const C extends Contract>(codec: Codec, contract: C): TypedClient<ClientServices<C>>;
  with(codec: Codec, contract?: Contract): TypedClient<AnyServices> {
    return typedClient(this, codec, contract);
  }

  hasService(name: string, options?: RequestOptions): Promise<boolean> {
    return this.request('mmi.service', [encodeServiceName(name)], options).then(readFound);
  }

  services(options?: RequestOptions): Promise<ServiceInfo[]> {
    return this.request('mmi.services', '', options).then(
      (frames) => readJson('mmi.services', frames) as ServiceInfo[],
    );
  }

  brokerInfo(options?: RequestOptions): Promise<BrokerInfo> {
    return this.request('mmi.broker', '', options).then((frames) => readJson('mmi.broker', frames) as BrokerInfo);
  }

  stats(): ClientStats {
    return this.#engine.stats();
  }

  close(options: CloseOptions = {}): Promise<void> {
    refuseUnknownOptions(options, ['drainMs']);
    return this.#engine.close(durationOption('drainMs', options.drainMs, 0));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
