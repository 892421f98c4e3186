#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// mdp-broker - checks Node.js and the build, then hands over

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`mdp-broker needs Node.js 20.19 or newer; this is ${process.versions.node}`);
  process.exitCode = 1;
} else {
  import('../dist/main.js').then(
    async ({ main }) => {
      process.exitCode = await main(process.argv.slice(2));
      // After an unexpected failure sockets may still be open, and they would keep the process for ever.
      if (process.exitCode === 1) process.exit();
    },
    (error) => {
      if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
      console.error(`mdp-broker is not built or not installed completely: ${error.message}`);
      process.exitCode = 1;
    },
  );
}
