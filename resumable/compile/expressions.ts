/**
 * Expressions with awaits: what comes before an await becomes statements, and its results temporaries.
 *
 * `value(e)` emits what must run first and gives an expression without an await, which must be evaluated next and once. Operands keep their
 * order: what stands before an await is evaluated before it.
 *
 * Difference from the language: in `object.method(await x)` the method is looked up after the await, and so is a function that is never
 * assigned; neither can be packed in general, and hardly any program can tell.
 */
import type * as types from '@babel/types';
import { t } from './babel.ts';
import { assign, type Emitter } from './emitter.ts';
import { hasAwait } from './has-await.ts';

const id = t.identifier;
type Expression = types.Expression;
type Operand = Expression | types.SpreadElement;

/** The runtime's name in compiled modules. */
export const runtime = '$r';

export function runtimeCall(name: string, args: Expression[]): types.CallExpression {
  return t.callExpression(t.memberExpression(id(runtime), id(name)), args);
}

const isNullish = (e: Expression): Expression => t.binaryExpression('==', e, t.nullLiteral());
const nothing = (): Expression => t.unaryExpression('void', t.numericLiteral(0));

export class Expressions {
  readonly #emitter: Emitter;
  /** Names of variables that are assigned after their declaration. */
  readonly #changing: ReadonlySet<string>;

  constructor(emitter: Emitter, changing: ReadonlySet<string>) {
    this.#emitter = emitter;
    this.#changing = changing;
  }

  /** Evaluates an expression for its effect. */
  effect(e: Expression): void {
    if (t.isSequenceExpression(e)) for (const part of e.expressions) this.effect(part);
    else this.#emitter.emit(t.expressionStatement(this.value(e)));
  }

  value(e: Expression): Expression {
    if (!hasAwait(e)) return e;
    switch (e.type) {
      case 'AwaitExpression':
        return this.#emitter.suspend(this.value(e.argument), e.loc);
      case 'ParenthesizedExpression':
        return this.value(e.expression);
      case 'BinaryExpression': {
        const [left, right] = this.#operands([e.left as Expression, e.right]);
        return t.binaryExpression(e.operator, left as Expression, right as Expression);
      }
      case 'LogicalExpression':
        return this.#logical(e);
      case 'ConditionalExpression':
        return this.#conditional(e);
      case 'SequenceExpression': {
        for (const part of e.expressions.slice(0, -1)) this.effect(part);
        return this.value(e.expressions.at(-1)!);
      }
      case 'UnaryExpression':
        return t.unaryExpression(e.operator, this.value(e.argument));
      case 'UpdateExpression':
        return t.updateExpression(e.operator, this.#reference(e.argument as types.LVal) as Expression, e.prefix);
      case 'AssignmentExpression':
        return this.#assignment(e);
      case 'MemberExpression':
        return this.#member(e);
      case 'CallExpression':
        return this.#call(e);
      case 'OptionalMemberExpression':
      case 'OptionalCallExpression':
        return this.#chain(e);
      case 'NewExpression': {
        const [callee, ...args] = this.#operands([e.callee as Expression, ...(e.arguments as Operand[])]);
        return t.newExpression(callee as Expression, args as types.CallExpression['arguments']);
      }
      case 'ArrayExpression':
        return t.arrayExpression(this.#operands(e.elements as Operand[]));
      case 'ObjectExpression':
        return this.#object(e);
      case 'TemplateLiteral':
        return t.templateLiteral(e.quasis, this.#operands(e.expressions as Expression[], textOf) as Expression[]);
      case 'TaggedTemplateExpression': {
        const quasi = t.templateLiteral(
          e.quasi.quasis,
          this.#operands(e.quasi.expressions as Expression[]) as Expression[],
        );
        return t.taggedTemplateExpression(e.tag, quasi);
      }
      case 'ImportExpression':
        return t.importExpression(this.value(e.source));
      default:
        throw new Error(`an await in ${e.type}`);
    }
  }

  /** A variable that holds the value. */
  save(e: Expression): types.Identifier {
    const value = this.value(e);
    const temporary = this.#emitter.temporary();
    this.#emitter.emit(assign(temporary, value));
    return temporary;
  }

  /** Something that has the same value after an await. */
  stable(e: Expression): Expression {
    return this.#isStable(e) ? e : this.save(e);
  }

  #isStable(e: Expression | types.Super): boolean {
    if (t.isIdentifier(e)) return !this.#changing.has(e.name);
    return (
      t.isThisExpression(e) ||
      t.isSuper(e) ||
      t.isImport(e) ||
      t.isFunction(e) ||
      (t.isLiteral(e) && !t.isTemplateLiteral(e))
    );
  }

  /** Operands in order; those before the last await are saved. */
  #operands(operands: readonly Operand[], convert: (e: Expression) => Expression = (e) => e): Operand[] {
    const last = operands.findLastIndex((operand) => hasAwait(operand));
    return operands.map((operand, i) => {
      if (operand === null || i > last) return operand;
      if (t.isSpreadElement(operand)) {
        // Spread where it stands, since iterating may have effects.
        const list = t.arrayExpression([t.spreadElement(this.value(operand.argument))]);
        return i < last ? t.spreadElement(this.#keep(list)) : t.spreadElement(list);
      }
      if (i === last) return this.value(operand);
      return this.#isStable(operand) ? operand : this.#keep(convert(this.value(operand)));
    });
  }

  #keep(value: Expression): types.Identifier {
    const temporary = this.#emitter.temporary();
    this.#emitter.emit(assign(temporary, value));
    return temporary;
  }

  #logical(e: types.LogicalExpression): Expression {
    if (!hasAwait(e.right)) return t.logicalExpression(e.operator, this.value(e.left), e.right);
    const end = this.#emitter.mark();
    const result = this.save(e.left);
    this.#emitter.jumpIf(stopsAt(e.operator, result), end);
    this.#emitter.emit(assign(result, this.value(e.right)));
    this.#emitter.place(end);
    return result;
  }

