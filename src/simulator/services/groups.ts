import { own } from '../basics.ts';
import { awsError } from '../errors.ts';
import type { LogGroup } from '../model.ts';
import type { At } from './service.ts';

export function groupOf({ here }: At, name: string): LogGroup {
  const group = own(here.groups, name);
  if (!group) throw awsError('ResourceNotFoundException', 'The specified log group does not exist.');
  return group;
}
