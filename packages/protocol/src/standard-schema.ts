// SPDX-License-Identifier: Apache-2.0
// standard-schema - what validators have in common (Standard Schema, version 1): only its types, so that nothing is depended on

/**
 * A schema of a library that follows [Standard Schema](https://standardschema.dev), version 1: Zod, Valibot, ArkType and
 * others. `Input` is what it takes, `Output` what it makes of it.
 */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  readonly '~standard': StandardSchemaProps<Input, Output>;
}

/** What a schema has under `~standard`. */
export interface StandardSchemaProps<Input = unknown, Output = Input> {
  readonly version: 1;
  /** The library that it is of. */
  readonly vendor: string;
  /** Look at a value; at once, or later. */
  readonly validate: (value: unknown) => StandardSchemaResult<Output> | Promise<StandardSchemaResult<Output>>;
  /** For the compiler only: there is nothing in it. */
  readonly types?: { readonly input: Input; readonly output: Output } | undefined;
}

/** What a schema makes of a value, or why it does not. */
export type StandardSchemaResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly StandardSchemaIssue[] };

/** One thing that is wrong with a value. */
export interface StandardSchemaIssue {
  readonly message: string;
  /** Where in the value it is. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a schema takes. */
export type SchemaInput<Schema> =
  Schema extends StandardSchemaV1<unknown, unknown> ? NonNullable<Schema['~standard']['types']>['input'] : unknown;

/** What a schema gives. */
export type SchemaOutput<Schema> =
  Schema extends StandardSchemaV1<unknown, unknown> ? NonNullable<Schema['~standard']['types']>['output'] : unknown;

/** Whether a value is a schema. Those of ArkType are functions. */
export function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return false;
  const props = (value as { '~standard'?: Partial<Record<keyof StandardSchemaProps, unknown>> })['~standard'];
  return typeof props === 'object' && props.version === 1 && typeof props.validate === 'function';
}
