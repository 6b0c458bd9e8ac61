import { describe, expect, it } from 'vitest';
import { apply } from '../../src/engine/apply.ts';
import { RadError } from '../../src/engine/errors.ts';
import type { Event } from '../../src/engine/event.ts';
import { type Goal, observe, plan } from '../../src/engine/plan.ts';
import {
  absent,
  type Claim,
  defineKind,
  type Resource,
  type Spec,
  type Tags,
  type Wish,
} from '../../src/engine/resource.ts';
import { state } from '../../src/engine/state.ts';

interface Thing {
  spec: Spec;
  tags: Tags;
}
interface Options extends Wish {
  readonly claim?: Claim;
  readonly spec?: Spec;
}

/** Things in memory: what is there, what was called, and what fails. */
function memory(world: Record<string, Thing> = {}) {
  const calls: string[] = [];
  const failing = new Set<string>();
  const call = async (text: string) => {
    calls.push(text);
    await new Promise((resolve) => setImmediate(resolve));
    if (failing.has(text)) throw new RadError('AWS', `no ${text}`);
  };
  const of = (name: string) => world[name] as Thing;
  const make = (name: string, { claim = 'tag', spec = { a: 1 }, ...wish }: Options = {}): Resource => {
    const put = (field: string) => async (_: unknown, __: string, target: Spec) => {
      await call(`put ${name}.${field}=${target[field]}`);
      world[name] ??= { spec: {}, tags: {} };
      world[name].spec = { ...world[name].spec, [field]: target[field]! };
    };
    return defineKind<Spec, { region: string }>(
      {
        type: 's3:bucket',
        claim,
        async read(_, __, how) {
          if (how === 'fresh') await call(`look ${name}`);
          return world[name] ? { exists: true, ...structuredClone(world[name]), facts: {} } : absent();
        },
        async create(_, __, ___, tags) {
          if (typeof claim === 'function') return;
          await call(`create ${name}`);
          world[name] ??= { spec: {}, tags };
        },
        put: Object.fromEntries(Object.keys(spec).map((field) => [field, put(field)])),
        async tag(_, __, tags) {
          await call(
            `tag ${name} ${Object.keys(tags)
              .map((key) => key.replace('rad-connect:', ''))
              .join(',')}`,
          );
          of(name).tags = { ...of(name).tags, ...tags };
        },
        async untag(_, __, keys) {
          await call(`untag ${name}`);
          of(name).tags = Object.fromEntries(Object.entries(of(name).tags).filter(([key]) => !keys.includes(key)));
        },
        async delete() {
          await call(`delete ${name}`);
          delete world[name];
        },
        stricter: (_, before, after) => Number(before) > Number(after),
      },
      (error) => (error instanceof RadError ? error : new RadError('INTERNAL', String(error))),
      (read) => read(),
    )({ region: 'r' }, name, spec, wish);
  };

  /** `meanwhile` is what happens to the world between the plan and the first call. */
  async function run(
    goal: Goal,
    resources: readonly Resource[],
    stopper = new AbortController(),
    meanwhile: () => unknown = () => {},
  ) {
    const events: Event[] = [];
    calls.length = 0;
    const steps = plan(goal, await observe(resources));
    meanwhile();
    const outcomes = await apply(goal, steps, {
      signal: stopper.signal,
      now: () => 0,
      sleep: async () => {},
      report: (event) => void events.push(event),
    });
    return {
      events,
      calls: [...calls],
      ends: Object.fromEntries(outcomes.map(({ step, status }) => [step.resource.name, status])),
      outcomes,
    };
  }
  return {
    world,
    make,
    run,
    fail: (...texts: string[]) => texts.forEach((text) => void failing.add(text)),
    heal: () => failing.clear(),
    calls,
  };
}

const owned = (spec: Spec, more: Tags = {}): Thing => ({
  spec,
  tags: { ...state.owned, ...state.sealed(spec), ...more },
});

/** bucket ← stream ← filter ← logging, and one beside them. */
function chain(on: ReturnType<typeof memory>) {
  const bucket = on.make('bucket');
  const stream = on.make('stream', { needs: [bucket] });
  const filter = on.make('filter', { needs: [stream] });
  const logging = on.make('logging', { needs: [filter, bucket] });
  const beside = on.make('beside');
  return [logging, beside, filter, stream, bucket];
}

