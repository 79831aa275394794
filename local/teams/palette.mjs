// Writes a picture as a PNG of at most 256 colours, which takes a third of the bytes of what Chromium writes.
import { deflateSync, crc32 } from "node:zlib";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const MOST = 256; // colours: the most frequent ones as they are, every other one as the nearest of them

// Runs in the page: the browser is the decoder.
async function pixelsOf(png) {
  const picture = await createImageBitmap(new Blob([Uint8Array.from(atob(png), (one) => one.charCodeAt(0))]));
  const canvas = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
  canvas.drawImage(picture, 0, 0);
  const { data } = canvas.getImageData(0, 0, picture.width, picture.height);
  let text = "";
  for (let from = 0; from < data.length; from += 32768) text += String.fromCharCode(...data.subarray(from, from + 32768));
  return { width: picture.width, height: picture.height, data: btoa(text) };
}

function indexed(pixels) {
  const counts = new Map();
  const colors = new Uint32Array(pixels.length / 4);
  for (let at = 0; at < colors.length; at += 1) {
    colors[at] = (pixels[at * 4] << 16) | (pixels[at * 4 + 1] << 8) | pixels[at * 4 + 2];
    counts.set(colors[at], (counts.get(colors[at]) ?? 0) + 1);
  }
  const palette = [...counts].sort((one, other) => other[1] - one[1] || one[0] - other[0]).slice(0, MOST).map(([color]) => color);
  const places = new Map(palette.map((color, place) => [color, place]));
  const indices = Buffer.alloc(colors.length);
  for (let at = 0; at < colors.length; at += 1) {
    if (!places.has(colors[at])) places.set(colors[at], nearest(colors[at], palette));
    indices[at] = places.get(colors[at]);
  }
  return { indices, colors: palette };
}

function nearest(color, palette) {
  let [best, least] = [0, Infinity];
  palette.forEach((other, place) => {
    const far = [16, 8, 0].reduce((sum, bits) => sum + (((color >> bits) & 255) - ((other >> bits) & 255)) ** 2, 0);
    if (far < least) [best, least] = [place, far];
  });
  return best;
}

function chunk(kind, data) {
  const named = Buffer.concat([Buffer.from(kind), data]);
  const whole = Buffer.alloc(named.length + 8);
  whole.writeUInt32BE(data.length);
  named.copy(whole, 4);
  whole.writeUInt32BE(crc32(named), named.length + 4);
  return whole;
}

export async function slim(page, png) {
  const { width, height, data } = await page.evaluate(pixelsOf, png);
  const pixels = Buffer.from(data, "base64");
  const { indices, colors } = indexed(pixels);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([8, 3], 8); // eight bits, each the number of a colour
  const palette = Buffer.from(colors.flatMap((color) => [color >> 16, (color >> 8) & 255, color & 255]));
  const rows = Array.from({ length: height }, (_, row) =>
    Buffer.concat([Buffer.from([0]), indices.subarray(row * width, (row + 1) * width)]));
  return Buffer.concat([
    SIGNATURE, chunk("IHDR", header), chunk("PLTE", palette),
    chunk("IDAT", deflateSync(Buffer.concat(rows), { level: 9 })), chunk("IEND", Buffer.alloc(0)),
  ]);
}
