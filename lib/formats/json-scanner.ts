import { JsonSyntaxError } from './json-syntax.error.js';

/** A dialect of JSON: strict, with comments and trailing commas, or all that https://spec.json5.org allows. */
export type JsonDialect = 'json' | 'jsonc' | 'json5';

/** A piece of JSON: a bracket, comma or colon (its kind is the character), a scalar, a name, or the end. */
export interface JsonToken {
  readonly kind: '{' | '}' | '[' | ']' | ',' | ':' | 'string' | 'number' | 'name' | 'end';
  readonly start: number;
  readonly end: number;
  /** Content of a string without its quotes and escapes, or a name without its escapes. */
  readonly string?: string;
}

const JSON_BLANKS = /[ \t\r\n]*/y;
const JSON5_BLANKS = /\s*/y;
const COMMENT = /\/\/[^\r\n]*|\/\*[^]*?(?:\*\/|$)/y;
const JSON5_COMMENT = /\/\/[^\r\n\u2028\u2029]*|\/\*[^]*?(?:\*\/|$)/y;
const JSON_NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const JSON5_NUMBER =
  /[+-]?(?:Infinity|NaN|0[xX][\da-fA-F]+|(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)/y;
const NAME = /(?:[$_\p{ID_Start}]|\\u[\da-fA-F]{4})(?:[$\u200c\u200d\p{ID_Continue}]|\\u[\da-fA-F]{4})*/uy;

/** A run of characters of a string that stand for themselves. */
const PLAIN: Readonly<Record<'json' | '"' | "'", RegExp>> = {
  json: new RegExp(String.raw`[^"\\\u0000-\u001f]*`, 'y'),
  '"': /[^"\\\r\n]*/y,
  "'": /[^'\\\r\n]*/y,
};

const ESCAPED: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Splits a JSON text into tokens. Each character is read once. */
export class JsonScanner {
  readonly #isJson5: boolean;
  #at = 0;

  constructor(
    private readonly text: string,
    private readonly dialect: JsonDialect,
  ) {
    this.#isJson5 = dialect === 'json5';
  }

  /** @throws JsonSyntaxError if the next characters are no token */
  next(): JsonToken {
    this.#skipBlanks();
    const start = this.#at;
    const character = this.text[start];
    if (character === undefined) return { kind: 'end', start, end: start };
    if ('{}[],:'.includes(character)) {
      this.#at += 1;
      return { kind: character as '{', start, end: this.#at };
    }
    if (character === '"' || (character === "'" && this.#isJson5)) return this.#string(character);
    if (/[\d.+-]/.test(character)) return this.#number();
    return this.#name();
  }

  #skipBlanks(): void {
    for (;;) {
      this.#match(this.#isJson5 ? JSON5_BLANKS : JSON_BLANKS);
      if (this.dialect === 'json' || this.text[this.#at] !== '/') return;
      const comment = this.#match(this.#isJson5 ? JSON5_COMMENT : COMMENT);
      if (comment === '') return;
      if (comment.startsWith('/*') && (comment.length < 4 || !comment.endsWith('*/')))
        throw JsonSyntaxError.end(this.text);
    }
  }

  /** Moves past what `pattern` matches here, and returns it. */
  #match(pattern: RegExp): string {
    const start = this.#at;
    pattern.lastIndex = start;
    // Twice as fast as `exec`, which returns an array.
    if (pattern.test(this.text)) this.#at = pattern.lastIndex;
    return this.text.slice(start, this.#at);
  }

  #number(): JsonToken {
    const start = this.#at;
    const number = this.#match(this.#isJson5 ? JSON5_NUMBER : JSON_NUMBER);
    // Nothing may follow a number directly: `01`, `1_000`, `1.2.3`.
    if (number === '' || /^[\w$.]/.test(this.text[this.#at] ?? ''))
      throw new JsonSyntaxError('this is not a valid number; put it in quotes', start);
    return { kind: 'number', start, end: this.#at };
  }

  #name(): JsonToken {
    const start = this.#at;
    const name = this.#match(NAME);
    if (name === '') throw JsonSyntaxError.unexpectedCharacter(this.text, start);
    const string = name.includes('\\') ? this.#unescapedName(name, start) : name;
    return { kind: 'name', start, end: this.#at, string };
  }

  #unescapedName(name: string, start: number): string {
    const string = name.replace(/\\u(.{4})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
    NAME.lastIndex = 0;
    // An escape must stand for a character that a name may contain.
    if (string.includes('\\') || NAME.exec(string)?.[0] !== string)
      throw new JsonSyntaxError(
        'an escape in this name is no letter or digit; put the name in quotes',
        start,
      );
    return string;
  }

  #string(quote: '"' | "'"): JsonToken {
    const start = this.#at;
    const plain = this.#isJson5 ? PLAIN[quote] : PLAIN.json;
    this.#at += 1;
    let string = this.#match(plain);
    for (;;) {
      const character = this.text[this.#at];
      if (character === undefined) throw JsonSyntaxError.end(this.text);
      if (character === quote) break;
      if (character !== '\\') throw JsonSyntaxError.controlCharacter(character, this.#at);
      string += this.#escape() + this.#match(plain);
    }
    this.#at += 1;
    return { kind: 'string', start, end: this.#at, string };
  }

  /** Moves past an escape, and returns what it stands for. */
  #escape(): string {
    const start = this.#at;
    const character = this.text[start + 1];
    if (character === undefined) throw JsonSyntaxError.end(this.text);
    this.#at += 2;
    if (character === 'u') return this.#codeUnit(4, start);
    if ('"\\/'.includes(character)) return character;
    if (character in ESCAPED) return ESCAPED[character]!;
    if (!this.#isJson5 || /[1-9]/.test(character)) throw JsonSyntaxError.badEscape(start);
    if (character === 'x') return this.#codeUnit(2, start);
    if (character === 'v') return '\v';
    if (character === '0') {
      if (/\d/.test(this.text[this.#at] ?? '')) throw JsonSyntaxError.badEscape(start);
      return '\0';
    }
    if (character === '\r' && this.text[this.#at] === '\n') this.#at += 1;
    return /[\r\n\u2028\u2029]/.test(character) ? '' : character;
  }

  #codeUnit(digits: number, start: number): string {
    const code = this.text.slice(this.#at, this.#at + digits);
    if (code.length < digits && /^[\da-f]*$/i.test(code)) throw JsonSyntaxError.end(this.text);
    if (!/^[\da-f]+$/i.test(code)) throw JsonSyntaxError.badEscape(start);
    this.#at += digits;
    return String.fromCharCode(parseInt(code, 16));
  }
}
