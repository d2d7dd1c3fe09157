/**
 * Statements with awaits, as jumps between the cases of a step. Statements without any stay as they are, except for jumps out of them.
 *
 * `finally`: who leaves a `try` with one notes where to (`$c`) and with what (`$v`), and goes through it; it decides at its end. 0: on, 1: an
 * exception, from 2 on: the exits of that statement.
 */
import type * as types from '@babel/types';
import { t } from './babel.ts';
import { namesIn } from './boxes.ts';
import { assign, type Emitter, type Mark, names } from './emitter.ts';
import { Expressions, runtimeCall } from './expressions.ts';
import { hasAwait } from './has-await.ts';

const id = t.identifier;

/** Where `break` and `continue` go. */
interface Target {
  readonly kind: 'target';
  readonly labels: readonly string[];
  /** Without a label too. */
  readonly isPlain: boolean;
  readonly breakTo: Mark;
  readonly continueTo: Mark | undefined;
}

interface Exit {
  readonly kind: 'break' | 'continue' | 'return';
  readonly label: string | undefined;
}

interface Finally {
  readonly kind: 'finally';
  readonly begin: Mark;
  readonly where: types.Identifier;
  readonly what: types.Identifier;
  readonly exits: Exit[];
}

export class Statements {
  readonly #emitter: Emitter;
  readonly #expressions: Expressions;
  readonly #around: (Target | Finally)[] = [];
  #labels: string[] = [];
  #hidden = 0;

  constructor(emitter: Emitter, changing: ReadonlySet<string>) {
    this.#emitter = emitter;
    this.#expressions = new Expressions(emitter, changing);
  }

  all(statements: readonly types.Statement[]): void {
    for (const statement of statements) this.one(statement);
  }

  block(statements: readonly types.Statement[]): void {
    const { visible } = this.#emitter;
    const outer = [...visible];
    this.all(statements);
    this.#emitter.visible = outer;
  }

  one(s: types.Statement): void {
    const labels = this.#labels;
    this.#labels = [];
    const before = [...this.#emitter.visible];
    if (t.isVariableDeclaration(s)) {
      const declared = this.#declaration(s);
      this.#emitter.visible = [...before, ...declared.filter((name) => !before.includes(name))];
      return;
    }
    if (!hasAwait(s)) {
      if (t.isClassDeclaration(s)) {
        this.#emitter.declare(s.id!.name);
        this.#emitter.emit(assign(s.id!.name, t.toExpression(s) as types.ClassExpression));
        return;
      }
      this.#emitter.emit(
        this.#native(labels.reduceRight<types.Statement>((inner, label) => t.labeledStatement(id(label), inner), s)),
      );
      return;
    }
    this.#exploded(s, labels);
    this.#emitter.visible = before;
  }

