// SPDX-License-Identifier: Apache-2.0
// index - what other tools of this repository may use of the harness

export { replaceSection } from './document.js';
export { usageOf } from './process-usage.js';
export type { MachineTime } from './quiet.js';
export { machineTime, othersShare } from './quiet.js';
export { median, percentile, ratioOfRounds } from './statistics.js';
export type { Column } from './table.js';
export { renderTable } from './table.js';
