/** The space that a program attaches for buffered sends. Only its size counts: messages are copied into memory of their own. */
import type { Payload } from '../datatype/place.ts';
import { MpiError } from '../errors.ts';

/** What each message takes beside its data: MPI_BSEND_OVERHEAD. */
export const BSEND_OVERHEAD = 32;

export class SendBuffer {
  private space: number | Payload | undefined = undefined;
  private used = 0;
  private detaching: (() => void) | undefined = undefined;

  attach(space: number | Payload): void {
    if (this.space !== undefined) throw new MpiError('BUFFER', 'there is a buffer attached already; detach it first');
    this.space = space;
  }

  async detach(): Promise<number | Payload> {
    const { space } = this;
    if (space === undefined) throw new MpiError('BUFFER', 'no buffer is attached');
    if (this.used > 0)
      await new Promise<void>((resolve) => {
        this.detaching = resolve;
      });
    this.space = undefined;
    return space;
  }

  /** Takes room for one message; returns what gives it back. */
  take(bytes: number): () => void {
    const { space } = this;
    if (space === undefined)
      throw new MpiError('BUFFER', `a buffered send of ${bytes} bytes needs space: call bufferAttach first`);
    const size = typeof space === 'number' ? space : space.byteLength;
    const wanted = bytes + BSEND_OVERHEAD;
    if (this.used + wanted > size)
      throw new MpiError('BUFFER', `a buffered send of ${bytes} bytes finds ${size - this.used} of ${size} bytes free`);
    this.used += wanted;
    return () => {
      this.used -= wanted;
      if (this.used === 0) this.detaching?.();
    };
  }
}
