// SPDX-License-Identifier: Apache-2.0
// admin-server - a small HTTP server: a table of routes, bounded in everything, and closed to pages of other sites

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { AdminGuard } from './admin-guard.js';
import type { RefusalReason } from './admin-refusals.js';
import { Connections } from './connections.js';

/** An answer. */
export interface AdminReply {
  readonly status?: number;
  /** The media type. */
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** All of it, or who writes it, part by part, and ends it. */
  readonly body: string | ((response: ServerResponse) => void);
}

/** One path. */
export interface AdminRoute {
  readonly path: string;
  /** Whether anybody may ask who reaches the server: it tells nothing that matters. */
  readonly open?: boolean;
  /** `GET` answers `HEAD`, too. */
  readonly GET: (request: IncomingMessage) => AdminReply | Promise<AdminReply>;
  /** What it is sent is text of at most {@link MOST_BODY_BYTES}. */
  readonly PUT?: (text: string) => AdminReply | Promise<AdminReply>;
}

/** The most bytes of what is sent to the server. */
export const MOST_BODY_BYTES = 1_024;

/** Nothing of an answer is run, shown in a frame, kept or given to other sites, unless a route says something else. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/** Whoever sends or reads too slowly is cut off. Times are in milliseconds. */
export interface AdminLimits {
  /** How long the headers of a request may take. */
  readonly headersMs: number;
  /** How long all of it may take. */
  readonly requestMs: number;
  /** How long nothing may move on a connection. */
  readonly silenceMs: number;
  /** The most connections at once; beyond them strangers make room, see {@link Connections}. */
  readonly connections: number;
}

const LIMITS: AdminLimits = { headersMs: 5_000, requestMs: 10_000, silenceMs: 30_000, connections: 64 };

const KEEP_ALIVE_MS = 5_000;
const MOST_HEADER_BYTES = 8_192;

/** A line of plain text. */
export function plain(status: number, text: string, headers: Readonly<Record<string, string>> = {}): AdminReply {
  return { status, type: 'text/plain; charset=utf-8', headers, body: `${text}\n` };
}

/** Who is told of what goes wrong. */
export interface AdminListener {
  /** A route has thrown this; who had asked is told only that it has failed. */
  fault(error: unknown): void;
  /** Somebody at an address was not answered, or closed. */
  refused(reason: RefusalReason, address: string): void;
}

/** The server; it listens as soon as {@link listen} is called. */
export class AdminServer {
  readonly #routes: ReadonlyMap<string, AdminRoute>;
  readonly #guard: AdminGuard;
  readonly #listener: AdminListener;
  readonly #server: Server;
  readonly #connections: Connections;
  /** Connections on which an answer is awaited. */
  readonly #awaited = new WeakSet<Socket>();

  constructor(
    routes: readonly AdminRoute[],
    guard: AdminGuard,
    listener: AdminListener,
    { headersMs, requestMs, silenceMs, connections }: AdminLimits = LIMITS,
  ) {
    this.#routes = new Map(routes.map((route) => [route.path, route]));
    this.#guard = guard;
    this.#listener = listener;
    const options = {
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: Math.min(headersMs, requestMs) / 5,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MOST_HEADER_BYTES,
    };
    this.#server = createServer(options, (request, response) => {
      this.#hear(request, response);
    });
    this.#connections = new Connections(connections);
    this.#server.on('connection', (socket) => {
      const closed = this.#connections.add(socket);
      if (closed !== undefined) this.#turnOut(closed, 'connections');
    });
    this.#server.timeout = silenceMs;
  }

  /**
   * Listen.
   *
   * @param port - 0 is any free one
   * @returns where, as a URL
   * @throws what Node.js throws: an error with a `code`, `EADDRINUSE` among them
   */
  async listen(host: string, port: number): Promise<string> {
    const server = this.#server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, () => {
        server.off('error', reject);
        server.on('error', (error) => {
          this.#listener.fault(error);
        });
        resolve();
      });
    });
    const bound = server.address() as AddressInfo;
    return `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${String(bound.port)}`;
  }

  /** Close every connection, and go on listening. */
  disconnect(): void {
    this.#server.closeAllConnections();
  }

  /** Close it, and every connection. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }

  /**
   * One request at a time: no client that matters asks on before it is answered, and Node.js would have hundreds of requests that
   * came in one piece worked on at once, and go on when whoever asked is gone.
   */
  #hear(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    if (socket.destroyed) return;
    if (this.#awaited.has(socket)) {
      this.#turnOut(socket, 'ahead');
      return;
    }
    this.#awaited.add(socket);
    response.once('close', () => this.#awaited.delete(socket));
    void this.#serve(request, response);
  }

  #turnOut(socket: Socket, reason: RefusalReason): void {
    this.#listener.refused(reason, addressOf(socket));
    socket.destroy();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let reply: AdminReply;
    try {
      reply = await this.#replyTo(request);
    } catch (error) {
      this.#listener.fault(error);
      reply = plain(500, 'it has failed; the log says why');
    }
    // Whoever asked may be gone meanwhile.
    if (response.destroyed) return;
    const { status = 200, type, headers, body } = reply;
    // What was sent and not read must not be taken for the next request.
    if (!request.complete) response.setHeader('connection', 'close');
    response.writeHead(status, {
      ...HEADERS,
      'content-type': type,
      ...(typeof body === 'string' ? { 'content-length': Buffer.byteLength(body) } : {}),
      ...headers,
    });
    if (request.method === 'HEAD') response.end();
    else if (typeof body === 'string') response.end(body);
    else body(response);
  }

  async #replyTo(request: IncomingMessage): Promise<AdminReply> {
    const [path = ''] = (request.url ?? '').split('?');
    const route = this.#routes.get(path);
    if (route?.open !== true) {
      const refused = this.#guard.refusal(request);
      if (refused !== undefined) {
        this.#listener.refused(refused.reason, addressOf(request.socket));
        return plain(refused.status, refused.message, refused.headers);
      }
      this.#connections.know(request.socket);
    }
    if (route === undefined) return plain(404, `there is ${[...this.#routes.keys()].join(', ')}`);
    const { method = '' } = request;
    if (method === 'GET' || method === 'HEAD') return await route.GET(request);
    if (method !== 'PUT' || route.PUT === undefined) {
      const allow = route.PUT === undefined ? 'GET, HEAD' : 'GET, HEAD, PUT';
      return plain(405, `allowed is ${allow}`, { allow });
    }
    if (isForeign(request)) {
      this.#listener.refused('site', addressOf(request.socket));
      return plain(403, 'pages of other sites may change nothing here');
    }
    const text = await readText(request);
    return text === undefined ? plain(413, `at most ${String(MOST_BODY_BYTES)} bytes are read`) : await route.PUT(text);
  }
}

function addressOf({ remoteAddress }: Socket): string {
  return remoteAddress ?? '';
}

/** Whether a browser asks because of a page of another site. */
function isForeign({ headers }: IncomingMessage): boolean {
  const { origin, host = '' } = headers;
  return origin !== undefined && origin.replace(/^https?:\/\//, '') !== host;
}

/** @returns `undefined` when it is more than may be sent, or did not come whole */
function readText(request: IncomingMessage): Promise<string | undefined> {
  // Not by iterating: to leave off in the middle would destroy the connection, and with it the answer.
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const giveUp = (): void => {
      resolve(undefined);
    };
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MOST_BODY_BYTES) giveUp();
      else chunks.push(chunk);
    });
    request.once('end', () => {
      resolve(Buffer.concat(chunks).toString('utf8'));
    });
    request.once('error', giveUp);
    request.once('close', giveUp);
  });
}
