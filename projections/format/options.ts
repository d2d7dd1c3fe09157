/** What readers and writers of all formats can be told. */
export interface ReadOptions {
  /** Only these PEs. */
  readonly pes?: ReadonlySet<number>;
  /** Called after each file. */
  readonly onProgress?: (done: number, files: number) => void;
  /** False: destinations that the files do not name stay unknown, until `linkMessages` is called. */
  readonly linksMessages?: boolean;
  /** A trace with more is refused: 200 million records need about 10 GB. */
  readonly recordsMax?: number;
}

export interface WriteOptions {
  readonly onProgress?: (done: number, files: number) => void;
}

/** Works on the items in order, `atOnce` at a time. */
export async function inTurns<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const turn = async (): Promise<void> => {
    while (next < items.length) await work(items[next++]!);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, turn));
}
