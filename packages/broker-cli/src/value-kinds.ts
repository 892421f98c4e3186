// SPDX-License-Identifier: Apache-2.0
// value-kinds - the kinds of values that options have: how each is read, bounded, shown and described in the schema

import { ArgumentError } from '@mdp/protocol';
import { DURATION_FORM, formatDuration, parseDuration, secondsToMs } from './durations.js';
import { SIZE_FORM, formatSize, parseSize } from './sizes.js';

/** A piece of JSON schema (draft-07). */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What one option allows. Bounds are in the unit the value has inside: milliseconds, bytes, or a plain number. */
export interface ValueRule {
  readonly kind: ScalarKind;
  readonly min?: number;
  readonly max?: number;
  /** The words of a `choice`. */
  readonly choices?: readonly string[];
}

/** The kinds of single values. */
export type ScalarKind = 'duration' | 'size' | 'count' | 'boolean' | 'choice' | 'text';

/** What a value of any {@link ScalarKind} is inside: milliseconds, bytes, a number, a boolean or a text. */
export type Scalar = number | boolean | string;

/** The longest duration that can be asked for, in milliseconds: Node.js has no longer timer than a little more. */
export const LONGEST_MS = 24 * 86_400_000;

interface Kind {
  /** Read what a flag or the environment says; `undefined` when it is nothing of this kind. */
  readonly fromText: (text: string) => Scalar | undefined;
  /** Read a value of a config file. */
  readonly fromConfig: (value: unknown) => Scalar | undefined;
  /** What is allowed, for error messages. */
  readonly allowed: (rule: ValueRule) => string;
  /** Show a value as a person would write it. */
  readonly show: (value: Scalar) => string;
  readonly schema: (rule: ValueRule) => JsonSchema;
}

const WORDS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false,
};

function ofType(type: 'string' | 'number' | 'boolean') {
  return (value: unknown): Scalar | undefined => (typeof value === type ? (value as Scalar) : undefined);
}

function readCount(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function bounds(rule: ValueRule, show: (value: number) => string): string {
  if (rule.max === undefined) return rule.min === undefined ? '' : ` of ${show(rule.min)} or more`;
  return ` from ${show(rule.min ?? 0)} to ${show(rule.max)}`;
}

function numberSchema(rule: ValueRule, unit: number): JsonSchema {
  return { minimum: (rule.min ?? 0) / unit, ...(rule.max === undefined ? {} : { maximum: rule.max / unit }) };
}

const KINDS: Readonly<Record<ScalarKind, Kind>> = {
  duration: {
    fromText: parseDuration,
    fromConfig: (value) =>
      typeof value === 'number' ? secondsToMs(value) : typeof value === 'string' ? parseDuration(value) : undefined,
    allowed: (rule) => `a duration${bounds(rule, formatDuration)}: ${DURATION_FORM}`,
    show: (value) => formatDuration(Number(value)),
    schema: (rule) => ({
      anyOf: [
        { type: 'number', ...numberSchema(rule, 1000) },
        { type: 'string', pattern: '^(\\d+(\\.\\d+)?|(\\d+(\\.\\d+)?(ms|s|m|h|d))+)$' },
      ],
    }),
  },
  size: {
    fromText: parseSize,
    fromConfig: (value) => (typeof value === 'string' ? parseSize(value) : ofType('number')(value)),
    allowed: (rule) => `a size${bounds(rule, formatSize)}: ${SIZE_FORM}`,
    show: (value) => formatSize(Number(value)),
    schema: (rule) => ({
      anyOf: [
        { type: 'integer', ...numberSchema(rule, 1) },
        { type: 'string', pattern: '^\\d+(\\.\\d+)? ?([bB]|[kKmMgGtT]([iI]?[bB])?)?$' },
      ],
    }),
  },
  count: {
    fromText: readCount,
    fromConfig: ofType('number'),
    allowed: (rule) => `a whole number${bounds(rule, String)}`,
    show: String,
    schema: (rule) => ({ type: 'integer', ...numberSchema(rule, 1) }),
  },
  boolean: {
    fromText: (text) => (Object.hasOwn(WORDS, text.toLowerCase()) ? WORDS[text.toLowerCase()] : undefined),
    fromConfig: ofType('boolean'),
    allowed: () => 'true or false',
    show: String,
    schema: () => ({ type: 'boolean' }),
  },
  choice: {
    fromText: (text) => text,
    fromConfig: ofType('string'),
    allowed: (rule) => (rule.choices ?? []).join(', '),
    show: String,
    schema: (rule) => ({ enum: rule.choices ?? [] }),
  },
  text: {
    fromText: (text) => text,
    fromConfig: ofType('string'),
    allowed: () => 'a text that is not empty',
    show: String,
    schema: () => ({ type: 'string', minLength: 1 }),
  },
};

function within(rule: ValueRule, value: Scalar | undefined): value is Scalar {
  if (value === undefined || value === '') return false;
  if (typeof value === 'string') return rule.choices?.includes(value) ?? true;
  if (typeof value === 'boolean') return true;
  return Number.isSafeInteger(value) && value >= (rule.min ?? 0) && value <= (rule.max ?? Infinity);
}

/** Whether a row's rule is one for a single value. */
export function isScalar(rule: { readonly kind: string }): rule is ValueRule {
  return Object.hasOwn(KINDS, rule.kind);
}

/** What a rule allows, in words. */
export function allowedBy(rule: ValueRule): string {
  return KINDS[rule.kind].allowed(rule);
}

/** A value as a person would write it: `2.5s`, `16MiB`, `true`. */
export function showValue(rule: ValueRule, value: Scalar): string {
  return KINDS[rule.kind].show(value);
}

/** The values that a config file may have for a rule. */
export function schemaOf(rule: ValueRule): JsonSchema {
  return KINDS[rule.kind].schema(rule);
}

/** One value, or a list of them that is not empty. */
export function listSchema({ anyOf, ...one }: JsonSchema): JsonSchema {
  const items = anyOf === undefined ? one : { anyOf };
  const each = anyOf === undefined ? [one] : (anyOf as readonly JsonSchema[]);
  return { anyOf: [...each, { type: 'array', items, minItems: 1 }] };
}

/**
 * Read a flag or an environment variable.
 *
 * @param name - how the user knows it, for the error: `--max-queued`, `MDP_MAX_QUEUED`
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` that names it, the value and what is allowed
 */
export function readText(rule: ValueRule, name: string, text: string): Scalar {
  const value = KINDS[rule.kind].fromText(text.trim());
  if (!within(rule, value)) throw new ArgumentError(name, text, allowedBy(rule));
  return value;
}

/**
 * Read a value of a config file.
 *
 * @param name - where it stands, for the error: `broker.yaml:3: maxQueued`
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` that names it, the value and what is allowed
 */
export function readConfig(rule: ValueRule, name: string, value: unknown): Scalar {
  const read = KINDS[rule.kind].fromConfig(value);
  if (!within(rule, read)) throw new ArgumentError(name, value, allowedBy(rule));
  return read;
}

/** What a rule allows, as short as documents have it: `10ms to 24d`, `true, false`. */
export function rangeOf(rule: ValueRule): string {
  if (rule.kind === 'boolean') return 'true, false';
  if (rule.choices !== undefined) return rule.choices.join(', ');
  return [rule.min ?? 0, rule.max ?? Infinity].map((bound) => showValue(rule, bound)).join(' to ');
}
