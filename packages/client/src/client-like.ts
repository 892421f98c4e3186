// SPDX-License-Identifier: Apache-2.0
// client-like - what code that makes requests should ask for, so that a mock can stand in for the client

import type { AnyServices, ClientServices, Codec, Contract, FrameLike, ServicesOf } from '@mdp/protocol';
import type { BrokerInfo, ServiceInfo } from './management.js';
import type { RequestOptions } from './options.js';
import type { Reply } from './reply.js';
import type { ClientStats } from './stats.js';
import type { TypedClient } from './typed-client.js';

/** Options of {@link ClientLike.close}. */
export interface CloseOptions {
  /** How long requests that are under way may still take, in whole milliseconds. Default 0: they end at once. */
  readonly drainMs?: number | undefined;
}

/** The interface of `Client` and of `MockClient`. */
export interface ClientLike extends AsyncDisposable {
  /**
   * Make a request.
   *
   * It goes out within this call when a socket is free, by MX at the end of this turn of the event loop with all others
   * of the turn; else it waits for one, and no longer than its deadline.
   *
   * Frames out: REQUEST with the service's name and `body` (RFC 18 "MDP/Client"). Frames in: PARTIAL\* then FINAL.
   *
   * @param service - the service's name, 1 to 255 bytes of UTF-8
   * @param body - one frame, or an array of one or more; strings are sent as UTF-8. Bytes are not copied: do not write to
   * them before the request has ended
   * @param options - what differs from the client's options
   * @returns the reply, to be awaited, iterated, or read part by part. It fails with TimeoutError `MDP_TIMEOUT`,
   * AbortedError `MDP_ABORTED`, RemoteError `MDP_REMOTE`, DisconnectedError `MDP_DISCONNECTED`, RefusedError
   * `MDP_REFUSED`, ProtocolError `MDP_PROTOCOL`, OverloadedError `MDP_OVERLOADED` or ClosedError `MDP_CLOSED`, each with the
   * service and the attempts
   * @throws ArgumentError `MDP_INVALID_ARGUMENT`, from within this call, for an argument that is not allowed
   */
  request(service: string, body: FrameLike | readonly FrameLike[], options?: RequestOptions): Reply;
  /**
   * A client of values in place of frames, by the same connections. The names of services, requests and replies have the
   * types of `Services`; without it they are `unknown`.
   *
   * ```ts
   * interface Services {
   *   resize: { request: { url: string }; reply: { width: number } };
   * }
   * const images = client.with<Services>(json);
   * const { width } = await images.request('resize', { url });
   * ```
   *
   * @param codec - turns values into frames and back: `json`, or one's own
   * @throws ArgumentError `MDP_INVALID_ARGUMENT` when it is no codec
   */
  with<Services extends ServicesOf<Services> = AnyServices>(codec: Codec): TypedClient<Services>;
  /**
   * The same, with schemas: the types follow from them, and every body that comes is put before its schema. What a reader
   * gets is what the schema makes of it.
   *
   * @param codec - turns values into frames and back
   * @param contract - schemas of any library that follows Standard Schema, by the names of services
   * @throws ArgumentError `MDP_INVALID_ARGUMENT` when one of them is not what it should be
   */
  with<const C extends Contract>(codec: Codec, contract: C): TypedClient<ClientServices<C>>;
  /**
   * Whether a service has workers, idle or busy (RFC 8 `mmi.service`). A Majortomo broker knows no MMI: it takes this for
   * an ordinary request that no worker ever comes for, so it times out.
   *
   * @throws (rejects) as {@link request}; ProtocolError `MDP_PROTOCOL` when the broker says neither 200 nor 404
   */
  hasService(name: string, options?: RequestOptions): Promise<boolean>;
  /**
   * Every service that the broker knows (`mmi.services`, an extension: other brokers answer 501).
   *
   * @throws (rejects) as {@link request}; RemoteError `MDP_REMOTE` with status 501 where the broker does not have it
   */
  services(options?: RequestOptions): Promise<ServiceInfo[]>;
  /**
   * What the broker says of itself (`mmi.broker`, an extension: other brokers answer 501).
   *
   * @throws (rejects) as {@link services}
   */
  brokerInfo(options?: RequestOptions): Promise<BrokerInfo>;
  /** How the client stands now, and what it has counted. */
  stats(): ClientStats;
  /**
   * Take no new requests; end those under way with ClosedError `MDP_CLOSED`, after `drainMs` at the latest; close every
   * socket. May be called again: a shorter `drainMs` counts.
   *
   * @returns resolves when everything has ended
   */
  close(options?: CloseOptions): Promise<void>;
}
