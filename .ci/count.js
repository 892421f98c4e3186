// SPDX-License-Identifier: Apache-2.0
// count - adds up the results of all parts into one last line; the exit code is 1 when anything failed
//
// node count.js FOLDER FAILED-PART...: the folder has one JSON report of jest for each suite.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, ...failedParts] = process.argv.slice(2);
const SUITES = ['tests', 'packages', 'interop', 'faults', 'attacks', 'chaos'];
const CHECKS = ['lint', 'types', 'docs'];

let passed = 0;
let failed = 0;
let skipped = 0;

for (const check of CHECKS) {
  if (failedParts.includes(check)) failed += 1;
  else passed += 1;
}
for (const suite of SUITES) {
  const file = join(folder, `${suite}.json`);
  const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  passed += report?.numPassedTests ?? 0;
  skipped += (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  // A test file that cannot even start has no failed cases, and a suite that dies has no report: one failure each.
  const failures = (report?.numFailedTests ?? 0) + (report?.numRuntimeErrorTestSuites ?? 0);
  failed += failures > 0 ? failures : failedParts.includes(suite) || report === undefined ? 1 : 0;
}

console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 ? 1 : 0;