describe('apply: order', () => {
  it('present: each thing after what it needs, whatever the order of the list', async () => {
    const on = memory();
    const { calls, ends } = await on.run('present', chain(on));
    const creates = calls.filter((text) => text.startsWith('create') && text !== 'create beside');
    expect(creates).toEqual(['create bucket', 'create stream', 'create filter', 'create logging']);
    expect(calls.indexOf('tag bucket spec')).toBeLessThan(calls.indexOf('create stream'));
    expect(new Set(Object.values(ends))).toEqual(new Set(['done']));
  });

  it('absent: each thing after what needs it', async () => {
    const on = memory();
    await on.run('present', chain(on));
    const { calls } = await on.run('absent', chain(on));
    expect(calls.filter((text) => !text.endsWith(' beside'))).toEqual([
      'look logging',
      'delete logging',
      'look logging',
      'look filter',
      'delete filter',
      'look filter',
      'look stream',
      'delete stream',
      'look stream',
      'look bucket',
      'delete bucket',
      'look bucket',
    ]);
    expect(calls.filter((text) => text.endsWith(' beside'))).toEqual(['look beside', 'delete beside', 'look beside']);
    expect(on.world).toEqual({});
  });

  it('what does not stand on each other goes side by side', async () => {
    const on = memory();
    const { calls } = await on.run(
      'present',
      ['a', 'b', 'c'].map((name) => on.make(name)),
    );
    expect(calls.slice(0, 3)).toEqual(['create a', 'create b', 'create c']);
  });

  it('twice is nothing', async () => {
    const on = memory();
    await on.run('present', chain(on));
    const { calls, ends } = await on.run('present', chain(on));
    expect(calls).toEqual([]);
    expect(new Set(Object.values(ends))).toEqual(new Set(['unchanged']));
  });

  it('outcomes come in the order of the steps, and each step ends once', async () => {
    const on = memory();
    const resources = chain(on);
    const { outcomes, events } = await on.run('present', resources);
    expect(outcomes.map(({ step }) => step.resource)).toEqual(resources);
    const names = (type: Event['type']) => events.filter((event) => event.type === type).length;
    expect([events[0]!.type, names('step.start'), names('step.end')]).toEqual(['started', 5, 5]);
  });

  it('2,001 things are not too many', async () => {
    const on = memory();
    const root = on.make('root');
    const pairs = Array.from({ length: 1_000 }, (_, i) => {
      const group = on.make(`group${i}`, { needs: [root] });
      return [group, on.make(`filter${i}`, { needs: [root, group] })];
    });
    const { ends } = await on.run('present', [root, ...pairs.flat()]);
    expect(Object.values(ends).filter((status) => status === 'done')).toHaveLength(2_001);
  });

  it('a chain of 1,000 things is no depth', async () => {
    const on = memory();
    const all: Resource[] = [];
    for (let i = 0; i < 1_000; i++) all.push(on.make(`n${i}`, { needs: all.slice(-1) }));
    on.fail('create n0');
    const { ends } = await on.run('present', all);
    expect([ends.n0, ends.n999]).toEqual(['failed', 'skipped']);
  });
});

