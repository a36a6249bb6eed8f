/** Dots in characters: 2 across and 4 down each (Unicode 2800). */
export const DOTS_ACROSS = 2;
export const DOTS_DOWN = 4;
/** Bits of the dots of one character, by row from above, left and right. */
export const BITS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;
export const BLANK = 0x2800;
