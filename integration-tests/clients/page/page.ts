// A page as a family would use it: it signs up, starts a program, logs meals, sends a photo straight to the object store, and shows
// what the mesh tells it live. All over gRPC-web, with the types of the contract.

import { createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";

import { AdherenceService, LogStatus, type ProgramEvent } from "../gen/praan/adherence/v1/adherence_pb.js";
import { FamilyService } from "../gen/praan/family/v1/family_pb.js";
import { IdentityService } from "../gen/praan/identity/v1/identity_pb.js";
import { LoggingService } from "../gen/praan/logging/v1/logging_pb.js";
import { ProgramService, TargetKind } from "../gen/praan/program/v1/program_pb.js";

const api = new URLSearchParams(location.search).get("api");
if (api === null) throw new Error("the page wants ?api= with the address of a mesh");

let token: string | undefined;
const authorize: Interceptor = (next) => (request) => {
  if (token !== undefined) request.header.set("authorization", `Bearer ${token}`);
  return next(request);
};
const transport = createGrpcWebTransport({ baseUrl: api, interceptors: [authorize] });
const logging = createClient(LoggingService, transport);
const adherence = createClient(AdherenceService, transport);

function element<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${id}`);
  return found;
}

async function begin(): Promise<bigint> {
  const email = `page.${crypto.randomUUID()}@example.org`;
  const identity = createClient(IdentityService, transport);
  token = (await identity.register({ email, password: "a long page password", fullName: "Asha Rao" })).accessToken;
  const birth = { birthDate: "1957-04-12", relationType: "mother" };
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const member = await createClient(FamilyService, transport).createMember({ name: "Meera Rao", timeZone, ...birth });
  const targets = [{ nutrient: "protein_g", kind: TargetKind.MIN, value: 60 }];
  const program = await createClient(ProgramService, transport).createProgram({
    memberId: member.id,
    title: "Ninety days in a browser",
    config: { nutritionGoals: { targets } },
  });
  return program.id;
}

async function watch(programId: bigint): Promise<void> {
  const opened = () => (document.body.dataset["state"] = "ready");
  for await (const event of adherence.watchProgram({ programId }, { onHeader: opened })) show(event);
}

function show(event: ProgramEvent): void {
  if (event.totalScore !== undefined) element("score", HTMLSpanElement).textContent = String(event.totalScore);
  const line = document.createElement("li");
  line.textContent = `log ${event.logId}: ${LogStatus[event.status]}`;
  line.dataset["status"] = LogStatus[event.status];
  element("events", HTMLUListElement).prepend(line);
}

async function logMeal(programId: bigint): Promise<void> {
  const proteinG = element("protein", HTMLInputElement).valueAsNumber;
  const value = { calories: 4 * proteinG, macros: { proteinG } };
  await logging.createLog({ programId, payload: { case: "nutrition", value } });
}

async function sendPhoto(programId: bigint): Promise<void> {
  const photo = element("file", HTMLInputElement).files?.item(0);
  if (!photo) throw new Error("choose a photo first");
  const asked = { programId, contentType: photo.type, contentLength: BigInt(photo.size) };
  const upload = await logging.createUpload(asked);
  // a browser sets the length by itself, and lets no page do so
  const headers = Object.entries(upload.headers).filter(([name]) => name.toLowerCase() !== "content-length");
  const put = await fetch(upload.uploadUrl, { method: upload.method, headers, body: photo });
  if (!put.ok) throw new Error(`the object store answered ${put.status}`);
  await logging.createLog({ programId, imageKey: upload.imageKey });
}

function told(work: () => Promise<void>): void {
  work().catch((problem: unknown) => (element("problem", HTMLParagraphElement).textContent = String(problem)));
}

function onSubmit(form: string, work: () => Promise<void>): void {
  element(form, HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    told(work);
  });
}

told(async () => {
  const programId = await begin();
  onSubmit("meal", () => logMeal(programId));
  onSubmit("photo", () => sendPhoto(programId));
  await watch(programId);
});
