// The number on an edge: one of three, and the control that chooses says which.
//
//     share      local derivative × gradient, what has gone back along the edge
//     local      the derivative of the child by the parent
//     gradient   that of the child, which is multiplied on the edge
//
// Entry point: `numberOnEdge`. Their names come from Python, where the other pictures take them, too.

import { short } from "./numbers.js";

// The text on an edge at this step, "" before there is a number. Edges of folded boxes stand for many: they have a share
// if all come from one node, and neither of the others.
export function numberOnEdge(kind, edge, graph, { sendsAt, valueAt }, step, share) {
  const [e] = edge.edges;
  if (kind === "share" || graph.constant[edge.source]) return share;
  if (edge.edges.length > 1 || graph.flat[e]) return "";
  if (kind === "local") return valueAt[graph.child[e]] <= step ? short(graph.local[e]) : "";
  return sendsAt[graph.child[e]] <= step ? short(graph.gradient[graph.child[e]]) : "";
}

// The control, with the words that Python uses.
export function fillOnEdges(select, names) {
  for (const [kind, words] of Object.entries(names)) select.add(new Option(words, kind));
}
