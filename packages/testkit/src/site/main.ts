// SPDX-License-Identifier: Apache-2.0
// main - looks through a site that was built: node main.js FOLDER

import { checkSite } from './check.js';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('which folder?');
const { pages, links, complaints } = checkSite(folder);
for (const complaint of complaints) process.stderr.write(`${complaint}\n`);
process.stdout.write(`${String(pages)} pages, ${String(links)} links, ${String(complaints.length)} broken\n`);
process.exitCode = complaints.length === 0 ? 0 : 1;