describe('apply: one failure stops only what stands on it', () => {
  it('present', async () => {
    const on = memory();
    on.fail('create stream');
    const { ends, outcomes } = await on.run('present', chain(on));
    expect(ends).toEqual({ bucket: 'done', stream: 'failed', filter: 'skipped', logging: 'skipped', beside: 'done' });
    const skipped = outcomes.filter((outcome) => outcome.status === 'skipped');
    expect(skipped.map((outcome) => (outcome as { because?: Resource }).because?.name)).toEqual(['stream', 'stream']);
  });

  it('absent', async () => {
    const on = memory();
    await on.run('present', chain(on));
    on.fail('delete filter');
    const { ends } = await on.run('absent', chain(on));
    expect(ends).toEqual({ logging: 'done', filter: 'failed', stream: 'skipped', bucket: 'skipped', beside: 'done' });
  });

  it('it travels up through what needed no change', async () => {
    const on = memory({ bucket: owned({ a: 0 }), stream: owned({ a: 1 }), filter: owned({ a: 1 }) });
    on.world.bucket = { spec: { a: 0 }, tags: owned({ a: 1 }).tags };
    on.fail('put bucket.a=1');
    const { ends } = await on.run('present', chain(on));
    expect(ends).toEqual({
      bucket: 'failed',
      stream: 'unchanged',
      filter: 'unchanged',
      logging: 'skipped',
      beside: 'done',
    });
  });

  it('a blocked thing fails with its reason and is not touched', async () => {
    const on = memory({ stream: { spec: {}, tags: {} } });
    const { ends, outcomes, calls } = await on.run('present', chain(on));
    expect(ends).toMatchObject({ bucket: 'done', stream: 'failed', filter: 'skipped', logging: 'skipped' });
    expect(outcomes.find(({ status }) => status === 'failed')).toMatchObject({ error: { code: 'FOREIGN' } });
    expect(calls.filter((text) => text.includes('stream'))).toEqual([]);
    expect(on.world.stream).toEqual({ spec: {}, tags: {} });
  });

  it('after the failure is mended the next run does the rest only', async () => {
    const on = memory();
    on.fail('create stream');
    await on.run('present', chain(on));
    on.heal();
    const { ends } = await on.run('present', chain(on));
    expect(ends).toEqual({ bucket: 'unchanged', stream: 'done', filter: 'done', logging: 'done', beside: 'unchanged' });
  });
});

describe('apply: a stop', () => {
  it('before anything: nothing is written', async () => {
    const on = memory();
    const stopper = new AbortController();
    stopper.abort(new RadError('INTERRUPTED', 'stop'));
    const { calls, ends } = await on.run('present', chain(on), stopper);
    expect(calls).toEqual([]);
    expect(new Set(Object.values(ends))).toEqual(new Set(['skipped']));
  });

  it('midway: what is under way is finished, nothing new begins, the next run does the rest', async () => {
    const on = memory();
    const stopper = new AbortController();
    const bucket = on.make('bucket');
    const stopping: Resource = {
      ...bucket,
      create: (tags, run) => {
        stopper.abort(new RadError('INTERRUPTED', 'stop'));
        return bucket.create(tags, run);
      },
    };
    const stream = on.make('stream', { needs: [stopping] });
    const first = await on.run('present', [stopping, stream], stopper);
    expect(first.ends).toEqual({ bucket: 'done', stream: 'skipped' });
    expect(first.calls).toEqual(['create bucket', 'look bucket', 'put bucket.a=1', 'tag bucket spec', 'look bucket']);
    expect((await on.run('present', [bucket, on.make('stream')])).ends).toEqual({
      bucket: 'unchanged',
      stream: 'done',
    });
  });
});

