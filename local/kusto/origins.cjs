// Says where the values of an expression come from: published columns, literals, or somewhere we cannot see.
"use strict";

const { elements, kind, list, plain, typeName } = require("./tree.cjs");

const OPEN = { columns: [], values: [], open: true };

// Functions whose result is their argument in another form, by the index of that argument.
const KEEPS = {
  tolower: 0, toupper: 0, tostring: 0, toint: 0, tolong: 0, todouble: 0, toreal: 0, trim: 1, trim_start: 1, trim_end: 1,
  parse_json: 0, todynamic: 0, min: 0, max: 0, take_any: 0, any: 0, minif: 0, maxif: 0, take_anyif: 0,
};
// Functions whose result is one of several arguments.
const CHOOSES = {
  coalesce: (args) => args,
  iff: (args) => args.slice(1),
  iif: (args) => args.slice(1),
  case: (args) => args.filter((_, index) => index % 2 === 1 || index === args.length - 1),
};
// Operators whose columns hold the very value of the expression they are made of.
const COMPUTES = new Set([
  "ExtendOperator", "ProjectOperator", "ProjectRenameOperator", "SummarizeOperator", "SummarizeByClause",
  "DistinctOperator", "PrintOperator",
]);
const WRAPPERS = new Set(["SimpleNamedExpression", "CompoundNamedExpression", "SeparatedElement", "List"]);

function union(parts) {
  return {
    columns: parts.flatMap((part) => part.columns),
    values: parts.flatMap((part) => part.values),
    open: parts.some((part) => part.open),
  };
}

function literal(node) {
  const type = typeName(node);
  return { columns: [], values: [{ value: plain(node.LiteralValue), type, node }], open: false };
}

function through(origin, name) {
  const columns = origin.columns.map(({ column, via }) => ({ column, via: [...via, name] }));
  const values = origin.values.map((entry) => {
    if (typeof entry.value !== "string") return entry;
    if (name === "tolower") return { ...entry, value: entry.value.toLowerCase() };
    return name === "toupper" ? { ...entry, value: entry.value.toUpperCase() } : entry;
  });
  return { columns, values, open: origin.open };
}

class Origins {
  constructor(published) {
    this.published = published; // column symbol -> "Table.Column"
    this.visiting = new Set();
  }

  of(node) {
    if (!node) return OPEN;
    if (node.IsLiteral && kind(node) !== "DynamicExpression") return literal(node);
    switch (kind(node)) {
      case "ParenthesizedExpression":
      case "SimpleNamedExpression":
      case "ExpressionStatement":
        return this.of(node.Expression);
      case "NameReference":
        return this.ofSymbol(node.ReferencedSymbol);
      case "FunctionCallExpression":
        return this.ofCall(node);
      case "ToScalarExpression":
        return this.ofSymbol(list(node.Expression.ResultType && node.Expression.ResultType.Columns)[0]);
      case "PathExpression":
        return this.ofPath(node);
      case "ElementExpression":
        return this.ofElement(node);
      case "DynamicExpression":
        return this.ofItems(node);
      default:
        return OPEN;
    }
  }

  ofSymbol(symbol) {
    const { ColumnSymbol, VariableSymbol } = Kusto.Language.Symbols;
    if (!symbol || this.visiting.has(symbol)) return OPEN;
    this.visiting.add(symbol);
    try {
      if (symbol instanceof ColumnSymbol) return this.ofColumn(symbol);
      return symbol instanceof VariableSymbol ? this.of(symbol.Source) : OPEN;
    } finally {
      this.visiting.delete(symbol);
    }
  }

  ofColumn(symbol) {
    const column = this.published.get(symbol);
    if (column) return { columns: [{ column, via: [] }], values: [], open: false };
    const originals = list(symbol.OriginalColumns);
    if (originals.length) return union(originals.map((original) => this.ofSymbol(original)));
    return symbol.Source ? this.ofSource(symbol.Source) : OPEN;
  }

  ofSource(source) {
    let parent = source.Parent;
    while (parent && WRAPPERS.has(kind(parent))) parent = parent.Parent;
    if (!parent) return OPEN;
    if (kind(parent) === "MvExpandExpression") return this.ofItems(source);
    if (kind(parent) === "NameAndTypeDeclaration") return this.ofDatatable(source, parent);
    return COMPUTES.has(kind(parent)) ? this.of(source) : OPEN;
  }

  ofDatatable(source, declaration) {
    let table = declaration.Parent;
    while (table && kind(table) !== "DataTableExpression") table = table.Parent;
    if (!table) return OPEN;
    const names = elements(table.Schema.Columns).map((column) => column.Name.SimpleName);
    const index = names.indexOf(declaration.Name.SimpleName);
    const cells = elements(table.Values).filter((_, position) => position % names.length === index);
    return cells.length ? union(cells.map((cell) => this.of(cell))) : OPEN;
  }

  // The items of a literal array, wherever it was named: dynamic(["a", "b"]).
  ofItems(node) {
    const inner = ["SimpleNamedExpression", "ParenthesizedExpression", "DynamicExpression"].includes(kind(node));
    if (inner) return this.ofItems(node.Expression);
    if (kind(node) === "NameReference") {
      const named = node.ReferencedSymbol && node.ReferencedSymbol.Source;
      return named && kind(named) !== "NameReference" ? this.ofItems(named) : OPEN;
    }
    if (kind(node) !== "JsonArrayExpression") return OPEN;
    const items = elements(node.Values);
    return items.length ? union(items.map((item) => this.of(item))) : OPEN;
  }

  ofCall(node) {
    const name = node.Name.SimpleName;
    const args = elements(node.ArgumentList.Expressions);
    if (name in KEEPS) return args.length > KEEPS[name] ? through(this.of(args[KEEPS[name]]), name) : OPEN;
    if (name in CHOOSES) return union(CHOOSES[name](args).map((arg) => this.of(arg)));
    const body = node.GetCalledFunctionBody();
    return body ? this.of(body.Expression) : OPEN;
  }

  ofPath(node) {
    const symbol = node.Selector.ReferencedSymbol; // $left.Code names a column, not a property
    if (symbol instanceof Kusto.Language.Symbols.ColumnSymbol && typeName(node.Expression) !== "dynamic") {
      return this.ofSymbol(symbol);
    }
    return this.ofProperty(this.of(node.Expression), node.Selector.SimpleName);
  }

  ofElement(node) {
    const selector = kind(node.Selector) === "BracketedExpression" ? node.Selector.Expression : node.Selector;
    const name = selector && selector.IsLiteral ? plain(selector.LiteralValue) : undefined;
    return typeof name === "string" ? this.ofProperty(this.of(node.Expression), name) : OPEN;
  }

  ofProperty(origin, name) {
    if (!origin.columns.length || !name) return OPEN;
    const columns = origin.columns.map(({ column }) => ({ column: `${column}.${name}`, via: [] }));
    return { columns, values: [], open: origin.open || origin.values.length > 0 };
  }
}

module.exports = { Origins };
