import { own } from '../basics.ts';
import { awsError } from '../errors.ts';
import type { Key } from '../model.ts';
import { type At, arn, type Input, type Operation, type Service } from './service.ts';

/** By ARN or id; a key is known in its own region only (KMS API reference, DescribeKey). */
function keyOf(at: At, { KeyId }: Input): Key {
  const name = String(KeyId).startsWith('arn:') ? KeyId : arn(at, 'kms', `key/${KeyId}`);
  const key = name.split(':')[3] === at.region ? own(at.world.keys, name) : undefined;
  if (!key) throw awsError('NotFoundException', `Key '${name}' does not exist`);
  return key;
}

const DescribeKey: Operation = (at, input) => {
  const { arn: Arn, state, spec, usage, manager } = keyOf(at, input);
  const [, , , , AWSAccountId, resource = ''] = Arn.split(':');
  const KeyId = resource.slice('key/'.length);
  return {
    KeyMetadata: {
      AWSAccountId,
      KeyId,
      Arn,
      Enabled: state === 'Enabled',
      KeyState: state,
      KeySpec: spec,
      KeyUsage: usage,
      KeyManager: manager,
      MultiRegion: KeyId.startsWith('mrk-'),
    },
  };
};

export const kms: Service = {
  DescribeKey,
  /** Not across accounts (KMS API reference, GetKeyPolicy). */
  GetKeyPolicy: (at, input) => {
    const { arn: name, policy } = keyOf(at, input);
    if (name.split(':')[4] !== at.world.account) throw awsError('NotFoundException', `Key '${name}' does not exist`);
    return { Policy: policy, PolicyName: 'default' };
  },
};
