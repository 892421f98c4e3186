// SPDX-License-Identifier: Apache-2.0
// index - the public interface of @mdp/protocol

export type { ClientCommands, Dialect, HeaderKind, WorkerCommands } from './dialect.js';
export {
  CLIENT_COMMANDS,
  COMMAND_FRAMES,
  DIALECTS,
  HEADERS,
  HEADER_LENGTH,
  WORKER_COMMANDS,
  headerKind,
  isDialect,
} from './dialect.js';
export type { Frame, FrameLike } from './frame.js';
export { EMPTY_FRAME, byteLength, bytes, isFrame, ownFrames, sameFrame, text, toFrames } from './frame.js';
export type { ErrorCode, PayloadIssue, RequestFacts } from './errors.js';
export {
  AbortedError,
  ArgumentError,
  BindError,
  ClosedError,
  DisconnectedError,
  ERROR_CODES,
  MdpError,
  OverloadedError,
  PayloadError,
  ProtocolError,
  RefusedError,
  RemoteError,
  RequestError,
  StateError,
  TimeoutError,
} from './errors.js';
export { MAX_SERVICE_NAME_BYTES, MMI_PREFIX, decodeServiceName, encodeServiceName } from './service-name.js';
export type { ErrorReply } from './error-reply.js';
export { BROKER_STATUSES, STATUS, decodeErrorReply, encodeErrorReply } from './error-reply.js';
export type { LatencyHistogram } from './latency.js';
export { LATENCY_BOUNDS_MS } from './latency.js';
export type { StrayToken } from './token.js';
export { NONCE_LENGTH, TOKEN_LENGTH, TokenMint, encodeToken } from './token.js';
export type {
  BrokerInbound,
  BrokerSignal,
  ClientInbound,
  ClientReply,
  ClientRequest,
  InvalidMessage,
  InvalidReason,
  WorkerInbound,
  WorkerReady,
  WorkerReply,
  WorkerRequest,
  WorkerSignal,
} from './message.js';
export { INVALID_REASONS } from './message.js';
export {
  MAX_ADDRESS_FRAMES,
  MAX_ADDRESS_FRAME_BYTES,
  decodeAtBroker,
  decodeAtClient,
  decodeAtWorker,
} from './decode.js';
export {
  encodeClientReply,
  encodeReady,
  encodeRequest,
  encodeSignal,
  encodeWorkerReply,
  encodeWorkerRequest,
} from './encode.js';
export type {
  MxBatch,
  MxCancel,
  MxCredit,
  MxIdentity,
  MxInvalid,
  MxInvalidReason,
  MxReady,
  MxRecord,
  MxReply,
  MxRequest,
  MxSignal,
} from './mx.js';
export {
  MX_COMMANDS,
  MX_FIRST_CREDIT,
  MX_FRAME_COST,
  MX_HEADER,
  MX_INVALID_REASONS,
  MX_MAX_ATTEMPTS,
  MX_MAX_BODY_FRAMES,
  MX_MAX_KEY_BYTES,
  MX_MAX_NUMBER,
  MX_MAX_RECORDS,
  MX_MAX_TRACE_BYTES,
  mxCost,
} from './mx.js';
export { decodeMx, findMx, isMxFrame } from './mx-decode.js';
export { MX_INLINE_BYTES, MX_SHORT_FRAME_BYTES, checkMxBody, encodeMx, mxInlineBytes } from './mx-encode.js';
export type { TraceContext } from './trace-context.js';
export {
  TRACE_HEADER,
  decodeTraceContext,
  encodeTraceContext,
  encodeTraceFrame,
  isTraceFrame,
} from './trace-context.js';
export { MX_SERVICE, MX_VERSION, decodeMxAnswer, encodeMxAnswer, encodeMxQuestion } from './mx-agreement.js';
export type { Codec, CodecContext, JsonCodec, PayloadKind } from './payload-codec.js';
export { json } from './payload-codec.js';
export type {
  AnyServices,
  ClientServices,
  Contract,
  PartialOf,
  SchemaOf,
  ServiceSchemas,
  ServiceTypes,
  ServicesOf,
  WorkerServices,
} from './contract.js';
export type {
  SchemaInput,
  SchemaOutput,
  StandardSchemaIssue,
  StandardSchemaProps,
  StandardSchemaResult,
  StandardSchemaV1,
} from './standard-schema.js';
export { DEFAULT_ENDPOINT, DEFAULT_HEARTBEAT_INTERVAL_MS, DEFAULT_HEARTBEAT_LIVENESS } from './defaults.js';
