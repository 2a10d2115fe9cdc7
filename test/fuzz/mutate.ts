import type { Random } from './random.js';

/** Longer inputs are slow, and find nothing that shorter ones do not. */
const MAX_LENGTH = 4_096;

/** Most mutations of one input. */
const MAX_STEPS = 6;

/** Bytes and characters that break code, whatever the format. */
const HOSTILE = [
  '\0',
  '\u001b',
  '\r',
  '\r\n',
  '\n',
  '\t',
  ' ',
  '\\',
  '"',
  "'",
  '`',
  '$',
  '{',
  '}',
  '[',
  ']',
  '\u007f',
  '\u0085',
  '\u00a0',
  '\u00e9',
  '\u202e',
  '\u2028',
  '\ufeff',
  '\u{1f600}',
  '0',
  '-1',
  '100000000',
  '9007199254740993',
  '1e999',
].map((text) => Buffer.from(text));

/** Names of members that all objects have. */
const INHERITED = ['__proto__', 'constructor', 'prototype', 'toString', 'length'].map((name) =>
  Buffer.from(name),
);

const HALF_CHARACTERS = [Buffer.of(0xff), Buffer.of(0xed, 0xa0, 0x80), Buffer.of(0xc3)];

/** Mutations of one input. */
interface Mutation {
  (input: Buffer, material: MutationMaterial): Buffer;
}

/** What mutations take from elsewhere. */
export interface MutationMaterial {
  readonly random: Random;
  /** Another input of the corpus. */
  readonly other: Buffer;
  /** Words of the target's language. */
  readonly words: readonly Buffer[];
}

const MUTATIONS: readonly Mutation[] = [
  insertWord,
  insertWord,
  replaceByWord,
  insertPieceOfOther,
  insertPieceOfOther,
  removePiece,
  removePiece,
  repeatPiece,
  movePiece,
  insertHostile,
  changeByte,
  changeToken,
  changeToken,
];

/** Returns an input with a few random changes. */
export function mutate(input: Buffer, material: MutationMaterial): Buffer {
  let mutated = input;
  for (let steps = 1 + material.random.below(MAX_STEPS); steps > 0; steps -= 1)
    mutated = material.random.pick(MUTATIONS)(mutated, material).subarray(0, MAX_LENGTH);
  return mutated;
}

function insertWord(input: Buffer, { random, words }: MutationMaterial): Buffer {
  return replaced(input, placeIn(input, random), 0, random.pick(words));
}

function replaceByWord(input: Buffer, { random, words }: MutationMaterial): Buffer {
  return replaced(input, placeIn(input, random), random.below(9), random.pick(words));
}

function insertHostile(input: Buffer, { random }: MutationMaterial): Buffer {
  const added = random.below(8) === 0 ? random.pick(HALF_CHARACTERS) : random.pick(HOSTILE);
  return replaced(input, random.below(input.length + 1), random.below(2), added);
}

function insertPieceOfOther(input: Buffer, { random, other }: MutationMaterial): Buffer {
  const [start, end] = pieceOf(other, random);
  return replaced(input, placeIn(input, random), random.below(2), other.subarray(start, end));
}

function removePiece(input: Buffer, { random }: MutationMaterial): Buffer {
  const [start, end] = pieceOf(input, random);
  return replaced(input, start, end - start, Buffer.alloc(0));
}

function repeatPiece(input: Buffer, { random }: MutationMaterial): Buffer {
  const [start, end] = pieceOf(input, random);
  const times = random.below(4) === 0 ? 100 : 2;
  const piece = input.subarray(start, end);
  return replaced(input, end, 0, Buffer.concat(Array.from({ length: times }, () => piece)));
}

function movePiece(input: Buffer, { random }: MutationMaterial): Buffer {
  const [start, end] = pieceOf(input, random);
  const rest = replaced(input, start, end - start, Buffer.alloc(0));
  return replaced(rest, random.below(rest.length + 1), 0, input.subarray(start, end));
}

function changeByte(input: Buffer, { random }: MutationMaterial): Buffer {
  if (input.length === 0) return input;
  const changed = Buffer.from(input);
  changed[random.below(input.length)]! ^= 1 << random.below(8);
  return changed;
}

/** Replaces a number, a key or another word, whose surroundings stay as they are. */
function changeToken(input: Buffer, { random, words }: MutationMaterial): Buffer {
  const tokens = [...input.toString('latin1').matchAll(/\w+/g)];
  if (tokens.length === 0) return input;
  const { index, 0: token } = random.pick(tokens);
  const others = [
    random.pick(HOSTILE),
    random.pick(INHERITED),
    random.pick(words),
    Buffer.from(random.pick(tokens)[0], 'latin1'),
  ];
  return replaced(input, index, token.length, random.pick(others));
}

/** Returns a place, often the start of a line: many words mean something only there. */
function placeIn(input: Buffer, random: Random): number {
  const place = random.below(input.length + 1);
  return random.below(3) === 0 ? input.lastIndexOf('\n', place) + 1 : place;
}

/** Returns the start and the end of a piece. Most pieces are short. */
function pieceOf(input: Buffer, random: Random): [start: number, end: number] {
  const start = random.below(input.length + 1);
  const longest = random.below(2) === 0 ? 8 : input.length;
  return [start, Math.min(input.length, start + 1 + random.below(longest + 1))];
}

function replaced(input: Buffer, start: number, length: number, by: Buffer): Buffer {
  return Buffer.concat([input.subarray(0, start), by, input.subarray(start + length)]);
}
