/** A link that knows which PEs share memory: frames for others get the bytes of shared arrays in the place of references. */
import type { Link } from '../core/message/transport.ts';
import { Reader } from '../core/pup/reader.ts';
import { hasShared, inlineShared } from '../core/pup/shared-array.ts';
import type { SharedHeap } from '../core/pup/shared-heap.ts';

/** `isBeside` tells whether a PE is in this process. */
export function acrossNodes(inner: Link, heap: () => SharedHeap, isBeside: (pe: number) => boolean): Link {
  const pass = (to: number, bytes: Uint8Array): void => inner.forward(to, Reader.over(inlineShared(bytes, heap())));
  return {
    send: (to, writer) => {
      if (writer.hasShared && !isBeside(to)) pass(to, writer.copyFrame());
      else inner.send(to, writer);
    },
    forward: (to, frame) => {
      if (hasShared(frame.bytes, frame.start) && !isBeside(to)) pass(to, frame.copy());
      else inner.forward(to, frame);
    },
    poll: (receive, framesMax) => inner.poll(receive, framesMax),
  };
}