describe('apply: the verbs, so ordered that a crash leaves tags that say no more than the truth', () => {
  it('create: claimed from its creation, looked at again, its fields, its seal', async () => {
    const on = memory();
    const { calls } = await on.run('present', [
      on.make('t', { spec: { a: 1, b: 2 }, labels: { x: '1', y: null }, birth: { team: 's' } }),
    ]);
    expect(calls).toEqual(['create t', 'look t', 'put t.a=1', 'put t.b=2', 'tag t spec', 'look t']);
    expect(on.world.t!.tags).toEqual({ team: 's', x: '1', ...state.owned, ...state.sealed({ a: 1, b: 2 }) });
  });

  it('create finds a thing of somebody else: FOREIGN, and it is not touched', async () => {
    const on = memory();
    const resource = on.make('t');
    const racing: Resource = {
      ...resource,
      async create() {
        on.world.t = { spec: { a: 5 }, tags: { theirs: '1' } };
      },
    };
    const { outcomes, calls } = await on.run('present', [racing]);
    expect(outcomes[0]).toMatchObject({ status: 'failed', error: { code: 'FOREIGN' } });
    expect(calls).toEqual(['look t']);
    expect(on.world.t).toEqual({ spec: { a: 5 }, tags: { theirs: '1' } });
  });

  it("create finds the customer's own: fine where we only make it when it is missing", async () => {
    const on = memory();
    const resource = on.make('t', { claim: 'if-made' });
    const racing: Resource = {
      ...resource,
      async create() {
        on.world.t = { spec: { a: 5 }, tags: {} };
      },
    };
    const { ends, calls } = await on.run('present', [racing]);
    expect([ends.t, calls]).toEqual(['done', ['look t']]);
    expect(on.world.t).toEqual({ spec: { a: 5 }, tags: {} });
  });

  it('create finds our own of a lost answer: finished', async () => {
    const on = memory();
    const resource = on.make('t', { spec: { a: 1, b: 2 } });
    const lost: Resource = {
      ...resource,
      async create(tags) {
        on.world.t = { spec: { a: 1 }, tags };
      },
    };
    const { ends, calls } = await on.run('present', [lost]);
    expect([ends.t, calls]).toEqual(['done', ['look t', 'put t.b=2', 'tag t spec', 'look t']]);
  });

  describe('what is known by its content', () => {
    const spec = { a: 1, b: 2 };
    const known = (on: ReturnType<typeof memory>) => on.make('t', { spec, claim: (seen) => seen.a === 1 });
    const runs = (on: ReturnType<typeof memory>, goal: Goal, meanwhile?: () => unknown) =>
      on.run(goal, [known(on)], new AbortController(), meanwhile);

    it('is looked at and made by its put, without tags', async () => {
      const on = memory();
      const { calls } = await runs(on, 'present');
      expect(calls).toEqual(['look t', 'put t.a=1', 'put t.b=2']);
      expect(on.world.t).toEqual({ spec, tags: {} });
    });

    it("somebody else's has come to stand there: FOREIGN, and it is not touched", async () => {
      const on = memory();
      const theirs = { spec: { a: 5, b: 2 }, tags: {} };
      const { outcomes, calls } = await runs(on, 'present', () => Object.assign(on.world, { t: theirs }));
      expect(outcomes[0]).toMatchObject({ status: 'failed', error: { code: 'FOREIGN' } });
      expect(calls).toEqual(['look t']);
      expect(on.world.t).toEqual({ spec: { a: 5, b: 2 }, tags: {} });
    });

    it('our own has come to stand there: finished', async () => {
      const on = memory();
      const ours = { spec: { a: 1, b: 9 }, tags: {} };
      const { ends, calls } = await runs(on, 'present', () => Object.assign(on.world, { t: { ...ours } }));
      expect([ends.t, calls]).toEqual(['done', ['look t']]);
      const weaker = memory();
      await runs(weaker, 'present', () => Object.assign(weaker.world, { t: { spec: { a: 1, b: 0 }, tags: {} } }));
      expect(weaker.calls).toEqual(['look t', 'put t.b=2']);
    });

    it('it was made another meanwhile: it is not deleted', async () => {
      const on = memory({ t: { spec, tags: {} } });
      const { outcomes, calls } = await runs(on, 'absent', () => {
        on.world.t!.spec = { a: 5, b: 2 };
      });
      expect(outcomes[0]).toMatchObject({ status: 'kept', why: 'it does not say any more that it is ours' });
      expect(calls).toEqual(['look t']);
    });
  });

  it('update writes only what differs, keeps what is stricter, then seals', async () => {
    const spec = { a: 1, b: 2, c: 3 };
    const on = memory({ t: { spec: { a: 0, b: 9, c: 3 }, tags: owned(spec).tags } });
    const { calls } = await on.run('present', [on.make('t', { spec })]);
    expect(calls).toEqual(['look t', 'put t.a=1', 'look t']);
    expect(on.world.t!.spec).toEqual({ a: 1, b: 9, c: 3 });
  });

  it.each<[string, Thing | undefined, string]>([
    ["somebody else's", { spec: { a: 0 }, tags: { owner: 'them' } }, 'FOREIGN'],
    ['gone', undefined, 'AWS'],
  ])('update of what is %s by now writes nothing', async (_, now, code) => {
    const on = memory({ t: owned({ a: 0 }) });
    const { calls, outcomes } = await on.run('present', [on.make('t')], undefined, () => {
      if (now) on.world.t = structuredClone(now);
      else delete on.world.t;
    });
    expect(calls).toEqual(['look t']);
    expect(outcomes).toMatchObject([{ status: 'failed', error: { code } }]);
    expect(on.world.t).toEqual(now);
  });

  it('update keeps what was made stricter after the plan', async () => {
    const on = memory({ t: owned({ a: 1 }, { x: '0' }) });
    await on.run('present', [on.make('t', { labels: { x: '1' } })], undefined, () => {
      on.world.t!.spec = { a: 9 };
    });
    expect(on.world.t).toEqual({ spec: { a: 9 }, tags: owned({ a: 1 }, { x: '1' }).tags });
  });

  it('update of a field that was made stricter after the plan leaves it', async () => {
    const on = memory({ t: owned({ a: 1 }) });
    on.world.t!.spec = { a: 0 };
    const { calls } = await on.run('present', [on.make('t')], undefined, () => {
      on.world.t!.spec = { a: 9 };
    });
    expect([calls.filter((call) => call.startsWith('put')), on.world.t!.spec]).toEqual([[], { a: 9 }]);
  });

  it('what is still there after it was deleted is not done', async () => {
    const on = memory({ t: owned({ a: 1 }) });
    const thing = on.make('t');
    const { outcomes } = await on.run('absent', [{ ...thing, delete: async () => {} }]);
    expect(outcomes).toMatchObject([{ status: 'failed', error: { code: 'TIMEOUT' } }]);
  });

  it('update of what another wish had sealed gives it the new seal, last', async () => {
    const on = memory({ t: owned({ a: 0 }) });
    const { calls } = await on.run('present', [on.make('t')]);
    expect(calls).toEqual(['look t', 'put t.a=1', 'tag t spec', 'look t']);
  });

  it('update that fails midway leaves no new seal', async () => {
    const on = memory({ t: { spec: {}, tags: state.owned } });
    on.fail('put t.b=2');
    await on.run('present', [on.make('t', { spec: { a: 1, b: 2 } })]);
    expect(on.world.t).toEqual({ spec: { a: 1 }, tags: state.owned });
  });

  it('update: first the record, what must go too, then the fields, then the seal alone', async () => {
    const on = memory({ t: owned({ a: 0 }, { x: '0', y: '1', z: '1' }) });
    const { calls } = await on.run('present', [on.make('t', { labels: { x: '1', w: '2', y: null } })]);
    expect(calls).toEqual(['look t', 'tag t x,w', 'look t', 'untag t', 'look t', 'put t.a=1', 'tag t spec', 'look t']);
    expect(on.world.t!.tags).toEqual(owned({ a: 1 }, { x: '1', w: '2', z: '1' }).tags);
  });

  it.each<[string, readonly string[], Tags]>([
    ['tag t x', ['look t', 'tag t x'], { x: '0', y: '1' }],
    ['put t.a=1', ['look t', 'tag t x', 'look t', 'untag t', 'look t', 'put t.a=1'], { x: '1' }],
    ['tag t spec', ['look t', 'tag t x', 'look t', 'untag t', 'look t', 'put t.a=1', 'tag t spec'], { x: '1' }],
  ])('update that fails at %s goes no further, and has the old seal', async (failing, expected, labels) => {
    const on = memory({ t: owned({ a: 0 }, { x: '0', y: '1' }) });
    on.fail(failing);
    const { calls, ends } = await on.run('present', [on.make('t', { labels: { x: '1', y: null } })]);
    expect([ends.t, calls]).toEqual(['failed', expected]);
    expect(on.world.t!.tags).toEqual(owned({ a: 0 }, labels).tags);
    on.heal();
    expect((await on.run('present', [on.make('t', { labels: { x: '1', y: null } })])).ends.t).toBe('done');
    expect(on.world.t).toEqual(owned({ a: 1 }, { x: '1' }));
  });

  describe('what another run writes in between', () => {
    /** Something happens right after the seal, the first so many times. */
    const meddled = (change: (world: ReturnType<typeof memory>['world']) => unknown, times = 1) => {
      const on = memory({ t: owned({ a: 0, b: 0 }) });
      const plain = on.make('t', { spec: { a: 1, b: 1 } });
      let left = times;
      const tag = async (tags: Tags) => {
        await plain.tag(tags);
        if (left-- > 0) change(on.world);
      };
      return { on, run: () => on.run('present', [{ ...plain, tag }]) };
    };
    const other = (spec: Spec) => (world: Record<string, Thing>) => Object.assign(world.t!.spec, spec);

    it('something weaker: it is written again, under the seal', async () => {
      const { on, run } = meddled(other({ a: 0 }));
      const { calls, ends } = await run();
      expect([ends.t, calls.slice(-4)]).toEqual(['done', ['look t', 'put t.a=1', 'tag t spec', 'look t']]);
      expect(on.world.t).toEqual(owned({ a: 1, b: 1 }));
    });

    it('something stricter: it stays, under the seal', async () => {
      const { on, run } = meddled(other({ a: 9 }));
      expect((await run()).ends.t).toBe('done');
      expect(on.world.t).toEqual({ spec: { a: 9, b: 1 }, tags: owned({ a: 1, b: 1 }).tags });
    });

    it('again and again: there is no seal that would say what is not so', async () => {
      const { on, run } = meddled(other({ a: 0 }), 2);
      expect((await run()).ends.t).toBe('done');
      expect(on.world.t).toEqual({ spec: { a: 0, b: 1 }, tags: state.owned });
    });

    it('its own seal: ours comes back', async () => {
      const { on, run } = meddled((world) => Object.assign(world.t!, { tags: owned({ a: 5 }).tags }));
      await run();
      expect(on.world.t).toEqual(owned({ a: 1, b: 1 }));
    });

    it('nothing any more: it failed', async () => {
      const { run } = meddled((world) => delete world.t);
      const { outcomes } = await run();
      expect(outcomes).toMatchObject([{ status: 'failed', error: { code: 'AWS', hint: expect.any(String) } }]);
    });
  });

  it('what is unfinished keeps a stricter value that is there, and gets its seal', async () => {
    const on = memory({ t: { spec: { a: 9 }, tags: { ...state.owned } } });
    const { calls } = await on.run('present', [on.make('t', { spec: { a: 1, b: 2 } })]);
    expect(calls).toEqual(['look t', 'put t.b=2', 'tag t spec', 'look t']);
    expect(on.world.t).toEqual({ spec: { a: 9, b: 2 }, tags: owned({ a: 1, b: 2 }).tags });
  });

  it('create keeps a stricter value that somebody has set since', async () => {
    const on = memory();
    const resource = on.make('t', { spec: { a: 1, b: 2 } });
    const racing: Resource = {
      ...resource,
      async create(tags, run) {
        await resource.create(tags, run);
        on.world.t!.spec = { a: 9 };
      },
    };
    const { calls } = await on.run('present', [racing]);
    expect(calls).toEqual(['create t', 'look t', 'put t.b=2', 'tag t spec', 'look t']);
    expect(on.world.t!.spec).toEqual({ a: 9, b: 2 });
  });

  it('labels that must go are taken away', async () => {
    const on = memory({ t: owned({ a: 1 }, { y: '1', z: '1' }) });
    const { calls } = await on.run('present', [on.make('t', { labels: { y: null, q: null } })]);
    expect(calls).toEqual(['look t', 'untag t', 'look t', 'look t']);
    expect(on.world.t!.tags).toEqual(owned({ a: 1 }, { z: '1' }).tags);
  });

  describe('what is shared with the customer', () => {
    const spec = { audit: true, api: true };
    const shared = (on: ReturnType<typeof memory>) => on.make('t', { claim: 'prior', spec });

    it('its prior is noted before the first put', async () => {
      const on = memory({ t: { spec: { audit: false, api: true }, tags: { theirs: '1' } } });
      const { calls } = await on.run('present', [shared(on)]);
      expect(calls).toEqual(['look t', 'tag t claim,prior', 'put t.audit=true']);
      expect(on.world.t!.tags).toEqual({ theirs: '1', ...state.shared({ audit: false }) });
    });

    it('when it cannot be noted nothing is put', async () => {
      const on = memory({ t: { spec: { audit: false, api: true }, tags: {} } });
      on.fail('tag t claim,prior');
      const { ends, calls } = await on.run('present', [shared(on)]);
      expect([ends.t, calls]).toEqual(['failed', ['look t', 'tag t claim,prior']]);
    });

    it('a field it did not have reads as off', async () => {
      const on = memory({ t: { spec: { api: true }, tags: {} } });
      await on.run('present', [shared(on)]);
      expect(state.prior(on.world.t!.tags)).toEqual({ audit: false });
    });

    it('its prior is never overwritten by a later update', async () => {
      const on = memory({ t: { spec: { audit: false, api: false }, tags: {} } });
      on.fail('put t.api=true');
      await on.run('present', [shared(on)]);
      expect(on.world.t!.spec).toEqual({ audit: true, api: false });
      on.heal();
      const { calls } = await on.run('present', [shared(on)]);
      expect(calls).toEqual(['look t', 'put t.api=true']);
      expect(state.prior(on.world.t!.tags)).toEqual({ audit: false, api: false });
      await on.run('absent', [shared(on)]);
      expect(on.world.t).toEqual({ spec: { audit: false, api: false }, tags: {} });
    });

    it('turned on by its owner after the plan: it stays theirs, without a mark', async () => {
      const on = memory({ t: { spec: { audit: false, api: true }, tags: { theirs: '1' } } });
      const { calls, ends } = await on.run('present', [shared(on)], new AbortController(), () => {
        on.world.t!.spec = { ...spec };
      });
      expect([ends.t, calls]).toEqual(['done', ['look t']]);
      expect(on.world.t).toEqual({ spec, tags: { theirs: '1' } });
    });

    it('its prior is what is there right before the first put, not what the plan saw', async () => {
      const on = memory({ t: { spec: { audit: false, api: false }, tags: {} } });
      await on.run('present', [shared(on)], new AbortController(), () => {
        on.world.t!.spec = { audit: false, api: true };
      });
      expect(state.prior(on.world.t!.tags)).toEqual({ audit: false });
    });

    it('claimed by another run after the plan: what that one noted stays', async () => {
      const on = memory({ t: { spec: { audit: false, api: false }, tags: {} } });
      const tags = state.shared({ audit: false, api: false });
      const { calls } = await on.run('present', [shared(on)], new AbortController(), () => {
        on.world.t = { spec: { audit: true, api: false }, tags };
      });
      expect(calls.slice(0, 2)).toEqual(['look t', 'put t.audit=true']);
      expect(on.world.t!.tags).toEqual(tags);
    });

    it('restore of what is gone is done', async () => {
      const on = memory({ t: { spec, tags: state.shared({ audit: false }) } });
      const { calls, ends } = await on.run('absent', [shared(on)], new AbortController(), () => delete on.world.t);
      expect([ends.t, calls]).toEqual(['done', ['look t']]);
    });

    it('restore of what has lost our mark: kept, with a reason, and not touched', async () => {
      const on = memory({ t: { spec, tags: state.shared({ audit: false }) } });
      const { calls, outcomes } = await on.run('absent', [shared(on)], new AbortController(), () => {
        on.world.t!.tags = { theirs: '1' };
      });
      expect(outcomes[0]).toMatchObject({ status: 'kept', why: 'it does not say any more that it is ours' });
      expect(calls).toEqual(['look t']);
      expect(on.world.t).toEqual({ spec, tags: { theirs: '1' } });
    });

    it('restore of what its owner has put back already only takes the marks away', async () => {
      const on = memory({ t: { spec, tags: state.shared({ audit: false }) } });
      const { calls } = await on.run('absent', [shared(on)], new AbortController(), () => {
        on.world.t!.spec = { audit: false, api: true };
      });
      expect(calls).toEqual(['look t', 'untag t', 'look t']);
      expect(on.world.t).toEqual({ spec: { audit: false, api: true }, tags: {} });
    });

    it('restore puts back first, and takes the marks away last', async () => {
      const on = memory({
        t: { spec: { audit: true, api: true }, tags: { theirs: '1', ...state.shared({ audit: false }) } },
      });
      const { calls } = await on.run('absent', [shared(on)]);
      expect(calls).toEqual(['look t', 'put t.audit=false', 'untag t', 'look t']);
      expect(on.world.t).toEqual({ spec: { audit: false, api: true }, tags: { theirs: '1' } });
    });

    it('a restore that fails keeps the marks', async () => {
      const tags = state.shared({ audit: false });
      const on = memory({ t: { spec: { audit: true, api: true }, tags } });
      on.fail('put t.audit=false');
      await on.run('absent', [shared(on)]);
      expect(on.world.t!.tags).toEqual(tags);
    });

    it('it is given back as it is when it is to stay on', async () => {
      const on = memory({ t: { spec, tags: { theirs: '1', ...state.shared({ audit: false }) } } });
      const resource = on.make('t', { claim: 'prior', spec, stays: () => ({ why: 'asked', release: true }) });
      const { calls, ends } = await on.run('absent', [resource]);
      expect([ends.t, calls]).toEqual(['done', ['untag t', 'look t']]);
      expect(on.world.t).toEqual({ spec, tags: { theirs: '1' } });
    });
  });

  it('a thing that stays and keeps its marks is not written', async () => {
    const on = memory({ t: owned({ a: 1 }) });
    const { calls, ends } = await on.run('absent', [on.make('t', { stays: () => ({ why: 'data' }) })]);
    expect([ends.t, calls]).toEqual(['unchanged', []]);
  });

  it('a thing that stays may lose tags', async () => {
    const on = memory({ t: owned({ a: 1 }, { 'region:r': '1' }) });
    const stays = () => ({ why: 'others', labels: { 'region:r': null } });
    const { calls } = await on.run('absent', [on.make('t', { stays })]);
    expect(calls).toEqual(['look t', 'untag t', 'look t']);
    expect(on.world.t).toEqual(owned({ a: 1 }));
  });

  it('right before deletion it may turn out that it has to stay', async () => {
    const on = memory({ t: owned({ a: 1 }) });
    const { outcomes, calls } = await on.run('absent', [
      on.make('t', { beforeDelete: async () => ({ why: 'r still connected' }) }),
    ]);
    expect(outcomes[0]).toMatchObject({ status: 'kept', why: 'r still connected' });
    expect(calls).toEqual(['look t']);
  });

  it('and then it loses the tags that it would have lost by staying', async () => {
    const on = memory({ t: owned({ a: 1 }, { 'region:r': '1', 'region:s': '1' }) });
    const beforeDelete = async () => ({ why: 's still connected', labels: { 'region:r': null } });
    const { outcomes } = await on.run('absent', [on.make('t', { beforeDelete })]);
    expect(outcomes[0]).toMatchObject({ status: 'kept', why: 's still connected' });
    expect(on.world.t).toEqual(owned({ a: 1 }, { 'region:s': '1' }));
  });

  it('deletion of what is gone is done', async () => {
    const on = memory({ t: owned({ a: 1 }) });
    const { calls, ends } = await on.run('absent', [on.make('t')], new AbortController(), () => delete on.world.t);
    expect([ends.t, calls]).toEqual(['done', ['look t']]);
  });

  it.each<Claim>(['tag', 'if-made'])('deletion of what has lost our mark (%s): kept, with a reason', async (claim) => {
    const on = memory({ t: owned({ a: 1 }) });
    const { outcomes, calls } = await on.run('absent', [on.make('t', { claim })], new AbortController(), () => {
      on.world.t!.tags = { theirs: '1' };
    });
    expect(outcomes[0]).toMatchObject({ status: 'kept', why: 'it does not say any more that it is ours' });
    expect(calls).toEqual(['look t']);
    expect(on.world.t).toEqual({ spec: { a: 1 }, tags: { theirs: '1' } });
  });

  it('it is looked at after what has to happen first, not before', async () => {
    const on = memory({ t: owned({ a: 1 }) });
    const beforeDelete = async () => {
      on.world.t!.tags = {};
      return undefined;
    };
    const { ends, calls } = await on.run('absent', [on.make('t', { beforeDelete })]);
    expect([ends.t, calls]).toEqual(['kept', ['look t']]);
  });

  it('an error that is none of ours becomes INTERNAL', async () => {
    const on = memory();
    const broken: Resource = { ...on.make('t'), create: () => Promise.reject(new TypeError('x')) };
    const { outcomes } = await on.run('present', [broken]);
    expect(outcomes[0]).toMatchObject({ status: 'failed', error: { code: 'INTERNAL', message: 'x' } });
  });

  it('what a step waits for is reported', async () => {
    const on = memory();
    const resource = on.make('t');
    const waiting: Resource = {
      ...resource,
      create: (tags, run) => {
        run.note('waiting for IAM');
        return resource.create(tags, run);
      },
    };
    const { events } = await on.run('present', [waiting]);
    expect(events.find(({ type }) => type === 'step.note')).toMatchObject({ text: 'waiting for IAM' });
  });
});
