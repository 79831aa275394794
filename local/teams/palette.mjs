// Writes a picture as a PNG of at most 256 colours, which takes a third of the bytes of what Chromium writes.
import { deflateSync, crc32 } from "node:zlib";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const LEVELS = [32, 16, 8, 6]; // of each channel; six always fit: 6 * 6 * 6 = 216

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

function indexed(pixels, levels) {
  const places = new Map();
  const indices = Buffer.alloc(pixels.length / 4);
  const step = 255 / (levels - 1);
  const rounded = Uint8Array.from({ length: 256 }, (_, value) => Math.round(Math.round(value / step) * step));
  for (let at = 0; at < indices.length; at += 1) {
    const from = at * 4;
    const color = (rounded[pixels[from]] << 16) | (rounded[pixels[from + 1]] << 8) | rounded[pixels[from + 2]];
    if (!places.has(color)) places.set(color, places.size);
    if (places.size > 256) return null;
    indices[at] = places.get(color);
  }
  return { indices, colors: [...places.keys()] };
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
  let found = null;
  for (const levels of LEVELS) found ??= indexed(pixels, levels);
  const { indices, colors } = found;
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
