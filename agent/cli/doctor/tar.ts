/** A tar archive (ustar) of a few files in memory. */
const block = 512;

export function tarOf(files: readonly { readonly name: string; readonly content: Buffer }[]): Buffer {
  const parts = files.flatMap(({ name, content }) => [header(name, content.length), content, Buffer.alloc((block - (content.length % block)) % block)]);
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

/** Name, mode, owner, size and time as octal text; the sum of all bytes, itself taken as spaces. */
function header(name: string, size: number): Buffer {
  const head = Buffer.alloc(block);
  const octal = (value: number, at: number, length: number): void => void head.write(value.toString(8).padStart(length - 1, "0"), at, "ascii");
  head.write(name.slice(0, 100), 0, "utf8");
  octal(0o600, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  head.fill(" ", 148, 156);
  head.write("0", 156, "ascii");
  head.write("ustar", 257, "ascii");
  head.write("00", 263, "ascii");
  head.write(`${head.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0")}\0 `, 148, "ascii");
  return head;
}
