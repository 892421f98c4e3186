// SPDX-License-Identifier: Apache-2.0
// variables - environment variables as this program reads them

/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The value of a variable; one that is empty counts as not set, as compose files leave them. */
export function variable(env: Environment, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === '' ? undefined : text;
}

/** A list in one environment variable: its items stand apart by white space. */
export function splitList(text: string): string[] {
  return text.trim().split(/\s+/);
}