  #exploded(s: types.Statement, labels: readonly string[]): void {
    switch (s.type) {
      case 'ExpressionStatement':
        return this.#expressions.effect(s.expression);
      case 'ReturnStatement':
        this.#emitter.emit(...this.#exit({ kind: 'return', label: undefined }, this.#expressions.value(s.argument!)));
        return;
      case 'ThrowStatement':
        this.#emitter.emit(t.throwStatement(this.#expressions.value(s.argument)));
        return;
      case 'BlockStatement':
        return labels.length === 0 ? this.block(s.body) : this.#labelled(labels, () => this.block(s.body));
      case 'LabeledStatement':
        this.#labels = [...labels, s.label.name];
        return this.one(s.body);
      case 'IfStatement':
        return labels.length === 0 ? this.#if(s) : this.#labelled(labels, () => this.#if(s));
      case 'WhileStatement':
        return this.#loop(labels, s.test, undefined, s.body, false);
      case 'DoWhileStatement':
        return this.#loop(labels, s.test, undefined, s.body, true);
      case 'ForStatement':
        if (s.init != null) {
          if (t.isVariableDeclaration(s.init)) this.#declaration(s.init);
          else this.#expressions.effect(s.init);
        }
        return this.#loop(labels, s.test ?? undefined, s.update ?? undefined, s.body, false);
      case 'ForInStatement':
        return this.#forIn(s, labels);
      case 'ForOfStatement':
        return this.#forOf(s, labels);
      case 'SwitchStatement':
        return this.#switch(s, labels);
      case 'TryStatement':
        return labels.length === 0 ? this.#try(s) : this.#labelled(labels, () => this.#try(s));
      default:
        throw new Error(`an await in ${s.type}`);
    }
  }

  #labelled(labels: readonly string[], inner: () => void): void {
    const breakTo = this.#emitter.mark();
    this.#around.push({ kind: 'target', labels, isPlain: false, breakTo, continueTo: undefined });
    inner();
    this.#around.pop();
    this.#emitter.place(breakTo);
  }

  // ---- declarations ----

  /** Gives the names that are in scope from here on. */
  #declaration({ declarations }: types.VariableDeclaration): string[] {
    const declared: string[] = [];
    for (const { id: pattern, init } of declarations) {
      const own = namesIn(pattern);
      declared.push(...own);
      const store = (target: types.Node, value: types.Expression): void => {
        for (const name of namesIn(target)) this.#emitter.declare(name);
        this.#emitter.emit(assign(target as types.LVal, value));
      };
      const value = init == null ? t.unaryExpression('void', t.numericLiteral(0)) : this.#expressions.value(init);
      if (hasAwait(pattern)) this.#expressions.destructure(pattern, value, store);
      else store(pattern, value);
    }
    return declared;
  }

  #hiddenVariable(): types.Identifier {
    const name = `$s${this.#hidden++}`;
    this.#emitter.declare(name);
    return id(name);
  }

  // ---- branches and loops ----

  #if(s: types.IfStatement): void {
    const [otherwise, end] = [this.#emitter.mark(), this.#emitter.mark()];
    const inScope = [...this.#emitter.visible];
    this.#emitter.jumpIf(t.unaryExpression('!', this.#expressions.value(s.test)), otherwise);
    this.#emitter.visible = inScope;
    this.block([s.consequent]);
    if (s.alternate != null) this.#emitter.emit(...this.#emitter.jump(end));
    this.#emitter.place(otherwise);
    if (s.alternate != null) this.block([s.alternate]);
    this.#emitter.place(end);
  }

  #loop(
    labels: readonly string[],
    test: types.Expression | undefined,
    update: types.Expression | undefined,
    body: types.Statement,
    isTestLast: boolean,
  ): void {
    const emitter = this.#emitter;
    const [head, next, end] = [emitter.mark(), emitter.mark(), emitter.mark()];
    const inScope = [...emitter.visible];
    const testHere = (): void => {
      if (test === undefined) return;
      emitter.jumpIf(t.unaryExpression('!', this.#expressions.value(test)), end);
      emitter.visible = [...inScope];
    };
    emitter.place(head);
    if (!isTestLast) testHere();
    this.#around.push({ kind: 'target', labels, isPlain: true, breakTo: end, continueTo: next });
    this.block([body]);
    this.#around.pop();
    emitter.place(next);
    if (update !== undefined) this.#expressions.effect(update);
    emitter.visible = [...inScope];
    if (isTestLast) testHere();
    emitter.emit(...emitter.jump(head));
    emitter.place(end);
  }

  /** The variable of a `for ... in` or `of` as a statement at the beginning of its body. */
  #bind(left: types.ForXStatement['left'], value: types.Expression): types.Statement {
    if (!t.isVariableDeclaration(left)) return assign(left as types.LVal, value);
    return t.variableDeclaration('let', [t.variableDeclarator(left.declarations[0]!.id as types.LVal, value)]);
  }

  #forIn(s: types.ForInStatement, labels: readonly string[]): void {
    const object = this.#hiddenVariable();
    this.#emitter.emit(assign(object, this.#expressions.value(s.right)));
    const keys = this.#hiddenVariable();
    this.#emitter.emit(assign(keys, runtimeCall('keysIn', [object])));
    const at = this.#hiddenVariable();
    this.#emitter.emit(assign(at, t.numericLiteral(0)));
    const key = t.memberExpression(keys, at, true);
    const isThere = runtimeCall('hasKey', [object, key]);
    const body = t.ifStatement(isThere, t.blockStatement([this.#bind(s.left, t.cloneNode(key)), s.body]));
    const test = t.binaryExpression('<', at, t.memberExpression(keys, id('length')));
    this.#loop(labels, test, t.updateExpression('++', at), body, false);
  }

  #forOf(s: types.ForOfStatement, labels: readonly string[]): void {
    const emitter = this.#emitter;
    const value = this.#expressions.value(s.right);
    const cursor = this.#hiddenVariable();
    emitter.emit(assign(cursor, runtimeCall('iterate', [value])));
    const call = (method: string): types.Expression => t.callExpression(t.memberExpression(cursor, id(method)), []);
    const body = t.blockStatement([this.#bind(s.left, t.memberExpression(cursor, id('value'))), s.body]);
    this.#tryWith(
      () => this.#loop(labels, call('next'), undefined, body, false),
      undefined,
      () => emitter.emit(t.expressionStatement(call('close'))),
    );
  }

  #switch(s: types.SwitchStatement, labels: readonly string[]): void {
    const emitter = this.#emitter;
    const subject = this.#hiddenVariable();
    emitter.emit(assign(subject, this.#expressions.value(s.discriminant)));
    const end = emitter.mark();
    const marks = s.cases.map(() => emitter.mark());
    s.cases.forEach(({ test }, i) => {
      if (test == null) return;
      emitter.jumpIf(t.binaryExpression('===', subject, this.#expressions.value(test)), marks[i]!);
    });
    const otherwise = s.cases.findIndex(({ test }) => test == null);
    emitter.emit(...emitter.jump(otherwise === -1 ? end : marks[otherwise]!));
    this.#around.push({ kind: 'target', labels, isPlain: true, breakTo: end, continueTo: undefined });
    s.cases.forEach(({ consequent }, i) => {
      emitter.place(marks[i]!);
      this.all(consequent);
    });
    this.#around.pop();
    emitter.place(end);
  }

  // ---- exceptions ----

  #try(s: types.TryStatement): void {
    const handler = s.handler ?? undefined;
    const { finalizer } = s;
    const after = finalizer == null ? undefined : (): void => this.block(finalizer.body);
    this.#tryWith(() => this.block(s.block.body), handler, after);
  }

  #tryWith(body: () => void, handler: types.CatchClause | undefined, after: (() => void) | undefined): void {
    if (after === undefined) return this.#catching(body, handler!);
    const emitter = this.#emitter;
    emitter.hasHandlers = true;
    const where = this.#hiddenVariable();
    const what = this.#hiddenVariable();
    // They are in scope up to the end of the statement, whatever blocks say.
    const inScope = [...emitter.visible];
    const outer = emitter.handler;
    const [begin, thrown] = [emitter.mark(), emitter.mark()];
    const frame: Finally = { kind: 'finally', begin, where, what, exits: [] };
    this.#around.push(frame);
    emitter.emit(assign(where, t.numericLiteral(0)), emitter.setHandler(thrown));
    emitter.handler = thrown;
    if (handler === undefined) body();
    else this.#catching(body, handler);
    emitter.handler = outer;
    this.#around.pop();
    emitter.visible = [...inScope];
    emitter.emit(emitter.setHandler(outer), ...emitter.jump(begin));
    emitter.place(thrown);
    emitter.emit(emitter.setHandler(outer), assign(where, t.numericLiteral(1)), assign(what, id(names.thrown)));
    emitter.place(begin);
    after();
    emitter.visible = [...inScope];
    emitter.emit(t.ifStatement(t.binaryExpression('===', where, t.numericLiteral(1)), t.throwStatement(what)));
    frame.exits.forEach((exit, i) => {
      const statements = this.#exit(exit, what);
      emitter.emit(
        t.ifStatement(t.binaryExpression('===', where, t.numericLiteral(i + 2)), t.blockStatement(statements)),
      );
    });
  }

  #catching(body: () => void, { param, body: handling }: types.CatchClause): void {
    const emitter = this.#emitter;
    emitter.hasHandlers = true;
    const outer = emitter.handler;
    const inScope = [...emitter.visible];
    const [caught, end] = [emitter.mark(), emitter.mark()];
    emitter.emit(emitter.setHandler(caught));
    emitter.handler = caught;
    body();
    emitter.handler = outer;
    emitter.visible = [...inScope];
    emitter.emit(emitter.setHandler(outer), ...emitter.jump(end));
    emitter.place(caught);
    emitter.emit(emitter.setHandler(outer));
    const bound =
      param == null
        ? []
        : [t.variableDeclaration('let', [t.variableDeclarator(param as types.LVal, id(names.thrown))])];
    this.block([...bound, ...handling.body]);
    emitter.place(end);
  }

  // ---- jumps ----

  /** Leaves by `break`, `continue` or `return`; through the `finally` blocks on the way. */
  #exit(exit: Exit, value?: types.Expression): types.Statement[] {
    for (let i = this.#around.length - 1; i >= 0; i--) {
      const around = this.#around[i]!;
      if (around.kind === 'finally') {
        let number = around.exits.findIndex((known) => known.kind === exit.kind && known.label === exit.label);
        if (number === -1) number = around.exits.push(exit) - 1;
        const note = value === undefined ? [] : [assign(around.what, value)];
        return [...note, assign(around.where, t.numericLiteral(number + 2)), ...this.#emitter.jump(around.begin)];
      }
      const to = targetOf(around, exit);
      if (to !== undefined) return this.#emitter.jump(to);
    }
    return [t.returnStatement(value ?? null)];
  }

  /** A statement without awaits; jumps that leave it go where they went. */
  #native(s: types.Statement): types.Statement {
    return this.#rewrite(s, { loops: 0, switches: 0, labels: [] });
  }

  #rewrite<S extends types.Statement>(s: S, inside: Inside): types.Statement {
    switch (s.type) {
      case 'ReturnStatement': {
        if (!this.#around.some(({ kind }) => kind === 'finally')) return s;
        const value = s.argument ?? t.unaryExpression('void', t.numericLiteral(0));
        return t.blockStatement(this.#exit({ kind: 'return', label: undefined }, value));
      }
      case 'BreakStatement':
      case 'ContinueStatement': {
        const label = s.label?.name;
        const kind = s.type === 'BreakStatement' ? 'break' : 'continue';
        const isInside =
          label === undefined
            ? inside.loops > 0 || (kind === 'break' && inside.switches > 0)
            : inside.labels.includes(label);
        return isInside ? s : t.blockStatement(this.#exit({ kind, label }));
      }
      case 'BlockStatement':
        s.body = s.body.map((one) => this.#rewrite(one, inside));
        return s;
      case 'IfStatement':
        s.consequent = this.#rewrite(s.consequent, inside);
        if (s.alternate != null) s.alternate = this.#rewrite(s.alternate, inside);
        return s;
      case 'LabeledStatement':
        s.body = this.#rewrite(s.body, { ...inside, labels: [...inside.labels, s.label.name] });
        return s;
      case 'WhileStatement':
      case 'DoWhileStatement':
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
        s.body = this.#rewrite(s.body, { ...inside, loops: inside.loops + 1 });
        return s;
      case 'SwitchStatement':
        for (const one of s.cases)
          one.consequent = one.consequent.map((c) => this.#rewrite(c, { ...inside, switches: inside.switches + 1 }));
        return s;
      case 'TryStatement':
        s.block = this.#rewrite(s.block, inside) as types.BlockStatement;
        if (s.handler != null) s.handler.body = this.#rewrite(s.handler.body, inside) as types.BlockStatement;
        if (s.finalizer != null) s.finalizer = this.#rewrite(s.finalizer, inside) as types.BlockStatement;
        return s;
      default:
        return s;
    }
  }
}

interface Inside {
  readonly loops: number;
  readonly switches: number;
  readonly labels: readonly string[];
}

function targetOf(target: Target, { kind, label }: Exit): Mark | undefined {
  if (kind === 'return') return undefined;
  const isMeant = label === undefined ? target.isPlain : target.labels.includes(label);
  if (!isMeant) return undefined;
  return kind === 'break' ? target.breakTo : target.continueTo;
}
