import { it } from 'vitest';
import { holds } from './check.ts';
import { stories, tell } from './tell.ts';

it('whatever people do and whatever goes wrong, the laws hold', () => holds(stories, tell, 25));
