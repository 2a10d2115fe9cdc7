/** A reference in a string: `${llm.model}`, `${PORT:-8080}`. */
export interface Reference {
  readonly name: string;
  /** The value if nothing, null or an empty string is found. */
  readonly fallback?: Template;
}

/** The parts of a string: literal text and references. */
export type Template = readonly (string | Reference)[];

/** Maximum depth of defaults within defaults. */
const MAX_DEPTH = 20;

/**
 * Parses a string with references. `$${` stands for `${` itself.
 *
 * @throws Error if a reference has no name, or no end
 */
export function parseTemplate(text: string): Template {
  return new Parser(text).pieces(0);
}

class Parser {
  #at = 0;

  constructor(private readonly text: string) {}

  /** Parses up to the end; within a default, up to its closing brace. */
  pieces(depth: number): Template {
    if (depth > MAX_DEPTH) throw new Error(`has defaults within defaults, more than ${MAX_DEPTH} deep`);
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
    if (found === null) throw new Error('contains ${ without its closing }; write $${ for a literal ${');
    if (name === '') throw new Error('contains ${} without a name; write $${ for a literal ${');
    this.#at = end.lastIndex;
    if (found[0] === '}') return { name };
    const fallback = this.pieces(depth + 1);
    if (!this.#takes('}')) throw new Error('contains ${ without its closing }; write $${ for a literal ${');
    return { name, fallback };
  }

  #takes(token: string): boolean {
    if (!this.text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }
}
