// Drives a mesh over gRPC-web, as a browser would: node web.mjs http://127.0.0.1:8080
//
// Prints one JSON object with what happened, and ends with a non-zero code at the first surprise. The client code in gen/ is
// made by `npm run generate`; `npm run web -- URL` does both.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";

import { AdherenceService } from "./gen/praan/adherence/v1/adherence_pb.js";
import { FamilyService } from "./gen/praan/family/v1/family_pb.js";
import { IdentityService } from "./gen/praan/identity/v1/identity_pb.js";
import { LogStatus, LoggingService } from "./gen/praan/logging/v1/logging_pb.js";
import { ProgramService, TargetKind } from "./gen/praan/program/v1/program_pb.js";

const PATIENCE_MS = 20_000;
// far above every id a young mesh has given away
const NOBODYS_PROGRAM = 2n ** 53n - 1n;

if (process.argv.length !== 3) {
  console.error("usage: node web.mjs URL");
  process.exit(2);
}

let token;
const authorize = (next) => (request) => {
  if (token !== undefined) request.header.set("authorization", `Bearer ${token}`);
  return next(request);
};
const transport = createGrpcWebTransport({
  baseUrl: process.argv[2],
  defaultTimeoutMs: PATIENCE_MS,
  interceptors: [authorize],
});
const identity = createClient(IdentityService, transport);
const family = createClient(FamilyService, transport);
const program = createClient(ProgramService, transport);
const logging = createClient(LoggingService, transport);
const adherence = createClient(AdherenceService, transport);

console.log(JSON.stringify(await story(), (_, value) => (typeof value === "bigint" ? Number(value) : value)));

async function story() {
  const unauthenticated = await refused(() => identity.getMe({}), Code.Unauthenticated);
  await signUp();
  const now = new Date();
  const planned = await plan(now);
  const first = await logProtein(planned, 30, now);
  assert.equal(first.status, LogStatus.VERIFIED);
  // 30 of 60 grams, and nothing else is asked for
  assert.equal(first.adherenceImpact, "+50 points");
  const total = await totalOfDay(planned);
  assert.equal(total, 50);
  const { second, event } = await logWhileWatching(planned, now);
  const history = await historyOf(planned);
  assert.deepEqual(history, [second.id, first.id]);
  const denied = await refused(() => program.getProgram({ programId: NOBODYS_PROGRAM }), Code.PermissionDenied);
  return {
    member_id: planned.memberId,
    program_id: planned.id,
    impacts: [first.adherenceImpact, second.adherenceImpact],
    total_score: total,
    event: { id: event.id, log_id: event.logId, date: event.date },
    history,
    refused: { unauthenticated, denied },
  };
}

async function signUp() {
  const email = `web.${randomUUID()}@example.org`;
  const tokens = await identity.register({ email, password: "a long web password", fullName: "Asha Rao" });
  assert.equal(tokens.tokenType, "Bearer");
  token = tokens.accessToken;
  assert.equal((await identity.getMe({})).email, email);
}

// A program that starts on the day of `now`, so that midnight cannot pass between its logs.
async function plan(now) {
  const birth = { birthDate: "1957-04-12", relationType: "mother" };
  const member = await family.createMember({ name: "Meera Rao", timeZone: "UTC", ...birth });
  const targets = [{ nutrient: "protein_g", kind: TargetKind.MIN, value: 60 }];
  return program.createProgram({
    memberId: member.id,
    title: "Ninety days over the web",
    startDate: now.toISOString().slice(0, 10),
    config: { nutritionGoals: { targets } },
  });
}

function logProtein(planned, grams, at) {
  const value = { calories: 4 * grams, macros: { proteinG: grams } };
  return logging.createLog({
    programId: planned.id,
    payload: { case: "nutrition", value },
    timestamp: timestampFromDate(at),
  });
}

async function totalOfDay(planned) {
  const day = planned.startDate;
  const answer = await adherence.getAdherence({ programId: planned.id, from: day, to: day });
  assert.equal(answer.days.length, 1);
  assert.equal(answer.days[0].date, day);
  return answer.days[0].totalScore;
}

// Logs once more while a stream is open, and returns the log with the first event heard of it.
async function logWhileWatching(planned, now) {
  const stop = new AbortController();
  let opened;
  const open = new Promise((resolve) => (opened = resolve));
  const stream = adherence.watchProgram({ programId: planned.id }, { signal: stop.signal, onHeader: opened });
  const events = stream[Symbol.asyncIterator]();
  let heard = events.next();
  // headers mean that the mesh listens already; a refusal comes in place of them
  await Promise.race([open, heard]);
  const second = await logProtein(planned, 30, now);
  assert.equal(second.adherenceImpact, "+50 points");
  for (;;) {
    const { value: event, done } = await heard;
    assert.ok(!done, "the stream ended without an event of the log");
    if (event.logId === second.id) {
      stop.abort();
      await refused(() => events.next(), Code.Canceled);
      return { second, event };
    }
    // the log before may still have been on its way
    heard = events.next();
  }
}

async function historyOf(planned) {
  const page = await logging.listHistory({ programId: planned.id, limit: 20 });
  assert.equal(page.pagination.hasMore, false);
  assert.ok(page.data.every((log) => log.payload.case === "nutrition" && log.payload.value.macros.proteinG === 30));
  return page.data.map((log) => log.id);
}

async function refused(call, code) {
  const error = await call().then(
    () => assert.fail(`answered, where ${Code[code]} was due`),
    (reason) => ConnectError.from(reason),
  );
  assert.equal(Code[error.code], Code[code], error.message);
  return Code[error.code];
}
