import assert from "node:assert/strict";
import { test } from "node:test";
import { inBrackets, range, short, shown, useNumberFormat } from "../../../autograd/drawing/explorer/numbers.js";
import { NUMBER_FORMAT } from "./fixtures.mjs";

test("numbers are written as in the pictures of Python", () => {
  const numbers = [
    2,
    -0.70710678,
    12345.6,
    1e-5,
    Infinity,
    -0,
    999999.4,
    1e6,
    0.00012345,
    -Infinity,
    NaN,
    1234.5678,
    9999.6,
    123456789,
  ];
  const texts = [
    "2",
    "−0.7071",
    "12346",
    "1e−5",
    "inf",
    "0",
    "999999",
    "1e6",
    "0.0001234",
    "−inf",
    "nan",
    "1235",
    "10000",
    "1.235e8",
  ];
  assert.deepEqual(numbers.map(short), texts);
});

test("a number halfway between two is rounded to the even one, as Python does", () => {
  assert.equal(short(2.0625), "2.062");
  assert.equal(short(2.1875), "2.188");
  assert.equal(short(-0.0000152587890625), "−1.526e−5");
});

test("where there is no number yet there is a dash", () => {
  assert.equal(shown(null), "–");
  assert.equal(range([]), "–");
});

test("many numbers are written as a range, equal ones as one", () => {
  assert.equal(range([1, -2, 0.5]), "−2 … 1");
  assert.equal(range([3, 3]), "3");
  assert.equal(range([1, NaN]), "nan");
});

test("a negative number behind an operator stands in brackets", () => {
  assert.deepEqual([inBrackets(-3), inBrackets(3)], ["(−3)", "3"]);
});

test("the format is the one that is sent", () => {
  useNumberFormat({ digits: 6, plain_below: 1e8, least_exponent: -2 });
  assert.deepEqual([short(3.14159265), short(12345678.9), short(0.001)], ["3.14159", "12345679", "1e−3"]);
  useNumberFormat(NUMBER_FORMAT);
});
