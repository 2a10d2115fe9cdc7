/** Bytes, in any of the types that JavaScript has for them. */
export type Bytes = ArrayBuffer | ArrayBufferView;

export function isBytes(value: unknown): value is Bytes {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

/** Returns bytes of the same type and content in memory of their own, which nothing else can reach. */
export function copyBytes(bytes: Bytes): Bytes {
  if (bytes instanceof ArrayBuffer) return bytes.slice(0);
  const { buffer, byteOffset, byteLength } = bytes;
  const copy = viewOf(bytes, buffer.slice(byteOffset, byteOffset + byteLength));
  const prototype: unknown = Object.getPrototypeOf(bytes);
  // A Buffer is a Uint8Array with another prototype. So is the class of an app, whose constructor may do anything.
  return Object.getPrototypeOf(copy) === prototype
    ? copy
    : (Object.setPrototypeOf(copy, prototype as object) as Bytes);
}

type ViewConstructor = new (buffer: ArrayBufferLike) => ArrayBufferView;

const VIEWS: readonly ViewConstructor[] = [
  Uint8Array,
  Uint8ClampedArray,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
];

function viewOf(view: ArrayBufferView, buffer: ArrayBufferLike): ArrayBufferView {
  // By name for views of another realm. A type that is newer than this list is copied as its bytes.
  const type = VIEWS.find((each) => view instanceof each) ?? VIEWS.find((each) => each.name === nameOf(view));
  return new (type ?? Uint8Array)(buffer);
}

function nameOf(view: ArrayBufferView): string {
  return Object.prototype.toString.call(view).slice('[object '.length, -1);
}
