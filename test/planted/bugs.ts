/**
 * Bugs planted on purpose, to prove that the checkers find such bugs (FoundationDB's SimBugInjector). Each changes a piece of
 * the source while it is bundled for the test: production code has no switch for it, and a piece that is not there any more
 * fails the test.
 */
export interface PlantedBug {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** Seeds of the swarm within which it must be found. */
  readonly seeds: number;
}

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'quiescence: one wave is believed',
    file: 'core/collective/quiescence.ts',
    find: 'previous !== undefined && this.#requesters.size > 0 && previous.processed === counts.created',
    replace: 'this.#requesters.size > 0 && counts.processed === counts.created',
    seeds: 600,
  },
  {
    name: 'reductions: the elements that a PE has now are counted, not births',
    file: 'core/collective/reduction.ts',
    find: 'round.births += this.#births + round.birthsAdjust;',
    replace: 'round.births += this.#present + round.presentAdjust;',
    seeds: 200,
  },
  {
    name: 'protocol: doubles are not filtered',
    file: 'transports/reliable/receive-window.ts',
    find: 'if (ahead < 0 || ahead >= windowPackets || this.#slots[sequence & mask] !== undefined) {',
    replace:
      'if (ahead < 0) this.#owner.deliver(memory, offset, bytes);\n    if (ahead < 0 || ahead >= windowPackets || this.#slots[sequence & mask] !== undefined) {',
    seeds: 100,
  },
  {
    name: 'protocol: a packet is acknowledged before those in front of it have come',
    file: 'transports/reliable/receive-window.ts',
    find: 'if (ahead > 0) this.selective[(ahead - 1) >> 5]! |= 1 << ((ahead - 1) & 31);',
    replace: 'this.expected = (sequence + 1) | 0;',
    seeds: 100,
  },
  {
    name: 'protocol: damage is not looked for',
    file: 'transports/reliable/packet.ts',
    find: 'if (bytes < packetHeaderBytes) return false;',
    replace: 'return bytes >= packetHeaderBytes;',
    seeds: 200,
  },
  {
    name: 'protocol: packets of other incarnations are taken in',
    file: 'transports/reliable/reliable-channel.ts',
    find: 'if (words[first + 2] !== this.#peer || words[first + 3] !== this.#local) {',
    replace: 'if (words[first + 2] === 0) {',
    seeds: 1000,
  },
  {
    name: 'protocol: what finds its window full is dropped',
    file: 'transports/reliable/send-window.ts',
    find: 'if (underWay >= this.#room || underWay - this.#held >= this.#congestion) return;',
    replace:
      'if (underWay >= this.#room || underWay - this.#held >= this.#congestion) {\n        this.backlog.clear();\n        return;\n      }',
    seeds: 300,
  },
  {
    name: 'location: an element that left is looked for where it came from',
    file: 'core/location/location-manager.ts',
    find: 'if (home !== this.#pe.id && home !== to) this.#tell(FrameKind.location, home, key, to, epoch, 0);',
    replace:
      'if (home !== this.#pe.id && home !== to) this.#tell(FrameKind.location, home, key, this.#pe.id, epoch, 0);',
    seeds: 100,
  },
  {
    name: 'location: old knowledge replaces newer',
    file: 'core/location/location-manager.ts',
    find: 'else if (epoch > known.epoch) this.#reroute(key, known, pe, epoch, isDead);',
    replace: 'else if (epoch !== known.epoch) this.#reroute(key, known, pe, epoch, isDead);',
    seeds: 300,
  },
  {
    name: 'detection: a node that is dead is not declared so',
    file: 'transports/reliable/failure-detector.ts',
    find: "if (quiet >= this.#options.deadMs) this.#change(id, peer, 'dead', quiet);",
    replace: "if (quiet < 0) this.#change(id, peer, 'dead', quiet);",
    seeds: 600,
  },
];
