import { ALWAYS, all, any, type Expression, not } from './expression.ts';

type Selections = Readonly<Record<string, Expression>>;

/** The condition of a Sigma rule: selections joined by or, and, not, parentheses, `1 of` and `all of`. Throws an Error that says why not. */
export function parseCondition(text: string, selections: Selections): Expression {
  if (text.includes('|')) throw new Error('aggregations in a condition are no longer Sigma: write a correlation');
  const words = text.match(/[()]|[^\s()]+/g) ?? [];
  const read = { words, at: 0, selections };
  const expression = disjunction(read);
  if (read.at < words.length) throw new Error(`"${words[read.at]}" is one word too many`);
  return expression;
}

interface Reader {
  readonly words: readonly string[];
  at: number;
  readonly selections: Selections;
}

const took = (read: Reader, word: string): boolean => {
  const is = read.words[read.at]?.toLowerCase() === word;
  if (is) read.at++;
  return is;
};

function disjunction(read: Reader): Expression {
  const parts = [conjunction(read)];
  while (took(read, 'or')) parts.push(conjunction(read));
  return any(parts);
}

function conjunction(read: Reader): Expression {
  const parts = [negation(read)];
  while (took(read, 'and')) parts.push(negation(read));
  return all(parts);
}

function negation(read: Reader): Expression {
  return took(read, 'not') ? not(negation(read)) : primary(read);
}

function primary(read: Reader): Expression {
  if (took(read, '(')) {
    const inner = disjunction(read);
    if (!took(read, ')')) throw new Error('a parenthesis is not closed');
    return inner;
  }
  const word = read.words[read.at++];
  if (word === undefined || word === ')' || /^(and|or)$/i.test(word)) throw new Error('a selection is missing');
  if (/^(1|any|all)$/i.test(word) && took(read, 'of')) return several(read, /^all$/i.test(word));
  const found = read.selections[word];
  if (!found) throw new Error(`there is no selection ${word}`);
  return found;
}

function several(read: Reader, every: boolean): Expression {
  const pattern = read.words[read.at++] ?? '';
  const glob = new RegExp(`^${pattern.replace(/[.+?^${}|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
  const those = Object.entries(read.selections)
    .filter(([name]) => (pattern === 'them' ? !name.startsWith('_') : glob.test(name)))
    .map(([, one]) => one);
  if (those.length === 0) throw new Error(`there is no selection ${pattern}`);
  return every ? all([ALWAYS, ...those]) : any(those);
}
