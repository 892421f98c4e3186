// SPDX-License-Identifier: Apache-2.0
// primes - the script of a thread: it counts the primes below a number, however long that takes

import { parentPort } from 'node:worker_threads';

parentPort.on('message', ({ below }) => parentPort.postMessage(countPrimes(below)));

function countPrimes(below) {
  let count = 0;
  for (let n = 2; n < below; n++) if (isPrime(n)) count++;
  return count;
}

function isPrime(n) {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return true;
}
