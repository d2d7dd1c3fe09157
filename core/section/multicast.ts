/** One multicast of a section, and its delivery to one member. */

import type { ElementRecord } from '../chare/element.ts';
import type { SendOptions } from '../chare/proxy-types.ts';
import { type EntryMethod, systemEntry } from '../message/entry-table.ts';
import { readOptions, writeOptions } from '../message/handle-kinds.ts';
import type { ChareType } from '../message/registry.ts';
import { EntryTask } from '../pe/entry-task.ts';
import type { Pe } from '../pe/pe.ts';
import { decodeArguments } from '../pup/decode.ts';
import { encodeArguments } from '../pup/encode.ts';
import type { Reader } from '../pup/reader.ts';

export interface Multicast {
  readonly section: number;
  readonly generation: number;
  /** 1, 2, ... in one generation. */
  readonly number: number;
  /** Of a class of the section; or one of the two below. */
  readonly entry: EntryMethod;
  /** Number of the class in whose table the entry stands. */
  readonly type: number;
  readonly args: unknown[];
  readonly options: SendOptions | undefined;
  /** Its name in traces: the PE that sent it and a number; see pe/trace-sink.ts. */
  readonly source: number;
  readonly event: number;
}

/** What a program asks for; the root makes a multicast of it. */
export type Call = Omit<Multicast, 'section' | 'generation' | 'number'>;

/** The end of a frame: class, number for traces, send options, arguments. Its header names the entry and the source. */
export function writeCall({ writer, registry }: Pe, { entry, type, args, options, event }: Call): void {
  writer.u32(type);
  writer.u32(event);
  writeOptions(writer, options);
  encodeArguments(writer, args, `${registry.types[type]!.name}.${entry.name}`);
  writer.end();
}

export function readCall(pe: Pe, frame: Reader): Call {
  const type = frame.u32();
  const event = frame.u32();
  const options = readOptions(frame);
  const args = decodeArguments(frame, pe.context);
  const entry = entryOf(pe.registry.types[type]!, frame.small);
  return { entry, type, args, options, source: frame.source, event };
}

/** Numbers of our entries among those that the runtime has. */
const firstNumber = 0xe0;
const nothing = (): void => undefined;

/** Ends the membership of every member: the last multicast of a generation. */
export const leaveEntry = systemEntry(firstNumber, 'leave a section', nothing);
/** Gives members the result of a reduction. Arguments: number and value. */
export const resultEntry = systemEntry(firstNumber + 1, 'result of a section', nothing);

export function entryOf(type: ChareType, id: number): EntryMethod {
  if (id === leaveEntry.id) return leaveEntry;
  return id === resultEntry.id ? resultEntry : type.table.byId(id);
}

export function isOurs(entry: EntryMethod): boolean {
  return entry === leaveEntry || entry === resultEntry;
}

/** Waits in the queue for its member's turn; goes after the member if that moves. */
export class MulticastTask extends EntryTask {
  readonly #multicast: Multicast;

  constructor(target: ElementRecord, multicast: Multicast, source: number) {
    const { entry, args, options, event } = multicast;
    super(target, entry, args, undefined, source, options, event);
    this.#multicast = multicast;
  }

  override run(_pe: Pe): void {
    this.target.sections?.take(this.#multicast);
  }

  override sendOn(): void {
    const { collection, key } = this.target;
    collection.pe.collections.sections.sendToMember(collection, key, this.#multicast);
  }
}
