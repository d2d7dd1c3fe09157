/**
 * The output of a step while it is made: statements and marks, which become the cases of its switch. Keeps which variables are in
 * scope, since those are what is saved at an await, and which handler is in force.
 */
import type * as types from '@babel/types';
import { t } from './babel.ts';
import { originalName } from './names.ts';

/** A place that can be jumped to. */
export class Mark {
  readonly uses: types.NumericLiteral[] = [];
  /** Where exceptions go from here; undefined: to the caller. */
  readonly handler: Mark | undefined;

  constructor(handler: Mark | undefined) {
    this.handler = handler;
  }

  number(): types.NumericLiteral {
    const literal = t.numericLiteral(0);
    this.uses.push(literal);
    return literal;
  }
}

export interface ResumePoint {
  readonly mark: Mark;
  readonly variables: readonly string[];
  readonly loc: types.SourceLocation | null | undefined;
}

export const names = {
  activation: '$a',
  locals: '$l',
  point: '$pc',
  handler: '$h',
  thrown: '$x',
  loop: '$run',
} as const;

const id = t.identifier;

export function activationCall(method: string, args: types.Expression[]): types.CallExpression {
  return t.callExpression(t.memberExpression(id(names.activation), id(method)), args);
}

export function assign(left: types.LVal | string, right: types.Expression): types.Statement {
  return t.expressionStatement(t.assignmentExpression('=', typeof left === 'string' ? id(left) : left, right));
}

export class Emitter {
  readonly #out: (types.Statement | Mark)[] = [];
  /** All variables of the step. */
  readonly hoisted = new Set<string>();
  /** Those in scope here. */
  visible: string[] = [];
  handler: Mark | undefined = undefined;
  readonly points: ResumePoint[] = [];
  hasHandlers = false;
  #temporaries = 0;

  emit(...statements: types.Statement[]): void {
    this.#out.push(...statements);
  }

  mark(): Mark {
    return new Mark(this.handler);
  }

  place(mark: Mark): void {
    this.#out.push(mark);
  }

  declare(name: string): void {
    this.hoisted.add(name);
    if (!this.visible.includes(name)) this.visible.push(name);
  }

  temporary(): types.Identifier {
    const name = `$t${this.#temporaries++}`;
    this.declare(name);
    return id(name);
  }

  /** Statements that go on at `mark`; valid in nested statements of the language too. */
  jump(mark: Mark): types.Statement[] {
    const statements: types.Statement[] = [];
    if (mark.handler !== this.handler) statements.push(this.setHandler(mark.handler));
    return [...statements, assign(names.point, mark.number()), t.continueStatement(id(names.loop))];
  }

  setHandler(handler: Mark | undefined): types.Statement {
    return assign(names.handler, handler?.number() ?? t.numericLiteral(0));
  }

  jumpIf(test: types.Expression, mark: Mark): void {
    this.emit(t.ifStatement(test, t.blockStatement(this.jump(mark))));
  }

  /** `await value`: the expression of what it gives, to be evaluated next. */
  suspend(value: types.Expression, loc: types.SourceLocation | null | undefined): types.Expression {
    const mark = this.mark();
    const variables = [...this.visible];
    this.points.push({ mark, variables, loc });
    const saved = t.arrayExpression(variables.map((name) => id(name)));
    const leave = t.returnStatement(activationCall('save', [mark.number(), saved]));
    this.emit(t.ifStatement(activationCall('suspends', [value]), leave));
    this.place(mark);
    return activationCall('take', []);
  }

  /** The body of the step; `prologue` reads what was captured, `begin` the arguments. */
  finish(prologue: types.Statement[]): types.Statement[] {
    const cases: types.SwitchCase[] = [];
    let current = t.switchCase(t.numericLiteral(0), []);
    cases.push(current);
    let number = 0;
    for (const item of this.#out) {
      if (item instanceof Mark) {
        number++;
        for (const use of item.uses) use.value = number;
        if (item.uses.length === 0) continue;
        current = t.switchCase(t.numericLiteral(number), []);
        cases.push(current);
      } else current.consequent.push(item);
    }
    const variables = [...this.hoisted].map((name) => t.variableDeclarator(id(name)));
    const point = t.variableDeclarator(id(names.point), t.memberExpression(id(names.activation), id('point')));
    const handler = [
      t.variableDeclarator(id(names.handler), t.numericLiteral(0)),
      t.variableDeclarator(id(names.thrown)),
    ];
    const declarators = [...variables, point, ...(this.hasHandlers ? handler : [])];
    const locals = t.variableDeclarator(id(names.locals), t.memberExpression(id(names.activation), id('locals')));
    const returns = t.returnStatement();
    const main = t.blockStatement([t.switchStatement(id(names.point), cases), returns]);
    const loop = t.forStatement(null, null, null, this.hasHandlers ? t.blockStatement([this.#guard(main)]) : main);
    return [
      ...prologue,
      t.variableDeclaration('const', [locals]),
      t.variableDeclaration('let', declarators),
      ...this.#reload(),
      t.labeledStatement(id(names.loop), loop),
    ];
  }

  #guard(main: types.BlockStatement): types.Statement {
    const error = id('$e');
    const handler = t.blockStatement([
      t.ifStatement(t.binaryExpression('===', id(names.handler), t.numericLiteral(0)), t.throwStatement(error)),
      assign(names.thrown, error),
      assign(names.point, id(names.handler)),
    ]);
    return t.tryStatement(main, t.catchClause(error, handler));
  }

  #reload(): types.Statement[] {
    if (this.points.length === 0) return [];
    const cases = this.points.map(({ mark, variables }) => {
      const loads: types.Statement[] = variables.map((name, i) =>
        assign(name, t.memberExpression(id(names.locals), t.numericLiteral(i), true)),
      );
      if (mark.handler !== undefined) loads.push(assign(names.handler, t.numericLiteral(mark.handler.uses[0]!.value)));
      return t.switchCase(t.numericLiteral(mark.uses[0]!.value), [...loads, t.breakStatement()]);
    });
    return [t.switchStatement(id(names.point), cases)];
  }

  /** For messages: where the awaits are, and what is kept there. */
  describePoints(at: (loc: types.SourceLocation) => string): types.ObjectExpression {
    return t.objectExpression(
      this.points.map(({ mark, variables, loc }) => {
        const kept = variables.map((name) => (name.startsWith('$') ? '' : originalName(name))).join();
        const fields = [
          t.objectProperty(id('at'), t.stringLiteral(loc == null ? '' : at(loc))),
          t.objectProperty(id('names'), t.stringLiteral(kept)),
        ];
        return t.objectProperty(t.numericLiteral(mark.uses[0]!.value), t.objectExpression(fields));
      }),
    );
  }
}
