/**
 * The MPI library of the machine, Open MPI or MPICH, called through koffi.
 *
 * Both have the same functions and different binary interfaces: handles are pointers in the one and numbers in the other, and so
 * are a few constants. All arguments are passed as 64-bit integers, addresses among them, which is right for every kind of
 * handle where arguments travel in registers; so a call costs some 60 ns, half of what it does with pointers to buffers.
 *
 * MPI's own error handling stays as it is: an error ends the job, with the library's message.
 *
 * Invariant: all calls come from the thread that has called `open` (MPI_THREAD_FUNNELED).
 */
import { CharmError, describeThrown } from '../../core/base/errors.ts';

type Call = (...args: number[]) => number;

type SetVariable = (name: string, value: string, mustOverwrite: number) => number;

interface Koffi {
  load(path: string | null): { func(name: string, result: string, args: readonly string[]): Call };
  address(buffer: ArrayBufferView | ArrayBuffer): bigint;
}

/**
 * Set before the library begins, unless the user has. It must not patch the memory functions of a process whose other threads are
 * running, nor take signals that V8 wants (out-of-bounds accesses of WebAssembly are a SIGSEGV).
 */
const libraryVariables = {
  UCX_MEM_EVENTS: 'n',
  UCX_ERROR_SIGNALS: 'SIGABRT',
  OMPI_MCA_memory: '^patcher',
  OMPI_MCA_opal_signal: '6',
};

/** RTLD_NOW | RTLD_GLOBAL: the library's plug-ins look for its symbols. */
const dlopenFlags = 0x102;
const threadFunneled = 1;
/** Of no message; MPI promises tags up to it. */
const unusedTag = 32_767;

interface Abi {
  readonly name: string;
  readonly world: number;
  readonly byte: number;
  readonly anySource: number;
  readonly statusIgnore: number;
}

export class MpiLibrary {
  readonly name: string;
  readonly node: number;
  readonly nodes: number;
  readonly #abi: Abi;
  readonly #koffi: Koffi;
  readonly #isend: Call;
  readonly #irecv: Call;
  readonly #test: Call;
  readonly #iprobe: Call;
  readonly #cancel: Call;
  readonly #finalize: Call;
  readonly #yield: Call;
  readonly #words = new Int32Array(new ArrayBuffer(8));
  /** Address of a word that nobody reads. */
  readonly #flag: number;

  /** Loads the library and begins MPI (MPI_Init_thread). @throws CharmError ERR_RESOURCES that says what to install */
  static async open(): Promise<MpiLibrary> {
    const koffi = await loadKoffi();
    const process = koffi.load(null);
    // By way of process.env a worker thread would set only its own copy.
    const setenv = process.func('setenv', 'int', ['str', 'str', 'int']) as unknown as SetVariable;
    for (const [name, value] of Object.entries(libraryVariables)) setenv(name, value, 0);
    const { path, handle } = openFirst(process, libraryNames());
    return new MpiLibrary(koffi, path, abiOf(process, handle));
  }

  private constructor(koffi: Koffi, path: string, abi: Abi) {
    const library = koffi.load(path);
    const call = (name: string, count: number): Call => library.func(name, 'int', new Array(count).fill('int64'));
    this.#koffi = koffi;
    this.#abi = abi;
    this.name = abi.name;
    this.#isend = call('MPI_Isend', 7);
    this.#irecv = call('MPI_Irecv', 7);
    this.#test = call('MPI_Test', 3);
    this.#iprobe = call('MPI_Iprobe', 5);
    this.#cancel = call('MPI_Cancel', 1);
    this.#finalize = call('MPI_Finalize', 0);
    this.#yield = koffi.load(null).func('sched_yield', 'int', []);
    const words = this.#words;
    const at = this.addressOf(words);
    this.#flag = at;
    call('MPI_Init_thread', 4)(0, 0, threadFunneled, at);
    call('MPI_Comm_rank', 2)(abi.world, at);
    call('MPI_Comm_size', 2)(abi.world, at + 4);
    this.node = words[0]!;
    this.nodes = words[1]!;
  }

