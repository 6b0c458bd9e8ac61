import { defineKind, type Kind, type Spec } from '../../engine/resource.ts';
import type { Aws } from '../clients.ts';
import { explain } from '../errors.ts';

/** A kind of AWS thing: whatever its calls throw leaves it as an error of ours. */
export const defineAwsKind = <S extends Spec>(kind: Kind<S, Aws>) => defineKind(kind, explain);
