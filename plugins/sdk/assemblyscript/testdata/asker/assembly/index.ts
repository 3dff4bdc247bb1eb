// Asker asks the host for all that it can be asked, and logs what it was answered.

import {
  Outcome,
  Record,
  Response,
  addMetric,
  config,
  errorText,
  extend,
  handleRecords,
  info,
  invocation,
  kvCreate,
  kvDelete,
  kvGet,
  kvKeys,
  kvUpdate,
  publish,
  secret,
  start,
  timeLeft,
  wait,
} from "../../../assembly/index";

function say(answers: string[], response: Response, answer: string): void {
  answers.push(response.errno == 0 ? answer : errorText(response.errno));
}

function handle(record: Record): Outcome {
  const answers: string[] = [];
  const first = kvCreate("a.b", "v1");
  say(answers, first, "created");
  say(answers, kvCreate("a.b", "v1"), "created");
  let response = kvGet("a.b");
  say(answers, response, response.text);
  say(answers, kvUpdate("a.b", "v2", first.integer("revision")), "updated");
  say(answers, kvUpdate("a.b", "v3", first.integer("revision")), "updated");
  response = kvKeys("a");
  say(answers, response, response.strings("keys").join(" "));
  response = wait(start("kv.get", '{"key":"a.b"}', new ArrayBuffer(0)), 10000);
  say(answers, response, response.text);
  say(answers, kvDelete("a.b"), "deleted");
  response = kvGet("a.b");
  say(answers, response, response.text);
  response = config("RATE");
  say(answers, response, response.text);
  response = secret("TOKEN");
  say(answers, response, response.text);
  say(answers, addMetric("asked", 1.5), "counted");
  say(answers, extend(record.receiptHandle, 60), "extended");
  say(answers, publish("events.asked", "x"), "published");
  const about = invocation();
  answers.push(`${about.functionName} ${about.attempt}`);
  answers.push(`in time: ${timeLeft() > 0}`);
  info(`answers: ${answers.join(", ")}.`);
  return Outcome.done();
}

export function queuelet_handle(size: i32): i32 {
  return handleRecords(size, handle);
}
