/** Memory for bytes that will all be overwritten, so that it need not be zeroed first where the platform lets us say so. */

interface BufferMaker {
  allocUnsafeSlow(bytes: number): Uint8Array;
}

/** Node.js has one; browsers have none. */
const maker = (globalThis as { readonly Buffer?: BufferMaker }).Buffer;

export function unzeroed(bytes: number): Uint8Array {
  if (maker === undefined) return new Uint8Array(bytes);
  const fresh = maker.allocUnsafeSlow(bytes);
  return new Uint8Array(fresh.buffer, fresh.byteOffset, bytes);
}
