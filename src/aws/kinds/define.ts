import { defineKind, type Kind, type Spec, type Until } from '../../engine/resource.ts';
import type { Aws } from '../clients.ts';
import { explain } from '../errors.ts';
import { soon } from '../wait.ts';

/**
 * Reads may show for a while what was there before a write (IAM User Guide, "Changes that I make are not always immediately
 * visible"; S3 User Guide, "Data consistency model"; aws/aws-sdk-go#650 for log groups).
 */
export const shown: Until = (read, ready, run) =>
  soon(read, ready, run, { what: 'AWS to show the change', limit: 60_000 });

/** A kind of AWS thing: whatever its calls throw leaves it as an error of ours. */
export const defineAwsKind = <S extends Spec>(kind: Kind<S, Aws>) => defineKind(kind, explain, shown);
