/**
 * Columns of a batch as arrays in PostgreSQL's binary form, for `unnest`.
 * Promises: exact: bigints whole, times to the millisecond, text with whatever it holds; nothing is escaped, on either
 * side. As text literals the same arrays cost a third of a batch: quoted here, unquoted and parsed there. Must never:
 * share a buffer with the array before; a query may be sent after the next one was made.
 */
export type ElementType = 'bigint' | 'integer' | 'smallint' | 'boolean' | 'text' | 'timestamptz' | 'bytea';

/** As in pg_type; the same on every PostgreSQL. */
const OIDS: Readonly<Record<ElementType, number>> = {
  boolean: 16,
  bytea: 17,
  bigint: 20,
  smallint: 21,
  integer: 23,
  text: 25,
  timestamptz: 1184,
};

const HEADER_BYTES = 20;
/** A length, and the longest value that is no text. */
const FIXED_BYTES = 12;
const NULL_LENGTH = -1;
/** PostgreSQL counts microseconds from here. */
const EPOCH_MS = Date.UTC(2000, 0, 1);

const SCRATCH_BYTES = 64 * 1024;
const SCRATCH_BYTES_KEPT = 4 * 1024 * 1024;
let scratch = Buffer.allocUnsafe(SCRATCH_BYTES);
let view = viewOf(scratch);

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Text may be given as its bytes in UTF-8. */
export function binaryArray(type: ElementType, values: readonly unknown[]): Buffer {
  let at = HEADER_BYTES;
  let nulls = 0;
  for (const value of values) {
    if (value === null || value === undefined) {
      nulls = 1;
      room(at, FIXED_BYTES);
      view.setInt32(at, NULL_LENGTH);
      at += 4;
    } else at = element(type, value, at);
  }
  view.setInt32(0, values.length === 0 ? 0 : 1);
  view.setInt32(4, nulls);
  view.setInt32(8, OIDS[type]);
  view.setInt32(12, values.length);
  view.setInt32(16, 1);
  const array = Buffer.from(scratch.subarray(0, values.length === 0 ? 12 : at));
  if (scratch.length > SCRATCH_BYTES_KEPT) resize(SCRATCH_BYTES, 0);
  return array;
}

/** Writes one value with its length before it; returns where the next begins. */
function element(type: ElementType, value: unknown, at: number): number {
  if (type === 'text' || type === 'bytea') return bytes(value as string | Uint8Array, at);
  room(at, FIXED_BYTES);
  switch (type) {
    case 'bigint':
      view.setInt32(at, 8);
      view.setBigInt64(at + 4, value as bigint);
      return at + 12;
    case 'timestamptz':
      view.setInt32(at, 8);
      view.setBigInt64(at + 4, BigInt((value as Date).getTime() - EPOCH_MS) * 1000n);
      return at + 12;
    case 'integer':
      view.setInt32(at, 4);
      view.setInt32(at + 4, value as number);
      return at + 8;
    case 'smallint':
      view.setInt32(at, 2);
      view.setInt16(at + 4, value as number);
      return at + 6;
    case 'boolean':
      view.setInt32(at, 1);
      view.setInt8(at + 4, value ? 1 : 0);
      return at + 5;
  }
}

function bytes(value: string | Uint8Array, at: number): number {
  // No character of a string takes more than three bytes.
  room(at, 4 + (typeof value === 'string' ? value.length * 3 : value.length));
  if (typeof value !== 'string') scratch.set(value, at + 4);
  const length = typeof value === 'string' ? scratch.write(value, at + 4) : value.length;
  view.setInt32(at, length);
  return at + 4 + length;
}

function room(at: number, needed: number): void {
  if (at + needed > scratch.length) resize(Math.max(scratch.length * 2, at + needed), at);
}

function resize(size: number, keep: number): void {
  const before = scratch;
  scratch = Buffer.allocUnsafe(size);
  before.copy(scratch, 0, 0, keep);
  view = viewOf(scratch);
}
