// SPDX-License-Identifier: Apache-2.0
// exit-codes - what the shell is told, and the error that means "you asked for something that is not possible"

/** The exit codes of `mdp-broker` and of every subcommand; they are part of the interface. */
export const EXIT_CODES = {
  /** It did what it was told; a broker or worker stopped in order after a signal. */
  OK: 0,
  /** Something unexpected failed; the log has it. */
  FAILURE: 1,
  /** A wrong option, environment variable or config file. */
  USAGE: 2,
  /** An endpoint, or the admin interface, could not be bound: in use, not of this machine, not permitted. */
  BIND: 3,
  /** No reply came in time. */
  TIMEOUT: 4,
  /** The broker or the worker answered with an error reply. */
  REMOTE: 5,
  /** A reply came, but not the one that was expected. */
  WRONG_REPLY: 6,
  /** The broker refused the connection: the key is not allowed, or one side encrypts and the other does not. */
  REFUSED: 7,
  /** A second SIGINT ended it at once, or the first one a request: 128 + 2. */
  FORCED_SIGINT: 130,
  /** Whoever read its standard output went away, as in `… | head`: 128 + 13, as for a SIGPIPE. */
  CLOSED_PIPE: 141,
  /** A second SIGTERM ended it at once, or the first one a request: 128 + 15. */
  FORCED_SIGTERM: 143,
} as const;

/** Any of {@link EXIT_CODES}. */
export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/** The caller's mistake: the message says what is wrong and what is allowed. It is shown without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The text of anything that was thrown. */
export function errorMessage(error: unknown): string {
  const message = (error as { readonly message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' ? message : String(error);
}

/** The `code` of an error, of ours or of Node.js. */
export function errorCode(error: unknown): string | undefined {
  const code = (error as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