  /** Of memory that does not move: that of an ArrayBuffer, as long as somebody holds it. */
  addressOf(buffer: ArrayBufferView | ArrayBuffer): number {
    return Number(this.#koffi.address(buffer));
  }

  /** Begins to send `bytes` bytes; `request` is the address of 8 bytes that stand for it until `test` says that it is done. */
  isend(address: number, bytes: number, node: number, tag: number, request: number): void {
    this.#isend(address, bytes, this.#abi.byte, node, tag, this.#abi.world, request);
  }

  /** Begins to receive, from any node if `node` is -1. */
  irecv(address: number, bytes: number, node: number, tag: number, request: number): void {
    const source = node === -1 ? this.#abi.anySource : node;
    this.#irecv(address, bytes, this.#abi.byte, source, tag, this.#abi.world, request);
  }

  /** Writes 1 to the word at `flag` if the request is done, else 0; gives the library time to work. */
  test(request: number, flag: number): void {
    this.#test(request, flag, this.#abi.statusIgnore);
  }

  /** Lets the library work, and nothing else. MPI goes on only while it is called. */
  progress(): void {
    const { anySource, world, statusIgnore } = this.#abi;
    this.#iprobe(anySource, unusedTag, world, this.#flag, statusIgnore);
  }

  /** The receive that stands at `request` is not wanted any more; `test` says when it is gone. */
  cancel(request: number): void {
    this.#cancel(request);
  }

  /** Lets another thread have the core. */
  yieldCore(): void {
    this.#yield();
  }

  /** Returns when all nodes have called it. */
  finalize(): void {
    this.#finalize();
  }
}

async function loadKoffi(): Promise<Koffi> {
  try {
    const { default: koffi } = await import('koffi');
    return koffi as unknown as Koffi;
  } catch (cause) {
    const message = `the transport mpi needs the package koffi, which is not installed (${describeThrown(cause)}): npm install koffi`;
    throw new CharmError('ERR_RESOURCES', message, undefined, { cause });
  }
}

/** Names under which the library of whatever has started this process may be found. */
function libraryNames(): readonly string[] {
  const { CHARM4TS_MPI_LIBRARY: chosen, OMPI_COMM_WORLD_SIZE: openMpi } = process.env;
  if (chosen !== undefined && chosen !== '') return [chosen];
  const suffix = process.platform === 'darwin' ? ['dylib', 'dylib', 'dylib'] : ['so.40', 'so.12', 'so'];
  const mpich = [`libmpich.${suffix[1]}`, `libmpi.${suffix[1]}`];
  const both = openMpi === undefined ? [...mpich, `libmpi.${suffix[0]}`] : [`libmpi.${suffix[0]}`];
  return [...both, `libmpi.${suffix[2]}`];
}

function openFirst(libc: ReturnType<Koffi['load']>, names: readonly string[]): { path: string; handle: number } {
  const dlopen = libc.func('dlopen', 'int64', ['str', 'int']) as unknown as (path: string, flags: number) => number;
  for (const path of names) {
    const handle = Number(dlopen(path, dlopenFlags));
    if (handle !== 0) return { path, handle };
  }
  throw new CharmError(
    'ERR_RESOURCES',
    `there is no MPI library (looked for ${names.join(', ')}): install Open MPI or MPICH, or name the file in CHARM4TS_MPI_LIBRARY`,
  );
}

function abiOf(libc: ReturnType<Koffi['load']>, handle: number): Abi {
  const dlsym = libc.func('dlsym', 'int64', ['int64', 'str']) as unknown as (handle: number, name: string) => number;
  const world = Number(dlsym(handle, 'ompi_mpi_comm_world'));
  if (world !== 0)
    return { name: 'Open MPI', world, byte: Number(dlsym(handle, 'ompi_mpi_byte')), anySource: -1, statusIgnore: 0 };
  // The common binary interface of MPICH, Intel MPI, MVAPICH and Cray MPI.
  return { name: 'MPICH', world: 0x44000000, byte: 0x4c00010d, anySource: -2, statusIgnore: 1 };
}
