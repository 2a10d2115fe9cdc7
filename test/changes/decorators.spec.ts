import { describe, expect, it } from 'vitest';
import {
  BEFORE_CONFIG_CHANGE_METADATA,
  BeforeConfigChange,
} from '../../lib/changes/before-config-change.decorator.js';
import { metadataOf as metadataOfMethod } from '../../lib/changes/decorator-metadata.js';
import { ON_CONFIG_CHANGE_METADATA, OnConfigChange } from '../../lib/changes/on-config-change.decorator.js';

class Base {
  @OnConfigChange('llm.*', { priority: 2 })
  @OnConfigChange(['a', /b/])
  @BeforeConfigChange('llm', { timeout: 5 })
  twice(): void {}

  @OnConfigChange('a..b')
  wrong(): void {}

  @BeforeConfigChange('x')
  @BeforeConfigChange(/y/)
  guarded(): void {}

  plain(): void {}

  @OnConfigChange('z')
  @Wrapped()
  @OnConfigChange('y')
  wrapped(): void {}
}

/** Replaces a method by a wrapper that inherits the metadata of the method. */
function Wrapped(): MethodDecorator {
  return (_target, _key, descriptor: PropertyDescriptor) => {
    const method = descriptor.value as () => void;
    descriptor.value = Object.setPrototypeOf(() => method(), method) as unknown;
  };
}

class Derived extends Base {
  override plain(): void {}
  override twice(): void {}
}

function metadataOf(key: string, type: typeof Base, method: keyof Base): unknown {
  return metadataOfMethod(key, type.prototype[method]);
}

describe('@OnConfigChange', () => {
  it('keeps every decorator of a method', () => {
    expect(metadataOf(ON_CONFIG_CHANGE_METADATA, Base, 'twice')).toEqual([
      { patterns: ['a', /b/], options: {} },
      { patterns: 'llm.*', options: { priority: 2 } },
    ]);
  });

  it('does not check patterns: the boot does, and can name class and method', () => {
    expect(metadataOf(ON_CONFIG_CHANGE_METADATA, Base, 'wrong')).toEqual([{ patterns: 'a..b', options: {} }]);
  });

  it('applies to inherited methods, not to methods that override them', () => {
    expect(metadataOf(ON_CONFIG_CHANGE_METADATA, Derived, 'wrong')).toHaveLength(1);
    expect(metadataOf(ON_CONFIG_CHANGE_METADATA, Derived, 'twice')).toEqual([]);
    expect(metadataOf(ON_CONFIG_CHANGE_METADATA, Base, 'plain')).toEqual([]);
  });

  it('applies to a method that another decorator has wrapped', () => {
    expect(metadataOf(ON_CONFIG_CHANGE_METADATA, Base, 'wrapped')).toEqual([
      { patterns: 'y', options: {} },
      { patterns: 'z', options: {} },
    ]);
  });
});

describe('@BeforeConfigChange', () => {
  it('can be combined with @OnConfigChange on one method', () => {
    expect(metadataOf(BEFORE_CONFIG_CHANGE_METADATA, Base, 'twice')).toEqual([
      { patterns: 'llm', options: { timeout: 5 } },
    ]);
  });

  it('keeps every decorator of a method', () => {
    expect(metadataOf(BEFORE_CONFIG_CHANGE_METADATA, Base, 'guarded')).toEqual([
      { patterns: /y/, options: {} },
      { patterns: 'x', options: {} },
    ]);
  });
});
