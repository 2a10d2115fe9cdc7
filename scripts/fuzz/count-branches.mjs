/** Passes of one loop, of which no input of the fuzzer needs as many: a loop without end throws. */
const MAX_PASSES = 30_000_000;

/** Types have no branches. */
const WITHOUT_CODE = new Set([
  'typeAnnotation',
  'typeArguments',
  'typeParameters',
  'returnType',
  'implements',
]);

/**
 * Returns a plugin of rolldown that counts how often each branch of the modules below `folders` runs: functions, loops,
 * cases, both ways of an `if`, a `?:`, a logical operator and a default. `globalThis.branchCounters` has the counters.
 * The coverage of V8 has the same content, but comes as a list of all functions, which is too much after each input.
 */
export function countBranches(folders) {
  let count = 0;
  return {
    name: 'count-branches',
    transform(code, id) {
      if (!folders.some((folder) => id.includes(folder)) || !/\.[cm]?[jt]s$/.test(id)) return null;
      const program = this.parse(code, { lang: id.endsWith('.ts') ? 'ts' : 'js' });
      const insertions = new BranchInsertions(() => count++);
      insertions.visit(program);
      // On the first line, so that stacks have the right lines.
      return { code: `const $hits = globalThis.branchCounters; ${insertions.insertInto(code)}`, map: null };
    },
    renderChunk: (code) => ({
      code: `globalThis.branchCounters ??= new Uint32Array(${count}); ${code}`,
      map: null,
    }),
  };
}

/** Code to insert into a module. Of two insertions at one place, the earlier one comes first. */
class BranchInsertions {
  #insertions = [];
  #nextCounter;

  constructor(nextCounter) {
    this.#nextCounter = nextCounter;
  }

  insertInto(code) {
    let result = '';
    let from = 0;
    for (const { at, text } of this.#insertions.sort((a, b) => a.at - b.at)) {
      result += code.slice(from, at) + text;
      from = at;
    }
    return result + code.slice(from);
  }

  visit(node) {
    if (Array.isArray(node)) for (const each of node) this.visit(each);
    if (typeof node?.type !== 'string') return;
    const special = this[node.type];
    if (special !== undefined) special.call(this, node);
    else this.#visitMembers(node);
  }

  IfStatement({ test, consequent, alternate }) {
    this.visit(test);
    this.#statement(consequent);
    if (alternate) this.#statement(alternate);
    else this.#insert(consequent.end, ` else { $hits[${this.#nextCounter()}]++; }`);
  }

  ConditionalExpression({ test, consequent, alternate }) {
    this.visit(test);
    this.#expression(consequent);
    this.#expression(alternate);
  }

  LogicalExpression({ left, right }) {
    this.visit(left);
    this.#expression(right);
  }

  AssignmentPattern({ left, right }) {
    this.visit(left);
    this.#expression(right);
  }

  AssignmentExpression({ operator, left, right }) {
    this.visit(left);
    if (['&&=', '||=', '??='].includes(operator)) this.#expression(right);
    else this.visit(right);
  }

  SwitchCase({ test, consequent }) {
    this.visit(test);
    const [first] = consequent;
    if (first !== undefined) this.#insert(first.start, `$hits[${this.#nextCounter()}]++; `);
    this.visit(consequent);
  }

  #visitMembers(node) {
    const isLoop = /^(For|While|DoWhile)/.test(node.type);
    const hasBody = isLoop || /Function(Declaration|Expression)|CatchClause/.test(node.type);
    for (const [name, member] of Object.entries(node)) {
      if (WITHOUT_CODE.has(name) || typeof member !== 'object' || member === null) continue;
      if (name !== 'body' || !hasBody) this.visit(member);
      else if (node.type === 'ArrowFunctionExpression' && node.expression) this.#expression(member);
      else this.#statement(member, isLoop);
    }
  }

  #expression(node) {
    this.#insert(node.start, `($hits[${this.#nextCounter()}]++, `);
    this.visit(node);
    this.#insert(node.end, ')');
  }

  #statement(node, isLoop = false) {
    const counter = `$hits[${this.#nextCounter()}]`;
    const count = isLoop
      ? `if (++${counter} > ${MAX_PASSES}) throw new Error('endless loop');`
      : `${counter}++;`;
    const isBlock = node.type === 'BlockStatement' || node.type === 'FunctionBody';
    this.#insert(isBlock ? node.start + 1 : node.start, isBlock ? ` ${count}` : `{ ${count} `);
    this.visit(node);
    if (!isBlock) this.#insert(node.end, ' }');
  }

  #insert(at, text) {
    this.#insertions.push({ at, text });
  }
}
