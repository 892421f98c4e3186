// SPDX-License-Identifier: Apache-2.0
// png - reads and writes PNG files with what Node.js has: 8 bits a channel, not interlaced, no palette

import { crc32, deflateSync, inflateSync } from 'node:zlib';

/** @typedef {{ width: number, height: number, data: Uint8Array }} Image - four bytes a pixel: red, green, blue, alpha */

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

/** What a pixel consists of, by colour type: where its red, green, blue and alpha stand; -1 is opaque. */
const LAYOUTS = { 0: [0, 0, 0, -1], 2: [0, 1, 2, -1], 4: [0, 0, 0, 1], 6: [0, 1, 2, 3] };

/** Images come from strangers: beyond so many pixels nothing is unpacked. */
const MAX_PIXELS = 2 ** 24;

/**
 * @param {Uint8Array} file
 * @returns {Image}
 * @throws Error for what is no PNG, is damaged, or is of a kind that is not read here
 */
export function decodePng(file) {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (!bytes.subarray(0, 8).equals(SIGNATURE)) throw new Error('this is no PNG');
  let header;
  const packed = [];
  for (const { name, data } of chunksOf(bytes)) {
    if (name === 'IHDR') header = readHeader(data);
    if (name === 'IDAT') packed.push(data);
  }
  if (header === undefined) throw new Error('the PNG has no header');
  const { width, height, layout } = header;
  const channels = Math.max(...layout) + 1;
  const size = height * (1 + width * channels);
  const lines = inflateSync(Buffer.concat(packed), { maxOutputLength: size });
  if (lines.length < size) throw new Error('the PNG is cut off');
  return { width, height, data: toRgba(unfilter(lines, width * channels, height, channels), channels, layout) };
}

function* chunksOf(bytes) {
  for (let at = SIGNATURE.length; at + 12 <= bytes.length;) {
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length || crc32(bytes.subarray(at + 4, end)) !== bytes.readUInt32BE(end)) {
      throw new Error('the PNG is damaged');
    }
    yield { name: bytes.toString('latin1', at + 4, at + 8), data: bytes.subarray(at + 8, end) };
    at = end + 4;
  }
}

function readHeader(data) {
  if (data.length !== 13) throw new Error('the header is none');
  const [width, height, depth, colour, interlaced] = [
    data.readUInt32BE(0),
    data.readUInt32BE(4),
    data[8],
    data[9],
    data[12],
  ];
  const layout = LAYOUTS[colour];
  if (depth !== 8 || layout === undefined || interlaced !== 0) throw new Error('this kind of PNG is not read');
  if (width * height === 0 || width * height > MAX_PIXELS) throw new Error(`${width} x ${height} pixels are not read`);
  return { width, height, layout };
}

/** Each line was written as differences to its neighbours, in one of five ways that its first byte tells. */
function unfilter(lines, stride, height, channels) {
  const out = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = lines[y * (stride + 1)];
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x;
      const left = x >= channels ? out[at - channels] : 0;
      const up = y > 0 ? out[at - stride] : 0;
      const corner = x >= channels && y > 0 ? out[at - stride - channels] : 0;
      out[at] = lines[y * (stride + 1) + 1 + x] + predicted(filter, left, up, corner);
    }
  }
  return out;
}

function predicted(filter, left, up, corner) {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) throw new Error(`there is no filter ${filter}`);
  const guess = left + up - corner;
  const [byLeft, byUp, byCorner] = [left, up, corner].map((value) => Math.abs(guess - value));
  return byLeft <= byUp && byLeft <= byCorner ? left : byUp <= byCorner ? up : corner;
}

function toRgba(samples, channels, layout) {
  const data = new Uint8Array((samples.length / channels) * 4);
  for (let pixel = 0; pixel * 4 < data.length; pixel++) {
    layout.forEach((place, i) => {
      data[pixel * 4 + i] = place < 0 ? 255 : samples[pixel * channels + place];
    });
  }
  return data;
}

/**
 * @param {Image} image
 * @returns {Buffer}
 */
export function encodePng({ width, height, data }) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6], 8); // 8 bits a channel, with alpha
  const stride = width * 4;
  const lines = Buffer.alloc(height * (stride + 1)); // the first byte of each line stays 0: no filter
  for (let y = 0; y < height; y++) lines.set(data.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
  const chunks = [chunk('IHDR', header), chunk('IDAT', deflateSync(lines)), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([SIGNATURE, ...chunks]);
}

function chunk(name, data) {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const [length, check] = [data.length, crc32(named)].map((value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  });
  return Buffer.concat([length, named, check]);
}
