/**
 * LZMA ("LZMA specification", Igor Pavlov, 2015), one shot, for the packed list of a 7z archive and nothing else: the
 * caller bounds the output. A range coder gives bits, each under a probability that learns; the bits spell literals
 * and matches (a distance back and a length).
 */

export interface LzmaProperties {
  /** How many bits of the octet before choose a literal's probabilities. */
  readonly literalContextBits: number;
  readonly literalPositionBits: number;
  readonly positionBits: number;
}

/** The first octet of an LZMA coder's properties; undefined when it is not one. */
export function lzmaProperties(octet: number): LzmaProperties | undefined {
  if (octet >= 9 * 5 * 5) return undefined;
  const rest = Math.floor(octet / 9);
  return {
    literalContextBits: octet % 9,
    literalPositionBits: rest % 5,
    positionBits: Math.floor(rest / 5),
  };
}

const PROBABILITY_BITS = 11;
const EVEN = 1 << (PROBABILITY_BITS - 1);
const MOVE_BITS = 5;
const TOP = 0x1000000;
const STATES = 12;
const POSITION_STATES = 16;
const END_DISTANCES = 14;
const FULL_DISTANCES = 128;
const ALIGN_BITS = 4;
const MIN_MATCH = 2;

function probabilities(count: number): Uint16Array {
  return new Uint16Array(count).fill(EVEN);
}

interface LengthCoder {
  readonly choice: Uint16Array;
  readonly low: Uint16Array;
  readonly mid: Uint16Array;
  readonly high: Uint16Array;
}

function lengthCoder(): LengthCoder {
  return {
    choice: probabilities(2),
    low: probabilities(POSITION_STATES * 8),
    mid: probabilities(POSITION_STATES * 8),
    high: probabilities(256),
  };
}

/** The range coder's register and where it reads. `damaged`: it read beyond its input. */
interface Coder {
  readonly input: Uint8Array;
  at: number;
  range: number;
  code: number;
  damaged: boolean;
}

function nextOctet(coder: Coder): number {
  if (coder.at >= coder.input.length) coder.damaged = true;
  return coder.input[coder.at++] ?? 0;
}

function normalize(coder: Coder): void {
  if (coder.range >= TOP) return;
  coder.range = (coder.range << 8) >>> 0;
  coder.code = ((coder.code << 8) | nextOctet(coder)) >>> 0;
}

function bit(coder: Coder, table: Uint16Array, index: number): number {
  normalize(coder);
  const probability = table[index] ?? EVEN;
  const bound = (coder.range >>> PROBABILITY_BITS) * probability;
  if (coder.code < bound) {
    coder.range = bound;
    table[index] = probability + (((1 << PROBABILITY_BITS) - probability) >> MOVE_BITS);
    return 0;
  }
  coder.range = (coder.range - bound) >>> 0;
  coder.code = (coder.code - bound) >>> 0;
  table[index] = probability - (probability >> MOVE_BITS);
  return 1;
}

function directBits(coder: Coder, count: number): number {
  let value = 0;
  for (let left = count; left > 0; left--) {
    normalize(coder);
    coder.range >>>= 1;
    const one = coder.code >= coder.range ? 1 : 0;
    if (one === 1) coder.code = (coder.code - coder.range) >>> 0;
    value = value * 2 + one;
  }
  return value;
}

function tree(coder: Coder, table: Uint16Array, offset: number, bits: number): number {
  let node = 1;
  for (let left = bits; left > 0; left--) node = node * 2 + bit(coder, table, offset + node);
  return node - (1 << bits);
}

function reverseTree(coder: Coder, table: Uint16Array, offset: number, bits: number): number {
  let node = 1;
  let value = 0;
  for (let index = 0; index < bits; index++) {
    const one = bit(coder, table, offset + node);
    node = node * 2 + one;
    value |= one << index;
  }
  return value;
}

function readLength(coder: Coder, table: LengthCoder, positionState: number): number {
  if (bit(coder, table.choice, 0) === 0) return tree(coder, table.low, positionState * 8, 3);
  if (bit(coder, table.choice, 1) === 0) return 8 + tree(coder, table.mid, positionState * 8, 3);
  return 16 + tree(coder, table.high, 0, 8);
}

