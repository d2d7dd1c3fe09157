/** Reads handles back: the counterpart of every `[writeHandle]`. */
import { CharmError } from '../base/errors.ts';
import { Channel } from '../chare/channel.ts';
import type { Collection } from '../chare/collection.ts';
import { Completion } from '../chare/completion.ts';
import type { ElementFrames } from '../chare/element-frames.ts';
import { Timer } from '../chare/timer.ts';
import { EveryoneCallback } from '../collective/reduction.ts';
import type { Pe } from '../pe/pe.ts';
import { BitVector } from '../pe/priority.ts';
import { decodeValue } from '../pup/decode.ts';
import type { Reader } from '../pup/reader.ts';
import { SharedArray } from '../pup/shared-array.ts';
import type { DecodeContext } from '../pup/value-codec.ts';
import { Promised, Status, unpackingScope } from '../resumable/promised.ts';
import { readSectionCallback, readSectionProxy } from '../section/section-proxy.ts';
import { EntryCallback, ExitCallback, IgnoreCallback } from './callback.ts';
import { HandleKind, readCollection, readKey, readOptions } from './handle-kinds.ts';

export function makeDecodeContext(pe: Pe): DecodeContext {
  return { handle: makeHandleReader(pe), classes: pe.registry.classes };
}

function makeHandleReader(pe: Pe): (reader: Reader) => unknown {
  const read = (reader: Reader): Collection => readCollection(reader, pe);
  return (reader) => {
    const kind = reader.u8();
    switch (kind) {
      case HandleKind.element:
        return readTarget(reader, read, (c, key, options) => new c.type.proxies.element(c, key, options));
      case HandleKind.broadcast:
        return readTarget(reader, read, (c, key, options) => new c.type.proxies.broadcast(c, key, options));
      case HandleKind.array:
        return read(reader).arrayProxy;
      case HandleKind.group:
        return read(reader).groupProxy;
      case HandleKind.entryCallback:
        return readTarget(
          reader,
          read,
          (c, key, options) => new EntryCallback(c, key, c.type.table.byId(reader.u32()), options),
        );
      case HandleKind.future:
        return readFuture(reader, pe);
      case HandleKind.exit:
        return new ExitCallback((code) => pe.exit(code));
      case HandleKind.ignore:
        return new IgnoreCallback();
      case HandleKind.bitVector:
        return BitVector.read(reader);
      case HandleKind.channel:
        return new Channel(read(reader), readKey(reader)!, reader.text());
      case HandleKind.timer:
        return new Timer(read(reader), readKey(reader)!, reader.f64());
      case HandleKind.section:
        return readSectionProxy(reader, pe);
      case HandleKind.sectionCallback:
        return readSectionCallback(reader, pe);
      case HandleKind.sharedArray:
        return SharedArray.read(reader, pe.heap());
      case HandleKind.completion:
        return new Completion(pe, reader.f64());
      case HandleKind.allreduce:
        return new EveryoneCallback();
      default:
        throw new CharmError('ERR_DECODE', `unknown handle kind ${kind} in a message`);
    }
  };
}

/** In a resumable chare that has moved, with what it waits for. */
function readFuture(reader: Reader, pe: Pe): unknown {
  const [home, id, state] = [reader.u32(), reader.f64(), reader.u8()];
  if (state === 0) return pe.futures.refer(home, id);
  const frames = unpackingScope() as ElementFrames | undefined;
  if (state === 1) return pe.futures.refer(home, id, frames?.waitNumbered(reader.f64()));
  const promised = new Promised(frames);
  promised.isAsked = true;
  promised.settle(state === 2 ? Status.fulfilled : Status.rejected, decodeValue(reader, pe.context));
  return pe.futures.refer(home, id, promised);
}

type Options = ReturnType<typeof readOptions>;
type KeyOrAll = ReturnType<typeof readKey>;

function readTarget<T>(
  reader: Reader,
  read: (reader: Reader) => Collection,
  make: (collection: Collection, key: KeyOrAll, options: Options) => T,
): T {
  const collection = read(reader);
  const key = readKey(reader);
  const options = readOptions(reader);
  return make(collection, key, options);
}
