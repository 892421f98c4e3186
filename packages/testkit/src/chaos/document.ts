// SPDX-License-Identifier: Apache-2.0
// document - where the tables go, and what stands above them

import { arch, cpus, platform } from 'node:os';
import { fileURLToPath } from 'node:url';

/** Where the tables are written. */
export const DOCUMENT = fileURLToPath(new URL('../../../../docs/reliability.md', import.meta.url));

/** How it was measured, in one line. */
export function circumstances(seed: number): string {
  const processors = `${String(cpus().length)} × ${cpus()[0]?.model.trim() ?? 'unknown'}`;
  return `Seed ${String(seed)}; Node.js ${process.version}, ${platform()} ${arch()}, ${processors}.`;
}
