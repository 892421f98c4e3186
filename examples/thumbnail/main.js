// SPDX-License-Identifier: Apache-2.0
// main - a worker that makes thumbnails of PNG files, and a client with a file; its own, or the one that is named
//
// node examples/thumbnail/main.js [photo.png thumbnail.png]

import { readFile, writeFile } from 'node:fs/promises';
import { Broker } from '@mdp/broker';
import { Client, text } from '@mdp/client';
import { RemoteError, STATUS, Worker } from '@mdp/worker';
import { decodePng, encodePng } from './png.js';
import { shrink } from './shrink.js';

const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
await broker.start();
const [endpoint] = broker.endpoints;

// #region worker
const worker = new Worker(endpoint, 'thumbnail', ({ body: [file, size] }) => {
  const side = Number(text(size));
  if (!(side >= 1 && side <= 4096)) throw new RemoteError(STATUS.MALFORMED, 'the size is 1 to 4096 pixels');
  const small = shrink(decode(file), side);
  return [encodePng(small), `${small.width} x ${small.height}`]; // bytes and text, a frame for each
});

function decode(file) {
  try {
    return decodePng(file);
  } catch (error) {
    throw new RemoteError(STATUS.MALFORMED, error.message); // the file is at fault, not the worker
  }
}
// #endregion
await worker.start();

const [source, target] = process.argv.slice(2);
const file = source === undefined ? encodePng(gradient(640, 480)) : await readFile(source);

// #region client
const client = new Client(endpoint, { timeoutMs: 30_000 });

const [thumbnail, measure] = await client.request('thumbnail', [file, '160']);
console.log('a PNG of', text(measure));

await client.request('thumbnail', ['GIF89a', '160']).catch(({ status, message }) => console.log(status, message));
// #endregion
if (target === undefined) console.log('its last pixel:', decodePng(thumbnail).data.subarray(-4).join(' '));
else await writeFile(target, thumbnail);

await client.close();
await worker.stop();
await broker.stop();

/** From black to red from left to right, and to green from top to bottom. */
function gradient(width, height) {
  const data = new Uint8Array(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    data.set([(255 * x) / (width - 1), (255 * y) / (height - 1), 0, 255], i * 4);
  }
  return { width, height, data };
}