/** Everything that learns, and the last four distances. */
function newModel(properties: LzmaProperties) {
  return {
    literals: probabilities(0x300 << (properties.literalContextBits + properties.literalPositionBits)),
    isMatch: probabilities(STATES * POSITION_STATES),
    isRep: probabilities(STATES),
    isRepG0: probabilities(STATES),
    isRepG1: probabilities(STATES),
    isRepG2: probabilities(STATES),
    isRep0Long: probabilities(STATES * POSITION_STATES),
    slots: probabilities(4 * 64),
    near: probabilities(1 + FULL_DISTANCES - END_DISTANCES),
    align: probabilities(1 << ALIGN_BITS),
    matchLength: lengthCoder(),
    repLength: lengthCoder(),
    state: 0,
    reps: [0, 0, 0, 0] as [number, number, number, number],
  };
}

type Model = ReturnType<typeof newModel>;

/** Unpacks exactly `size` octets, or says undefined where the data is damaged. */
export function unpackLzma(
  input: Uint8Array,
  properties: LzmaProperties,
  size: number,
): Uint8Array | undefined {
  const coder: Coder = { input, at: 0, range: 0xffffffff, code: 0, damaged: false };
  if (nextOctet(coder) !== 0) return undefined;
  for (let count = 0; count < 4; count++) coder.code = ((coder.code << 8) | nextOctet(coder)) >>> 0;
  const model = newModel(properties);
  const out = new Uint8Array(size);
  let length = 0;
  while (length < size) {
    const positionState = length & ((1 << properties.positionBits) - 1);
    if (bit(coder, model.isMatch, model.state * POSITION_STATES + positionState) === 0) {
      out[length] = readLiteral(coder, model, properties, out, length);
      length++;
    } else {
      const run = readMatch(coder, model, positionState);
      const distance = model.reps[0] + 1;
      if (distance > length || coder.damaged) return undefined;
      for (const end = Math.min(size, length + run); length < end; length++)
        out[length] = out[length - distance] ?? 0;
    }
    if (coder.damaged) return undefined;
  }
  return out;
}

function readLiteral(
  coder: Coder,
  model: Model,
  { literalContextBits, literalPositionBits }: LzmaProperties,
  out: Uint8Array,
  length: number,
): number {
  const before = length === 0 ? 0 : (out[length - 1] ?? 0);
  const position = (length & ((1 << literalPositionBits) - 1)) << literalContextBits;
  const offset = 0x300 * (position + (before >> (8 - literalContextBits)));
  let symbol = 1;
  if (model.state >= 7) {
    // After a match the octet at its distance foretells the literal, until they differ.
    let matched = out[length - model.reps[0] - 1] ?? 0;
    while (symbol < 0x100) {
      const foretold = (matched >> 7) & 1;
      matched <<= 1;
      const one = bit(coder, model.literals, offset + ((1 + foretold) << 8) + symbol);
      symbol = symbol * 2 + one;
      if (foretold !== one) break;
    }
  }
  while (symbol < 0x100) symbol = symbol * 2 + bit(coder, model.literals, offset + symbol);
  model.state = model.state < 4 ? 0 : model.state < 10 ? model.state - 3 : model.state - 6;
  return symbol & 0xff;
}

/** Sets the distance of the match and gives its length. */
function readMatch(coder: Coder, model: Model, positionState: number): number {
  const { state, reps } = model;
  if (bit(coder, model.isRep, state) === 0) {
    const length = readLength(coder, model.matchLength, positionState);
    model.state = state < 7 ? 7 : 10;
    model.reps = [readDistance(coder, model, length), reps[0], reps[1], reps[2]];
    return length + MIN_MATCH;
  }
  if (bit(coder, model.isRepG0, state) === 0) {
    if (bit(coder, model.isRep0Long, state * POSITION_STATES + positionState) === 0) {
      model.state = state < 7 ? 9 : 11;
      return 1;
    }
  } else if (bit(coder, model.isRepG1, state) === 0) model.reps = [reps[1], reps[0], reps[2], reps[3]];
  else if (bit(coder, model.isRepG2, state) === 0) model.reps = [reps[2], reps[0], reps[1], reps[3]];
  else model.reps = [reps[3], reps[0], reps[1], reps[2]];
  model.state = state < 7 ? 8 : 11;
  return readLength(coder, model.repLength, positionState) + MIN_MATCH;
}

function readDistance(coder: Coder, model: Model, length: number): number {
  const slot = tree(coder, model.slots, Math.min(length, 3) * 64, 6);
  if (slot < 4) return slot;
  const bits = (slot >> 1) - 1;
  const start = (2 | (slot & 1)) * 2 ** bits;
  if (slot < END_DISTANCES) return start + reverseTree(coder, model.near, start - slot, bits);
  return (
    start +
    directBits(coder, bits - ALIGN_BITS) * (1 << ALIGN_BITS) +
    reverseTree(coder, model.align, 0, ALIGN_BITS)
  );
}
