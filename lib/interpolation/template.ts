/** A reference in a text: `${llm.model}`, `${PORT:-8080}`. */
export interface Reference {
  readonly name: string;
  /** What counts where nothing is found, or nothing but an empty text. */
  readonly preset?: Template;
}

/** A text in pieces: literal text, and references. */
export type Template = readonly (string | Reference)[];

/** Defaults within defaults, at most. */
const DEEPEST = 20;

/**
 * Takes a text apart. `$${` stands for `${` itself.
 *
 * @throws Error where a reference has no name, or no end
 */
export function parseTemplate(text: string): Template {
  return new Parser(text).pieces(0);
}

class Parser {
  #at = 0;

  constructor(private readonly text: string) {}

  /** Up to the end, or, within a default, up to the brace that ends it. */
  pieces(depth: number): Template {
    if (depth > DEEPEST) throw new Error(`has defaults within defaults, more than ${DEEPEST} deep`);
    const pieces: (string | Reference)[] = [];
    let literal = '';
    while (this.#at < this.text.length) {
      if (this.#takes('$${')) literal += '${';
      else if (this.#takes('${')) {
        if (literal !== '') pieces.push(literal);
        literal = '';
        pieces.push(this.#reference(depth));
      } else if (depth > 0 && this.text[this.#at] === '}') break;
      else literal += this.text[this.#at++];
    }
    return literal === '' ? pieces : [...pieces, literal];
  }

  #reference(depth: number): Reference {
    const end = /:-|\}/g;
    end.lastIndex = this.#at;
    const found = end.exec(this.text);
    const name = this.text.slice(this.#at, found?.index).trim();
    if (found === null) throw new Error('holds ${ without the } that ends it; $${ stands for ${ itself');
    if (name === '') throw new Error('holds ${} without a name; $${ stands for ${ itself');
    this.#at = end.lastIndex;
    if (found[0] === '}') return { name };
    const preset = this.pieces(depth + 1);
    if (!this.#takes('}')) throw new Error('holds ${ without the } that ends it; $${ stands for ${ itself');
    return { name, preset };
  }

  #takes(token: string): boolean {
    if (!this.text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }
}
