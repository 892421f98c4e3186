// SPDX-License-Identifier: Apache-2.0
// errors - every error that a caller can meet, each with a stable code

/**
 * The codes of all errors of these packages. Compare `error.code`, not the class: when a package is installed twice,
 * `instanceof` fails.
 */
export type ErrorCode =
  | 'MDP_INVALID_ARGUMENT'
  | 'MDP_INVALID_STATE'
  | 'MDP_BIND'
  | 'MDP_TIMEOUT'
  | 'MDP_ABORTED'
  | 'MDP_REMOTE'
  | 'MDP_DISCONNECTED'
  | 'MDP_REFUSED'
  | 'MDP_CLOSED'
  | 'MDP_PROTOCOL'
  | 'MDP_OVERLOADED'
  | 'MDP_PAYLOAD';

/** Every {@link ErrorCode}, in the order of the documentation. */
export const ERROR_CODES: readonly ErrorCode[] = [
  'MDP_INVALID_ARGUMENT',
  'MDP_INVALID_STATE',
  'MDP_BIND',
  'MDP_TIMEOUT',
  'MDP_ABORTED',
  'MDP_REMOTE',
  'MDP_DISCONNECTED',
  'MDP_REFUSED',
  'MDP_CLOSED',
  'MDP_PROTOCOL',
  'MDP_OVERLOADED',
  'MDP_PAYLOAD',
];

/** The common parent: an `Error` with a stable `code`. */
export class MdpError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** Shorten a value for a message: what was given, readable and bounded. */
function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return `an array of ${String(value.length)}`;
  if (ArrayBuffer.isView(value)) return `${String(value.byteLength)} bytes`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}

/**
 * `MDP_INVALID_ARGUMENT`: the caller gave an option or an argument that is not allowed. The message names it, the value
 * and what is allowed.
 */
export class ArgumentError extends MdpError {
  /** The option or argument, as the caller knows it: `timeoutMs`, `body[1]`. */
  readonly argument: string;

  constructor(argument: string, value: unknown, allowed: string, options?: ErrorOptions) {
    super('MDP_INVALID_ARGUMENT', `${argument}: got ${show(value)}, allowed is ${allowed}`, options);
    this.argument = argument;
  }
}

/** `MDP_INVALID_STATE`: the call is not possible now: started twice, replied twice, iterated twice. */
export class StateError extends MdpError {
  constructor(message: string, options?: ErrorOptions) {
    super('MDP_INVALID_STATE', message, options);
  }
}

/** `MDP_BIND`: the broker could not bind an endpoint; `cause` has the reason of the operating system. */
export class BindError extends MdpError {
  /** The endpoint that could not be bound. */
  readonly endpoint: string;

  constructor(endpoint: string, options?: ErrorOptions) {
    const reason = options?.cause instanceof Error ? `: ${options.cause.message}` : '';
    super('MDP_BIND', `cannot listen on ${endpoint}${reason}`, options);
    this.endpoint = endpoint;
  }
}

/** What is known of a request that failed. */
export interface RequestFacts {
  /** The service that was asked. */
  readonly service: string;
  /** How often the client had sent the request, 0 when it never left. */
  readonly attempts: number;
}

/** The common parent of the errors that end a request. */
export class RequestError extends MdpError implements RequestFacts {
  readonly service: string;
  readonly attempts: number;

  constructor(code: ErrorCode, message: string, facts: RequestFacts, options?: ErrorOptions) {
    super(code, message, options);
    this.service = facts.service;
    this.attempts = facts.attempts;
  }
}

/** `MDP_TIMEOUT`: the deadline, or the longest wait for the next part, has passed. The work may have been done. */
export class TimeoutError extends RequestError {
  constructor(message: string, facts: RequestFacts, options?: ErrorOptions) {
    super('MDP_TIMEOUT', message, facts, options);
  }
}

/** `MDP_ABORTED`: the caller's own `AbortSignal` ended the request; `cause` is the signal's reason. */
export class AbortedError extends RequestError {
  constructor(message: string, facts: RequestFacts, options?: ErrorOptions) {
    super('MDP_ABORTED', message, facts, options);
  }
}

/**
 * `MDP_REMOTE`: the broker or the worker answered with an error reply (MDPE01).
 *
 * A worker's handler throws one to choose the status of its error reply: `new RemoteError(400, 'no such size')`.
 */
export class RemoteError extends RequestError {
  /** The three-digit status of the error reply: {@link STATUS}. */
  readonly status: number;

  /**
   * @param status - three digits, 100 to 999
   * @param message - for people; it travels with the error reply
   * @param facts - what is known of the request; a worker's handler leaves it out
   * @param options - `cause` stays on this side and does not travel
   * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` when the status has not three digits
   */
  constructor(
    status: number,
    message: string,
    facts: RequestFacts = { service: '', attempts: 0 },
    options?: ErrorOptions,
  ) {
    if (!Number.isInteger(status) || status < 100 || status > 999) {
      throw new ArgumentError('status', status, 'a whole number from 100 to 999');
    }
    super('MDP_REMOTE', message, facts, options);
    this.status = status;
  }
}

/** `MDP_DISCONNECTED`: the connection broke while the request was on its way. The work may have been done. */
export class DisconnectedError extends RequestError {
  constructor(message: string, facts: RequestFacts, options?: ErrorOptions) {
    super('MDP_DISCONNECTED', message, facts, options);
  }
}

/**
 * `MDP_REFUSED`: no broker lets the client in: its key is not allowed, or one side encrypts and the other does not. The
 * message names each endpoint and its reason.
 */
export class RefusedError extends RequestError {
  constructor(message: string, facts: RequestFacts, options?: ErrorOptions) {
    super('MDP_REFUSED', message, facts, options);
  }
}

/** `MDP_CLOSED`: the client was closed before the request ended. */
export class ClosedError extends RequestError {
  constructor(message: string, facts: RequestFacts, options?: ErrorOptions) {
    super('MDP_CLOSED', message, facts, options);
  }
}

/** `MDP_PROTOCOL`: the other side sent what its dialect does not allow: most often the wrong `dialect` option. */
export class ProtocolError extends RequestError {
  constructor(message: string, facts: RequestFacts, options?: ErrorOptions) {
    super('MDP_PROTOCOL', message, facts, options);
  }
}

/** `MDP_OVERLOADED`: the client has as many requests waiting as it may have; nothing was sent. */
export class OverloadedError extends RequestError {
  constructor(message: string, facts: RequestFacts, options?: ErrorOptions) {
    super('MDP_OVERLOADED', message, facts, options);
  }
}

/** One thing that a schema does not like in a value. */
export interface PayloadIssue {
  /** In the words of the schema's library. */
  readonly message: string;
  /** Where in the value it is: keys, from the outermost on. Empty for the value itself. */
  readonly path: readonly PropertyKey[];
}

/**
 * `MDP_PAYLOAD`: a body came, or was to be sent, that is not what both sides have agreed on: the codec cannot read or write
 * it, and `cause` says why; or the schema does not like it, and `issues` say why.
 */
export class PayloadError extends MdpError {
  /** The service whose body it is. */
  readonly service: string;
  /** What the schema says; empty when it was not asked. */
  readonly issues: readonly PayloadIssue[];

  constructor(message: string, service: string, issues: readonly PayloadIssue[] = [], options?: ErrorOptions) {
    super('MDP_PAYLOAD', message, options);
    this.service = service;
    this.issues = issues;
  }
}
