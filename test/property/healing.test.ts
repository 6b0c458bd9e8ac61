import { it } from 'vitest';
import { holds } from './check.ts';
import { enabling, heals, leaving } from './heal.ts';

it('enable-audit that met trouble: the next runs end where it would have', () => holds(enabling, heals, 12));
it('teardown that met trouble: the next runs end where it would have', () => holds(leaving, heals, 10));
