// SPDX-License-Identifier: Apache-2.0
// contract - what services take and give: as types for the compiler, and as schemas for what comes from elsewhere

import { ArgumentError } from './errors.js';
import type { CodecContext, PayloadKind } from './payload-codec.js';
import type { SchemaInput, SchemaOutput, StandardSchemaV1 } from './standard-schema.js';
import { isStandardSchema } from './standard-schema.js';
import { didYouMean } from './suggest.js';

/** What one service takes and gives. */
export interface ServiceTypes {
  readonly request: unknown;
  /** Its PARTIALs; left out for a service that has none. */
  readonly partial?: unknown;
  /** Its FINAL. */
  readonly reply: unknown;
}

/**
 * What each service takes and gives, by their names. It is a constraint that an interface can meet:
 *
 * ```ts
 * interface Services {
 *   resize: { request: { url: string; width: number }; reply: { width: number; height: number } };
 *   report: { request: { year: number }; partial: string; reply: { lines: number } };
 * }
 * ```
 */
export type ServicesOf<Names> = { readonly [Name in keyof Names]: ServiceTypes };

/** Services of which nothing is known: every value is `unknown`. */
export type AnyServices = Readonly<Record<string, { request: unknown; partial: unknown; reply: unknown }>>;

/** The PARTIALs of a service. */
export type PartialOf<Service> = Service extends { readonly partial: infer Partial } ? Partial : never;

/** What one service takes and gives, as schemas. What has none is not looked at, and `unknown` to the compiler. */
export interface ServiceSchemas {
  readonly request?: StandardSchemaV1;
  readonly partial?: StandardSchemaV1;
  readonly reply?: StandardSchemaV1;
}

/** What each service takes and gives, as schemas, by their names. The client and the worker may share it. */
export type Contract = Readonly<Record<string, ServiceSchemas>>;

/** The schema of a body, or `unknown` where there is none. */
export type SchemaOf<Schemas, Kind extends PayloadKind> =
  Schemas extends Readonly<Record<Kind, infer Schema>> ? Schema : unknown;

/** Services as their client sees them: it gives what schemas take, and gets what they make of it. */
export type ClientServices<C> = {
  readonly [Name in keyof C]: {
    readonly request: SchemaInput<SchemaOf<C[Name], 'request'>>;
    readonly partial: SchemaOutput<SchemaOf<C[Name], 'partial'>>;
    readonly reply: SchemaOutput<SchemaOf<C[Name], 'reply'>>;
  };
};

/** Services as their worker sees them: it gets what schemas make of a request, and gives what they take. */
export type WorkerServices<C> = {
  readonly [Name in keyof C]: {
    readonly request: SchemaOutput<SchemaOf<C[Name], 'request'>>;
    readonly partial: SchemaInput<SchemaOf<C[Name], 'partial'>>;
    readonly reply: SchemaInput<SchemaOf<C[Name], 'reply'>>;
  };
};

const KINDS: readonly PayloadKind[] = ['request', 'partial', 'reply'];

/**
 * See that a caller's contract is one.
 *
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` that names the service and what is wrong with it
 */
export function checkContract(contract: Contract): void {
  if (typeof contract !== 'object' || (contract as unknown) === null) {
    throw new ArgumentError('contract', contract, 'an object of schemas by the names of services');
  }
  for (const [service, schemas] of Object.entries(contract) as [string, unknown][]) {
    const name = `contract.${service}`;
    if (typeof schemas !== 'object' || schemas === null) throw new ArgumentError(name, schemas, 'an object of schemas');
    for (const [kind, schema] of Object.entries(schemas)) {
      if (!KINDS.includes(kind as PayloadKind)) throw new ArgumentError(name, kind, KINDS.join(', '));
      if (schema !== undefined && !isStandardSchema(schema)) {
        throw new ArgumentError(`${name}.${kind}`, schema, 'a schema that follows Standard Schema, version 1');
      }
    }
  }
}

/**
 * The schema for a body, if there is one.
 *
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` when there is a contract, but without this service
 */
export function schemaFor(
  contract: Contract | undefined,
  { service, kind }: CodecContext,
): StandardSchemaV1 | undefined {
  if (contract === undefined) return undefined;
  // Not what every object has: a service may be called `constructor`.
  if (Object.hasOwn(contract, service)) return contract[service]?.[kind];
  const hint = didYouMean(service, Object.keys(contract), (name) => JSON.stringify(name));
  throw new ArgumentError('service', service, `a service of the contract${hint}`);
}
