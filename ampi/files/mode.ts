/** How a file is opened. */

/** Of `open`; added together. */
export const Mode = {
  CREATE: 1,
  RDONLY: 2,
  WRONLY: 4,
  RDWR: 8,
  DELETE_ON_CLOSE: 16,
  UNIQUE_OPEN: 32,
  EXCL: 64,
  APPEND: 128,
  SEQUENTIAL: 256,
} as const;
