// SPDX-License-Identifier: Apache-2.0
// payload - one body and its value: through the codec, and past the schema

import type { PayloadIssue } from './errors.js';
import { PayloadError } from './errors.js';
import type { Frame, FrameLike } from './frame.js';
import { EMPTY_FRAME } from './frame.js';
import type { Codec, CodecContext } from './payload-codec.js';
import type { StandardSchemaIssue, StandardSchemaV1 } from './standard-schema.js';

/** So many issues stand in a message; the error has all of them. */
const SHOWN_ISSUES = 5;

/** So many UTF-16 units of what others say stand in a message. */
const SHOWN_LENGTH = 1_000;

/**
 * Read a body.
 *
 * @returns its value, as the schema makes it
 * @throws (rejects) {@link PayloadError} `MDP_PAYLOAD` when the codec cannot read it, or the schema does not like it; what
 * the schema throws, if it throws
 */
export async function readPayload(
  codec: Codec,
  schema: StandardSchemaV1 | undefined,
  frames: readonly Frame[],
  context: CodecContext,
): Promise<unknown> {
  let value: unknown;
  try {
    value = codec.decode(frames.length === 0 ? [EMPTY_FRAME] : (frames as readonly [Frame, ...Frame[]]), context);
  } catch (cause) {
    throw payloadError(context, 'cannot be read', reasonOf(cause), { cause });
  }
  return schema === undefined ? value : await validate(schema, value, context);
}

/**
 * Make a body of a value.
 *
 * @throws {@link PayloadError} `MDP_PAYLOAD` when the codec cannot say it
 */
export function writePayload(codec: Codec, value: unknown, context: CodecContext): FrameLike | readonly FrameLike[] {
  try {
    return codec.encode(value, context);
  } catch (cause) {
    throw payloadError(context, 'cannot be encoded', reasonOf(cause), { cause });
  }
}

/**
 * Put a value before its schema.
 *
 * @returns what the schema makes of it
 * @throws (rejects) {@link PayloadError} `MDP_PAYLOAD` with the issues
 */
export async function validate(schema: StandardSchemaV1, value: unknown, context: CodecContext): Promise<unknown> {
  const result = await schema['~standard'].validate(value);
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map(toIssue);
  const shown = issues.slice(0, SHOWN_ISSUES).map(sayIssue);
  const more = issues.length - shown.length;
  const words = more > 0 ? [...shown, `and ${String(more)} more`] : shown;
  throw payloadError(context, 'is not valid', words.join('; '), {}, issues);
}

/** What was thrown, in words. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

function payloadError(
  { service, kind }: CodecContext,
  what: string,
  why: string,
  options: ErrorOptions,
  issues: readonly PayloadIssue[] = [],
): PayloadError {
  // Some of it comes from a peer: it fits in a line of a log.
  const line = why.slice(0, SHOWN_LENGTH).replaceAll(/\p{Cc}+/gu, ' ');
  return new PayloadError(`the ${kind} of ${JSON.stringify(service)} ${what}: ${line}`, service, issues, options);
}

function toIssue({ message, path = [] }: StandardSchemaIssue): PayloadIssue {
  return { message, path: path.map((segment) => (typeof segment === 'object' ? segment.key : segment)) };
}

/** `items[3].name: Required`. */
function sayIssue({ message, path }: PayloadIssue): string {
  let where = '';
  for (const key of path) {
    if (typeof key === 'number') where += `[${String(key)}]`;
    else if (/^[\w$-]{1,80}$/.test(String(key))) where += where === '' ? String(key) : `.${String(key)}`;
    else where += `[${JSON.stringify(String(key).slice(0, 80))}]`;
  }
  return where === '' ? message : `${where}: ${message}`;
}
