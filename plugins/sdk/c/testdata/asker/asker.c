/* Asker asks the host for all that it can be asked, and logs what it was answered. It is a program with a main. */
#include "../../queuelet.h"

static queuelet_buffer answers;

static void say(int32_t error, queuelet_slice answer) {
  if (answers.size > 0) queuelet_put_text(&answers, ", ");
  queuelet_put(&answers, error == QUEUELET_OK ? answer : queuelet_text(queuelet_error(error)));
}

static int32_t update(const char *value, int64_t revision) {
  queuelet_buffer header = {0};
  queuelet_put_text(&header, "{\"key\":\"a.b\",\"revision\":");
  queuelet_put_int(&header, revision);
  queuelet_put_text(&header, "}");
  int32_t error = queuelet_call("kv.update", (queuelet_slice){header.at, header.size}, queuelet_text(value), NULL);
  free(header.at);
  return error;
}

static int32_t extend(const queuelet_record *record) {
  queuelet_buffer header = {0};
  queuelet_put_text(&header, "{\"visibilityTimeout\":60,\"receiptHandle\":");
  queuelet_put_string(&header, record->receipt_handle);
  queuelet_put_text(&header, "}");
  int32_t error = queuelet_call("queue.extend", (queuelet_slice){header.at, header.size}, (queuelet_slice){NULL, 0}, NULL);
  free(header.at);
  return error;
}

static queuelet_outcome handle(const queuelet_record *record) {
  const queuelet_slice nothing = {NULL, 0};
  queuelet_response response;
  int64_t first = 0;
  answers.size = 0;
  int32_t error = queuelet_ask("kv.create", "key", "a.b", queuelet_text("v1"), &response);
  if (error == QUEUELET_OK) queuelet_int(queuelet_member(response.header, "revision"), &first);
  say(error, queuelet_text("created"));
  say(queuelet_ask("kv.create", "key", "a.b", queuelet_text("v1"), NULL), queuelet_text("created"));
  error = queuelet_kv_get("a.b", &response);
  say(error, response.body);
  say(update("v2", first), queuelet_text("updated"));
  say(update("v3", first), queuelet_text("updated"));
  error = queuelet_ask("kv.keys", "prefix", "a", nothing, &response);
  queuelet_slice keys = queuelet_member(response.header, "keys"), key = nothing;
  if (error == QUEUELET_OK && queuelet_next_element(&keys, &key)) key = queuelet_decode(key, key.at);
  say(error, key);
  int32_t handle = queuelet_start("kv.get", queuelet_text("{\"key\":\"a.b\"}"), nothing);
  error = handle > 0 ? queuelet_wait(handle, 10000, &response) : handle;
  say(error, response.body);
  say(queuelet_ask("kv.delete", "key", "a.b", nothing, NULL), queuelet_text("deleted"));
  error = queuelet_kv_get("a.b", &response);
  say(error, response.body);
  error = queuelet_config("RATE", &response);
  say(error, response.body);
  error = queuelet_secret("TOKEN", &response);
  say(error, response.body);
  error = queuelet_call("metrics.add", queuelet_text("{\"name\":\"asked\",\"value\":1.5}"), nothing, NULL);
  say(error, queuelet_text("counted"));
  say(extend(record), queuelet_text("extended"));
  say(queuelet_publish("events.asked", queuelet_text("x")), queuelet_text("published"));
  char text[1024], name[100] = "";
  int32_t size = queuelet_event_context(text, sizeof text);
  queuelet_slice about = {text, (size_t)size}, attempt = queuelet_member(about, "attempt");
  queuelet_decode(queuelet_member(about, "functionName"), name);
  say(QUEUELET_OK, queuelet_text(name));
  queuelet_put_text(&answers, " ");
  queuelet_put(&answers, attempt);
  say(QUEUELET_OK, queuelet_text(queuelet_deadline_ms() > 0 ? "in time: true" : "in time: false"));
  queuelet_logf(QUEUELET_INFO, "answers: %.*s.", (int)answers.size, answers.at);
  return QUEUELET_DONE;
}

int main(void) { queuelet_run(handle); }