  #conditional(e: types.ConditionalExpression): Expression {
    const test = this.value(e.test);
    if (!hasAwait(e.consequent) && !hasAwait(e.alternate))
      return t.conditionalExpression(test, e.consequent, e.alternate);
    const emitter = this.#emitter;
    const [otherwise, end] = [emitter.mark(), emitter.mark()];
    const result = emitter.temporary();
    emitter.jumpIf(t.unaryExpression('!', test), otherwise);
    emitter.emit(assign(result, this.value(e.consequent)), ...emitter.jump(end));
    emitter.place(otherwise);
    emitter.emit(assign(result, this.value(e.alternate)));
    emitter.place(end);
    return result;
  }

  /** An assignable expression whose parts are evaluated already. */
  #reference(left: types.LVal): types.LVal {
    if (!t.isMemberExpression(left)) return left;
    const object = this.stable(left.object);
    if (!left.computed) return t.memberExpression(object, left.property);
    return t.memberExpression(object, this.stable(left.property as Expression), true);
  }

  #assignment(e: types.AssignmentExpression): Expression {
    const { operator } = e;
    if (t.isPattern(e.left)) {
      const source = this.save(e.right);
      this.destructure(e.left, source, (target, value) => this.#emitter.emit(assign(target, value)));
      return source;
    }
    const left = this.#reference(e.left as types.LVal);
    if (operator === '=') return t.assignmentExpression('=', left, this.value(e.right));
    const before = left as Expression;
    if (operator === '&&=' || operator === '||=' || operator === '??=') {
      const end = this.#emitter.mark();
      const result = this.#keep(t.cloneNode(before));
      this.#emitter.jumpIf(stopsAt(operator.slice(0, -1) as '&&', result), end);
      this.#emitter.emit(assign(result, t.assignmentExpression('=', left, this.value(e.right))));
      this.#emitter.place(end);
      return result;
    }
    const old = this.#keep(t.cloneNode(before));
    const right = this.value(e.right);
    return t.assignmentExpression('=', left, t.binaryExpression(operator.slice(0, -1) as '+', old, right));
  }

  #member(e: types.MemberExpression): Expression {
    if (!e.computed) return t.memberExpression(this.value(e.object as Expression), e.property);
    const [object, property] = this.#operands([e.object as Expression, e.property as Expression]);
    return t.memberExpression(object as Expression, property as Expression, true);
  }

  #call(e: types.CallExpression): Expression {
    const args = e.arguments as Operand[];
    const { callee } = e;
    if (!t.isMemberExpression(callee)) {
      const [fn, ...rest] = this.#operands([callee as Expression, ...args]);
      return t.callExpression(fn as Expression, rest);
    }
    // With the object as `this`.
    const property = callee.computed ? [callee.property as Expression] : [];
    const [object, ...rest] = this.#operands([callee.object as Expression, ...property, ...args]);
    const name = callee.computed ? (rest.shift() as Expression) : callee.property;
    return t.callExpression(t.memberExpression(object as Expression, name as Expression, callee.computed), rest);
  }

  /** `a?.b(await c)`: undefined from the first `?.` on whose left side is nullish. */
  #chain(e: types.OptionalMemberExpression | types.OptionalCallExpression): Expression {
    const end = this.#emitter.mark();
    const result = this.#emitter.temporary();
    this.#emitter.emit(assign(result, nothing()));
    const value = this.#link(e, end);
    this.#emitter.emit(assign(result, value));
    this.#emitter.place(end);
    return result;
  }

  /** The value of a link of a chain; jumps to `end` where the chain is cut off. */
  #link(e: Expression, end: ReturnType<Emitter['mark']>): Expression {
    if (t.isOptionalMemberExpression(e)) {
      const object = this.#linked(e.object, e.optional, end);
      if (!e.computed) return t.memberExpression(object, e.property);
      return t.memberExpression(object, this.value(e.property as Expression), true);
    }
    if (!t.isOptionalCallExpression(e)) return this.value(e);
    const args = e.arguments as Operand[];
    const { callee } = e;
    if (!t.isOptionalMemberExpression(callee) && !t.isMemberExpression(callee)) {
      const fn = this.#linked(callee, e.optional, end);
      return t.callExpression(fn, this.#operands(args));
    }
    const isCut = t.isOptionalMemberExpression(callee) && callee.optional;
    const object = this.#linked(callee.object as Expression, isCut, end);
    const name = callee.computed ? this.stable(callee.property as Expression) : callee.property;
    const method = t.memberExpression(object, name as Expression, callee.computed);
    if (e.optional) this.#emitter.jumpIf(isNullish(t.cloneNode(method)), end);
    return t.callExpression(method, this.#operands(args));
  }

  #linked(e: Expression, isOptional: boolean, end: ReturnType<Emitter['mark']>): Expression {
    const value = this.#link(e, end);
    const held = this.#isStable(value) ? value : this.#keep(value);
    if (isOptional) this.#emitter.jumpIf(isNullish(t.cloneNode(held)), end);
    return held;
  }

  #object(e: types.ObjectExpression): Expression {
    const operands: Operand[] = [];
    for (const property of e.properties) {
      if (t.isSpreadElement(property)) operands.push(property.argument);
      else {
        if (property.computed) operands.push(property.key as Expression);
        if (t.isObjectProperty(property)) operands.push(property.value as Expression);
      }
    }
    // A spread copies where it stands.
    const spreads = new Set(
      e.properties.filter((p) => t.isSpreadElement(p)).map((p) => (p as types.SpreadElement).argument),
    );
    const last = operands.findLastIndex((operand) => hasAwait(operand));
    const values = operands.map((operand, i) => {
      const one = operand as Expression;
      if (i > last) return one;
      if (spreads.has(one)) return this.#keep(t.objectExpression([t.spreadElement(this.value(one))]));
      return i === last ? this.value(one) : this.stable(one);
    });
    const properties = e.properties.map((property) => {
      if (t.isSpreadElement(property)) return t.spreadElement(values.shift()!);
      const key = property.computed ? values.shift()! : property.key;
      if (t.isObjectProperty(property)) return t.objectProperty(key, values.shift()!, property.computed);
      return t.objectMethod(
        property.kind,
        key as Expression,
        property.params,
        property.body,
        property.computed,
        property.generator,
        property.async,
      );
    });
    return t.objectExpression(properties);
  }

  /** Takes `source` apart into the variables of `pattern`, whose keys and defaults may have awaits. */
  destructure(pattern: types.Node, source: Expression, store: (target: types.LVal, value: Expression) => void): void {
    if (t.isAssignmentPattern(pattern)) {
      const given = this.save(source);
      const end = this.#emitter.mark();
      this.#emitter.jumpIf(t.binaryExpression('!==', given, nothing()), end);
      this.#emitter.emit(assign(given, this.value(pattern.right)));
      this.#emitter.place(end);
      return this.destructure(pattern.left, given, store);
    }
    if (!t.isPattern(pattern) || !hasAwait(pattern))
      return store(hasAwait(pattern) ? this.#reference(pattern as types.LVal) : (pattern as types.LVal), source);
    if (t.isArrayPattern(pattern)) return this.#destructureList(pattern, source, store);
    const object = this.save(source);
    const taken: Expression[] = [];
    for (const property of (pattern as types.ObjectPattern).properties) {
      if (t.isRestElement(property)) {
        store(property.argument as types.LVal, runtimeCall('restOf', [object, t.arrayExpression(taken)]));
        continue;
      }
      const key = property.computed ? this.stable(property.key as Expression) : property.key;
      taken.push(property.computed || !t.isIdentifier(key) ? (key as Expression) : t.stringLiteral(key.name));
      const isComputed = property.computed || !t.isIdentifier(key);
      this.destructure(property.value, t.memberExpression(object, key as Expression, isComputed), store);
    }
  }

  #destructureList(
    pattern: types.ArrayPattern,
    source: Expression,
    store: (target: types.LVal, value: Expression) => void,
  ): void {
    const hasRest = t.isRestElement(pattern.elements.at(-1));
    const count = t.numericLiteral(pattern.elements.length);
    const list = this.save(runtimeCall('listOf', [source, count, t.booleanLiteral(hasRest)]));
    pattern.elements.forEach((element, i) => {
      if (element === null) return;
      if (t.isRestElement(element)) {
        const rest = t.callExpression(t.memberExpression(list, id('slice')), [t.numericLiteral(i)]);
        this.destructure(element.argument, rest, store);
      } else this.destructure(element, t.memberExpression(list, t.numericLiteral(i), true), store);
    });
  }
}

function textOf(e: Expression): Expression {
  const part = (): types.TemplateElement => t.templateElement({ raw: '', cooked: '' });
  return t.templateLiteral([part(), part()], [e]);
}

function stopsAt(operator: types.LogicalExpression['operator'], left: Expression): Expression {
  if (operator === '&&') return t.unaryExpression('!', left);
  if (operator === '||') return left;
  return t.binaryExpression('!=', left, t.nullLiteral());
}
