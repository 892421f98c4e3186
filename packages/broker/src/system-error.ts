// SPDX-License-Identifier: Apache-2.0
// system-error - what ZeroMQ and the operating system throw, told by its code

/**
 * The code of an error, `EAGAIN` for instance; `undefined` when it has none. Not by `instanceof`: the binding's errors are
 * of the realm that loaded it, and a test runner or a sandbox runs this code in another one.
 */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** What was thrown, as an `Error`. */
export function asError(error: unknown): Error {
  if (error instanceof Error) return error;
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
  return new Error(String(message), { cause: error });
}
