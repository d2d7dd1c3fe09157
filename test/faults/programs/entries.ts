/** Programs that throw, one per case; the first argument picks it. */
import { Chare, type Charm, type ElementProxy, Reducer, reducer } from 'charm4ts';

export class Failing extends Chare<number> {
  sync(): void {
    throw new RangeError('thrown at once'); // throws: sync
  }

  async late(): Promise<void> {
    await this.charm.sleep(1);
    refuse(); // calls: late
  }

  nothing(): void {
    throw null;
  }

  async nothingLate(): Promise<void> {
    await this.charm.sleep(1);
    throw undefined;
  }

  text(): void {
    throw 'only words';
  }

  record(): void {
    throw { status: 5 };
  }

  caused(): void {
    throw new Error('the outer one', { cause: new SyntaxError('the inner one') });
  }

  ownClass(): void {
    throw new Overheated('too hot');
  }

  system(): void {
    throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  }

  selfCaused(): void {
    const error = new Error('its own cause');
    error.cause = error;
    throw error;
  }

  onOne(): void {
    if (this.index === 3) throw new Error('only element 3');
  }

  /** Asks the next element, which throws; does not catch. */
  async relay(): Promise<void> {
    await this.array.at(this.index + 1).ask.sync();
  }

  answer(): number {
    return 42;
  }

  badResult(): unknown {
    return { fine: 1, wrong: () => 1 };
  }
}

class Overheated extends Error {
  override name = 'Overheated';
}

function refuse(): never {
  throw new TypeError('thrown after an await'); // throws: late
}

export class BadConstructor extends Chare<number> {
  constructor() {
    super();
    if (this.index === 2) throw new Error('no element 2 today'); // throws: constructor
  }
}

export class Contributor extends Chare<number> {
  add(): void {
    this.contribute(this.index, touchy, this.charm.ignoreCallback);
  }

  finish(): void {
    this.contribute(this.index, unfinished, this.charm.ignoreCallback);
  }
}

export const touchy = reducer<number>('touchy', {
  merge: () => {
    throw new Error('merge refused'); // throws: merge
  },
});

export const unfinished = reducer<number>('unfinished', {
  merge: (a, b) => a + b,
  finish: () => {
    throw new Error('finish refused');
  },
});

export interface Seen {
  readonly name: string;
  readonly message: string;
  readonly code: unknown;
  readonly place: unknown;
  readonly cause: {
    readonly name: string;
    readonly message: string;
    readonly isTypeError: boolean;
    readonly code: unknown;
  };
  readonly inner: string;
}

/** What the caller of `ask` sees of an error. */
async function seen(asked: Promise<unknown>): Promise<Seen> {
  const error = await asked.then(
    () => new Error('did not reject'),
    (thrown: Error & { code?: unknown; place?: unknown }) => thrown,
  );
  const cause = error.cause as Error & { code?: unknown };
  return {
    name: `${error.name} ${error.constructor.name}`,
    message: error.message,
    code: (error as { code?: unknown }).code,
    place: (error as { place?: unknown }).place,
    cause: {
      name: cause?.name,
      message: cause?.message,
      isTypeError: cause instanceof TypeError,
      code: cause?.code,
    },
    inner: cause?.cause instanceof SyntaxError ? cause.cause.message : '',
  };
}

type Case = (charm: Charm) => unknown;

/** Element 3 of 4 is on the last PE. */
const at3 = async (charm: Charm): Promise<ElementProxy<Failing>> => (await charm.array(Failing, { size: 4 })).at(3);

const cases: Record<string, Case> = {
  sync: async (charm) => (await at3(charm)).sync(),
  late: async (charm) => (await at3(charm)).late(),
  nothing: async (charm) => (await at3(charm)).nothing(),
  nothingLate: async (charm) => (await at3(charm)).nothingLate(),
  text: async (charm) => (await at3(charm)).text(),
  record: async (charm) => (await at3(charm)).record(),
  caused: async (charm) => (await at3(charm)).caused(),
  selfCaused: async (charm) => (await at3(charm)).selfCaused(),
  broadcast: async (charm) => (await charm.array(Failing, { size: 4 })).all.onOne(),
  allAtOnce: async (charm) => (await charm.array(Failing, { size: 64 })).all.sync(),
  relay: async (charm) => (await charm.array(Failing, { size: 4 })).at(1).relay(),
  constructor2: (charm) => charm.array(BadConstructor, { size: 4 }),
  main: () => {
    throw new EvalError('main threw'); // throws: main
  },
  mainLate: async (charm) => {
    await charm.sleep(1);
    throw new URIError('main threw late'); // throws: mainLate
  },
  mainNull: () => {
    throw null;
  },
  mainAsked: async (charm) => (await at3(charm)).ask.sync(),
  merge: async (charm) => (await charm.array(Contributor, { size: 8 })).all.add(),
  finish: async (charm) => (await charm.array(Contributor, { size: 8 })).all.finish(),
  sumOfText: async (charm) => {
    const all = await charm.array(Summing, { size: 4 });
    all.all.add();
  },
  asks: async (charm) => {
    const failing = await at3(charm);
    const near = (await charm.array(Failing, { size: 4 })).at(0);
    const lists = {
      late: [await seen(failing.ask.late()), await seen(near.ask.late())],
      nothing: [await seen(failing.ask.nothing()), await seen(near.ask.nothing())],
      caused: [await seen(failing.ask.caused()), await seen(near.ask.caused())],
      ownClass: [await seen(failing.ask.ownClass()), await seen(near.ask.ownClass())],
      system: [await seen(failing.ask.system()), await seen(near.ask.system())],
      badResult: [await seen(failing.ask.badResult())],
    };
    console.log(JSON.stringify({ ...lists, answer: await failing.ask.answer() }));
    charm.exit(3);
  },
};

export class Summing extends Chare<number> {
  add(): void {
    this.contribute('a text' as unknown as number, Reducer.sum, this.charm.ignoreCallback);
  }
}

export default async function main(charm: Charm): Promise<void> {
  await cases[charm.args[0]!]!(charm);
}
