// SPDX-License-Identifier: Apache-2.0
// shrink - makes an image small: each new pixel is the mean of those that it stands for

/**
 * @param {import('./png.js').Image} image
 * @param {number} side - the longer side of the result, in pixels
 * @returns {import('./png.js').Image}
 */
export function shrink(image, side) {
  const scale = Math.min(1, side / Math.max(image.width, image.height));
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = span(y, height, image.height);
    for (let x = 0; x < width; x++) {
      const [left, right] = span(x, width, image.width);
      data.set(mean(image, left, right, top, bottom), (y * width + x) * 4);
    }
  }
  return { width, height, data };
}

/** Which of `from` old pixels the new pixel `n` of `to` stands for; always at least one. */
function span(n, to, from) {
  const start = Math.floor((n * from) / to);
  return [start, Math.max(start + 1, Math.floor(((n + 1) * from) / to))];
}

function mean({ width, data }, left, right, top, bottom) {
  let [red, green, blue, alpha] = [0, 0, 0, 0];
  for (let y = top; y < bottom; y++) {
    for (let at = (y * width + left) * 4; at < (y * width + right) * 4; at += 4) {
      const weight = data[at + 3]; // what is transparent has no colour to give
      red += data[at] * weight;
      green += data[at + 1] * weight;
      blue += data[at + 2] * weight;
      alpha += weight;
    }
  }
  const count = (right - left) * (bottom - top);
  return alpha === 0 ? [0, 0, 0, 0] : [red / alpha, green / alpha, blue / alpha, alpha / count].map(Math.round);
}
