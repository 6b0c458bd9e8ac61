/** CloudWatch Logs filter patterns: "", terms, and JSON expressions (CloudWatch Logs user guide, "Filter pattern syntax"). */
export function matches(pattern: string, message: string): boolean {
  const text = pattern.trim();
  if (!text) return true;
  if (!text.startsWith('{')) return terms(text).every((term) => message.includes(term));
  const test = compile(text);
  let event: unknown;
  try {
    event = JSON.parse(message);
  } catch {
    return false;
  }
  return test(event);
}

/** Whether AWS would refuse the pattern: a JSON expression that does not parse, or a quote that does not end. */
export function trouble(pattern: string): boolean {
  const text = pattern.trim();
  if (!text.startsWith('{')) return (text.match(/"/g) ?? []).length % 2 === 1;
  try {
    compile(text);
    return false;
  } catch {
    return true;
  }
}

const terms = (text: string): string[] => [...text.matchAll(/"([^"]*)"|(\S+)/g)].map((m) => m[1] ?? m[2]!);

type Test = (event: unknown) => boolean;

const compiled = new Map<string, Test>();

/** Throws what AWS would refuse. */
export function compile(text: string): Test {
  const known = compiled.get(text);
  if (known) return known;
  const test = parse(tokens(text));
  compiled.set(text, test);
  return test;
}

const lexeme = /\s*(&&|\|\||!=|>=|<=|[{}()=<>]|"(?:[^"\\]|\\.)*"|%[^%]*%|[^\s{}()=<>!&|"]+)\s*/y;

function tokens(text: string): string[] {
  const found: string[] = [];
  lexeme.lastIndex = 0;
  while (lexeme.lastIndex < text.length) {
    const match = lexeme.exec(text);
    if (!match) throw new Error('Invalid filter pattern');
    found.push(match[1]!);
  }
  return found;
}

/** `&&` binds before `||`. */
function parse(rest: string[]): Test {
  const take = (expected?: string): string => {
    const token = rest.shift();
    if (token === undefined || (expected && token !== expected)) throw new Error('Invalid filter pattern');
    return token;
  };
  const any = (): Test => chain('||', all, (tests) => (event) => tests.some((test) => test(event)));
  const all = (): Test => chain('&&', one, (tests) => (event) => tests.every((test) => test(event)));
  const chain = (operator: string, part: () => Test, join: (tests: Test[]) => Test): Test => {
    const tests = [part()];
    while (rest[0] === operator) {
      take(operator);
      tests.push(part());
    }
    return tests.length === 1 ? tests[0]! : join(tests);
  };
  const one = (): Test => {
    if (rest[0] === '(') {
      take('(');
      const inner = any();
      take(')');
      return inner;
    }
    const selector = take();
    if (!selector.startsWith('$')) throw new Error('Invalid filter pattern');
    const operator = take().toUpperCase();
    if (operator === 'NOT') {
      if (take().toUpperCase() !== 'EXISTS') throw new Error('Invalid filter pattern');
      return (event) => pick(event, selector) === undefined;
    }
    return condition(selector, operator, take());
  };
  take('{');
  const test = any();
  take('}');
  if (rest.length) throw new Error('Invalid filter pattern');
  return test;
}

function condition(selector: string, operator: string, value: string): Test {
  if (operator === 'IS') {
    const wanted = { NULL: null, TRUE: true, FALSE: false }[value.toUpperCase()];
    return (event) => pick(event, selector) === wanted;
  }
  const same = sameAs(value);
  if (operator === '=') return (event) => scalar(pick(event, selector)) && same(pick(event, selector));
  if (operator === '!=') return (event) => scalar(pick(event, selector)) && !same(pick(event, selector));
  const number = Number(value);
  return (event) => {
    const actual = pick(event, selector);
    if (typeof actual !== 'number') return false;
    if (operator === '>') return actual > number;
    if (operator === '<') return actual < number;
    return operator === '>=' ? actual >= number : operator === '<=' && actual <= number;
  };
}

/** Objects, lists and what is missing match neither = nor !=. */
const scalar = (value: unknown): boolean => value !== undefined && (typeof value !== 'object' || value === null);

function sameAs(value: string): (actual: unknown) => boolean {
  if (value.startsWith('%')) {
    const regex = new RegExp(value.slice(1, -1));
    return (actual) => regex.test(String(actual));
  }
  const text = value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
  if (!text.includes('*')) return (actual) => String(actual) === text;
  const regex = new RegExp(`^${text.split('*').map(quoted).join('.*')}$`, 's');
  return (actual) => regex.test(String(actual));
}

const quoted = (text: string): string => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');

function pick(event: unknown, selector: string): unknown {
  let value: unknown = event;
  for (const step of selector.slice(1).match(/[^.[\]]+/g) ?? []) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}
